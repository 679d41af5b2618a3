"""What the ledger says of a look, and the ticket that is made from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.noted import Noted, refs_root
from lockhouse.errors import Tampered, Unavailable
from lockhouse.gates.disclose.covered import classes_of
from lockhouse.gates.disclose.opened import wanted_boxes
from lockhouse.ledger.entry import Disclosure, Refusal
from lockhouse.model.change import Change, Committed, Conflict, Noting, Put
from lockhouse.model.rows import Note
from lockhouse.policy.decide import listed_reasons, plain_reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.disclose.decided import Group
    from lockhouse.gates.disclose.hours import Hours
    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Policy

_TICKET = re.compile(r"#?(?=[A-Za-z0-9_-]*[A-Za-z#])(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{2,24}|#[0-9]{1,12}")
"""A ticket number: letters and digits together, or digits behind a #; neither a name nor a phone number."""
_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


class Kept(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What lies beside the entry of a look, for each person it was at, until they are erased. It is not signed.

    Attributes:
        reason: a word of the role's own list and, where one was typed, a ticket: free text may name anybody.
        open, masked: the fields that the look was let see so, whether or not anything is held of them.
    """

    purpose: str
    action: str
    role: str
    reason: str
    open: list[str]
    masked: list[str]


_DECODE = msgspec.msgpack.Decoder(Kept).decode


async def note_nothing(house: House, ask: Ask, *, hours: Hours | None = None) -> bytes:
    """A look that found nobody is a look all the same: asking who is known must not be free. Returns the entry's id.

    Args:
        hours: in which a place was taken for it.

    Raises:
        Unavailable: the ledger cannot be written; then not even "nobody" is answered.
        QuotaMoved: another look of theirs was counted first.
    """
    entry, asked = house.ids.new(), house.ids.new()
    looked = Disclosure(
        **common(house.live().policy, ask, asked),
        fields=[],
        compartments=[],
        count=0,
        refs_root=refs_root([]).hex(),
    )
    draft = looked.draft(id=entry, lane=house.lane, urgent=True)
    await commit_note(house, Change("record", entries=(draft,)), hours=hours, asked=asked)
    return entry


async def note_refused(house: House, ask: Ask, because: Sequence[str]) -> bytes:
    """That nobody was looked up, since the actor may not; the entry's id.

    Raises:
        Unavailable: the ledger cannot be written.
    """
    entry, live = house.ids.new(), house.live()
    who = common(live.policy, ask, house.ids.new())
    refused = Refusal(**who, fields=_asked(live, ask), because=[*because], count=0)
    await commit_note(house, Change("record", entries=(refused.draft(id=entry, lane=house.lane, urgent=True),)))
    return entry


async def note(
    house: House, ask: Ask, groups: Sequence[Group], *, place: tuple[bytes, int], hours: Hours | None
) -> tuple[bytes, Noted | None]:
    """The durable entry of this chunk, and the ticket made from it when something is to be opened.

    Args:
        house, ask, groups: who is looked at, and what was decided. place: the id of the ask, and which chunk of it.
        hours: in which places were taken for those of the chunk.

    Raises:
        QuotaMoved: another look of theirs was counted first; nothing was noted.
    """
    seen = [(group, person) for group in groups if group.fields for person in group.persons]
    refs = {house.keyring.ref(person): group for group, person in seen if house.keyring.version_of(person) is not None}
    entry = house.ids.new()
    live = house.live()
    who = common(live.policy, ask, place[0])
    if not refs:
        because = sorted({word for group in groups for words in group.decision.because.values() for word in words})
        refused = Refusal(**who, fields=_asked(live, ask), because=because, count=len(groups))
        draft = refused.draft(id=entry, lane=house.lane, urgent=True)
        await commit_note(house, Change("record", entries=(draft,)), hours=hours, asked=place[0])
        return entry, None
    disclosure = Disclosure(
        **who, part=place[1], count=len(refs), refs_root=refs_root(list(refs)).hex(),
        compartments=sorted(_compartments(live, groups)),
        fields=sorted({live.policy.fields[name].id for group in groups for name in group.fields}),
        recipient=live.policy.recipients[ask.recipient].id if ask.recipient is not None else None,
        grants=sorted({one for group in groups for one in group.grants}) or None,
        marked=sorted({mark for group in groups if group.fields for mark in group.marks}) or None,  # type: ignore[misc]  # two words
    )  # fmt: skip
    notes = tuple(
        Put(Note.TABLE, Note(entry, ref, house.ids.random(16), _ENCODE(_kept_of(live, ask, group))))
        for ref, group in refs.items()
    )
    draft = disclosure.draft(id=entry, lane=house.lane, urgent=True)
    change = Change("record", puts=notes, entries=(draft,))
    answer = await commit_note(house, change, hours=hours, asked=place[0])
    return entry, ticket(house, answer.notings[0], list(refs))


def _compartments(live: LivePolicy, groups: Sequence[Group]) -> set[int]:
    """Those of which a box or a snapshot is opened."""
    found: set[int] = set()
    for group in groups:
        classes = classes_of(live, group.fields)
        found.update(box.compartment for row in group.rows for box in wanted_boxes(live, row, classes))
        found.update(group.covered.compartments if group.covered else ())
    return found


def common(policy: Policy, ask: Ask, asked: bytes) -> dict[str, Any]:
    """What the entry of a look and that of a refusal both say: who asked, as what, what for, and why."""
    role = ask.actor.roles[0] if ask.actor.roles else "none"
    return {
        "actor": ask.actor.id, "role": role, "purpose": ask.purpose, "action": ask.action,
        "reason": reason_code(policy, ask), "ask": asked.hex(),
    }  # fmt: skip


def ticket(house: House, noting: Noting, refs: list[bytes]) -> Noted:
    """What opens the boxes that a durable entry names, of these persons."""
    public = house.notary()
    house.keyring.trust(public)
    return Noted.from_commit(
        house=house.id, public=public, entry_id=noting.entry, entry=noting.body, signature=noting.signature, refs=refs
    )


async def commit_note(house: House, change: Change, *, hours: Hours | None = None, asked: bytes = b"") -> Committed:
    """The entry is durable, and so is what it counts.

    Raises:
        Unavailable: it could not be written.
        QuotaMoved: another look of the actor was counted first; nothing was written.
    """
    answer = await house.commits.commit(change if hours is None else hours.beside(change, asked=asked))
    if hours is not None:
        hours.kept(answer if isinstance(answer, Conflict) else None)
    if isinstance(answer, Conflict):
        raise Unavailable("ledger: expected the note to be written", retry_after_s=1.0)
    return answer


def _kept_of(live: LivePolicy, ask: Ask, group: Group) -> Kept:
    """What "who looked" may tell the person: their department as the role."""
    return Kept(
        purpose=ask.purpose, action=ask.action, role=ask.actor.roles[0] if ask.actor.roles else "none",
        reason=reason_code(live.policy, ask) + ticket_of(ask.reason), open=sorted(group.decision.open),
        masked=sorted(group.decision.masked),
    )  # fmt: skip


async def kept_beside(house: House, entry: bytes) -> list[Kept]:
    """What is still kept beside an entry, of nobody who was erased since.

    Raises:
        Tampered: it is not as a look left it.
    """
    rows = await house.reads.find(Note, ("entry",), [(entry,)])
    return [kept_in(row) for row in sorted(rows, key=lambda row: row.ref)]


def kept_in(note: Note) -> Kept:
    """What a note says.

    Raises:
        Tampered: it is not as a look left it.
    """
    try:
        return _DECODE(note.text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise Tampered("note: expected what a look leaves beside its entry") from err


def reason_code(policy: Policy, ask: Ask) -> str:
    """The reason as the ledger holds it for ever: a word that the role lists, `stated` for free text, or `none`."""
    if ask.reason is None or not ask.reason.strip():
        return "none"
    if ask.actor.kind == "service":
        return ask.reason
    head = plain_reason(ask.reason)
    return head if head in {plain_reason(word) for word in listed_reasons(policy, ask.actor)} else "stated"


def ticket_of(reason: str | None) -> str:
    """The ticket behind a reason's word as it is kept, with its colon; empty when none, or free text, stands there."""
    ticket = (reason or "").partition(":")[2].strip()
    return f": {ticket}" if _TICKET.fullmatch(ticket) else ""


def _asked(live: Any, ask: Ask) -> list[int]:
    names = ask.fields if ask.fields is not None else tuple(live.policy.fields)
    return sorted(live.policy.fields[name].id for name in names if name in live.policy.fields)
