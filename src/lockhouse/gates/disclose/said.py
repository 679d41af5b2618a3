"""What is read of persons with no box opened, noted all the same; and whose record nobody gets at by such a way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.crypto.noted import refs_root
from lockhouse.errors import Refused
from lockhouse.gates.disclose.about import marks_for
from lockhouse.gates.disclose.group import groups_of
from lockhouse.gates.disclose.noting import Kept, commit_note
from lockhouse.ledger.entry import Disclosure, Refusal
from lockhouse.model.change import Change, Put
from lockhouse.model.policy import REQUESTS
from lockhouse.model.rows import Note
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor

ACTION: Final = "consent"
"""As the entry has it. Its purpose is `requests`: whoever looks keeps or answers what the person asked of the house."""
_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


async def require_other(
    house: House, *persons: bytes, actor: Actor, own: Collection[bytes], action: str = ACTION
) -> None:
    """Return only if the actor is none of these persons, nor one who is joined to them.

    Args:
        house: as it stands.
        persons: source persons.
        actor: who would do something to their record.
        own: the source persons whom the actor is, as far as anybody said so.
        action: what they would do, as the refusal calls it.

    Raises:
        Refused: they are; that is noted.
        Unavailable: the ledger cannot be written.
    """
    if not own or not {one for group in await groups_of(house, persons) for one in group} & {*own}:
        return
    entry = await _refused(house, actor, "own-record", action=action)
    raise Refused(
        f"{action}: expected somebody else's record, got one's own; noted as {entry.hex()}", reasons=("own-record",)
    )


async def require_seen(house: House, *persons: bytes, actor: Actor, action: str) -> None:
    """Return only if one of the actor's roles may look at these people, whatever they are besides.

    For what says something of two people's values and is no look, so that no grant lends it.

    Args:
        house, persons, actor, action: as of `require_other`.

    Raises:
        Refused: one of them, or one who is joined to them, is watched over or a colleague, and no role of the actor
            hears of such; that is noted.
        Unavailable: the ledger cannot be written.
    """
    everyone = {one for group in await groups_of(house, persons) for one in group} | {*persons}
    marks = await marks_for(house, actor, everyone)
    for code, found in (("colleague", marks.colleagues), ("flagged", marks.flagged)):
        if found and not permits(house.live().policy, actor.roles, f"person.{code}"):
            entry = await _refused(house, actor, code, action=action)
            raise Refused(
                f"{action}: expected people whom your roles may look at, got others; noted as {entry.hex()}",
                reasons=(code,), hint="ask somebody whose role looks at such people",
            )  # fmt: skip


async def _refused(house: House, actor: Actor, code: str, *, action: str) -> bytes:
    entry, role = house.ids.new(), actor.roles[0] if actor.roles else "none"
    refused = Refusal(
        actor=actor.id, role=role, purpose=REQUESTS, action=action, reason="none", ask=house.ids.new().hex(), fields=[],
        because=[code], count=1,
    )  # fmt: skip
    await commit_note(house, Change("record", entries=(refused.draft(id=entry, lane=house.lane, urgent=True),)))
    return entry


async def note_words(house: House, *persons: bytes, actor: Actor) -> bytes:
    """A durable entry says who is about to read it; the entry's id. Beside it stands whom it is about, while they live.

    Args:
        house: as it stands.
        persons: source persons who are one, their rings in the keyring.
        actor: who reads.

    Raises:
        Unavailable: the ledger cannot be written; then nothing is to be read.
    """
    entry = house.ids.new()
    role = actor.roles[0] if actor.roles else "none"
    refs = [house.keyring.ref(one) for one in sorted(persons) if house.keyring.version_of(one) is not None]
    looked = Disclosure(
        actor=actor.id, role=role, purpose=REQUESTS, action=ACTION, reason="none", ask=house.ids.new().hex(), fields=[],
        compartments=[], count=len(refs), refs_root=refs_root(refs).hex(),
    )  # fmt: skip
    kept = _ENCODE(Kept(purpose=REQUESTS, action=ACTION, role=role, reason="none", open=[], masked=[]))
    notes = tuple(Put(Note.TABLE, Note(entry, ref, house.ids.random(16), kept)) for ref in refs)
    draft = looked.draft(id=entry, lane=house.lane, urgent=True)
    await commit_note(house, Change("record", puts=notes, entries=(draft,)))
    return entry
