"""That somebody read what a person said of consent: no box is opened for it, and it is noted all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.crypto.noted import refs_root
from lockhouse.gates.disclose.noting import Kept, commit_note
from lockhouse.ledger.entry import Disclosure
from lockhouse.model.change import Change, Put
from lockhouse.model.policy import REQUESTS
from lockhouse.model.rows import Note

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor

ACTION: Final = "consent"
"""As the entry has it. Its purpose is `requests`: whoever looks keeps or answers what the person asked of the house."""
_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


async def note_words(house: House, person: bytes, *, actor: Actor) -> bytes:
    """A durable entry says who is about to read it; the entry's id. Beside it stands whom it is about, while they live.

    Raises:
        Unavailable: the ledger cannot be written; then nothing is to be read.
    """
    entry = house.ids.new()
    role = actor.roles[0] if actor.roles else "none"
    refs = [house.keyring.ref(person)] if house.keyring.version_of(person) is not None else []
    looked = Disclosure(
        actor=actor.id, role=role, purpose=REQUESTS, action=ACTION, reason="none", ask=house.ids.new().hex(), fields=[],
        compartments=[], count=len(refs), refs_root=refs_root(refs).hex(),
    )  # fmt: skip
    kept = _ENCODE(Kept(purpose=REQUESTS, action=ACTION, role=role, reason="none", open=[], masked=[]))
    notes = tuple(Put(Note.TABLE, Note(entry, ref, house.ids.random(16), kept)) for ref in refs)
    draft = looked.draft(id=entry, lane=house.lane, urgent=True)
    await commit_note(house, Change("record", puts=notes, entries=(draft,)))
    return entry
