"""What a legal hold keeps, opened for the claim it is kept for: noted before it is shown, like every look.

It opens with the hold's keys, whatever has ended since, and for `legal-claim` alone: no policy can name a purpose so,
hence no role, recipient or count reads by it. What a field is now and was then is asked as of any value
(`policy.reopen`): one that is no longer declared, or has become something else, stays shut and is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.canonical import unpack_fields
from lockhouse.crypto.noted import refs_root
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import NotFound
from lockhouse.gates.authority import sound
from lockhouse.gates.corrections import event_name
from lockhouse.gates.disclose.noting import Kept, commit_note, ticket
from lockhouse.gates.holds import every_hold, keys_of, standing, terms_of
from lockhouse.gates.pace import Footing
from lockhouse.ledger.entry import Disclosure
from lockhouse.model.change import Change, Put
from lockhouse.model.decision import SlotTimes
from lockhouse.model.policy import REQUESTS
from lockhouse.model.rows import Note, Record
from lockhouse.policy.reopen import shut_since

if TYPE_CHECKING:
    from lockhouse.crypto.noted import Noted
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor
    from lockhouse.secret import Secret

PURPOSE = "legal-claim"
"""The purpose of use of what is held (GDPR Art. 17(3)(e), 18(2))."""
ACTION = "hold"
PAGE = 500
Keys = dict[tuple[int, int, bytes], "Secret"]
_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


class HeldRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as far as a hold keeps it.

    Attributes:
        fields: name -> value. `hidden`: name -> the code that says why it stays shut.
        unheld: boxes that this hold keeps no key of.
    """

    id: bytes
    event: str
    occurred_at: int
    fields: dict[str, Any]
    hidden: dict[str, str]
    unheld: int


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a hold showed of a person; `entry`: the ledger entry that noted it."""

    entry: bytes
    records: tuple[HeldRecord, ...]


async def read_held(house: House, hold: bytes, person: bytes, *, actor: Actor, reason: str) -> Held:
    """Every record of the person that the hold keeps something of, oldest first, noted before it is opened.

    Raises:
        NotFound: no such hold stands any more, or it keeps nothing of this person.
        Conflict: it was released, or another key ended, while it was read.
        Invalid: the reason is more than a word.
        Unavailable: the look could not be noted, or the lease, the clock or the house is not in order.
        Tampered: a row or box is not as this house made it.
    """
    footing = await Footing.of(house)
    row = {one.id: one for one in await every_hold(house)}.get(hold)
    if row is None:
        raise NotFound("hold: expected one that stands", hint="lockhouse hold list")
    ref, keys = await keys_of(house, row, person)
    rows = [one for one in await _records(house, person, keys) if terms_of(row).reaches(one)]
    entry, noted = await _note(house, ref, keys, actor=actor, reason=reason)
    if row.id not in {one.id for one in await standing(house)}:
        raise NotFound("hold: expected one that stands, got one that was released meanwhile")
    await footing.hold()
    found = []
    for record in rows:
        await footing.step()
        found.append(_opened(house, record, (ref, keys), noted))
    return Held(entry=entry, records=tuple(found))


async def _records(house: House, person: bytes, keys: Keys) -> list[Record]:
    """The person's records of which some box has a kept key, also those of its month that the hold is not of."""
    kept: list[Record] = []
    behind = None
    while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=PAGE):
        kept += [row for row in sound(rows) if any(_at(box) in keys for box in decode_boxes(row.boxes))]
        behind = (rows[-1].id,)
    return sorted(kept, key=lambda row: row.id)


def _at(box: SealedBox) -> tuple[int, int, bytes]:
    return box.compartment, box.epoch, box.serial


async def _note(house: House, ref: bytes, keys: Keys, *, actor: Actor, reason: str) -> tuple[bytes, Noted]:
    """The durable entry of this look, and the ticket made from it."""
    live, entry = house.live(), house.ids.new()
    role = actor.roles[0] if actor.roles else "none"
    said = Disclosure(
        actor=actor.id, role=role, purpose=PURPOSE, action=ACTION, reason=reason, ask=house.ids.new().hex(), part=0,
        fields=sorted(field.id for field in live.policy.fields.values()),
        compartments=sorted({compartment for compartment, _, _ in keys}), count=1, refs_root=refs_root([ref]).hex(),
    )  # fmt: skip
    beside = Kept(
        purpose=PURPOSE, action=ACTION, role=role, reason=reason, open=sorted(live.policy.fields), masked=[]
    )  # fmt: skip
    note = Put(Note.TABLE, Note(entry, ref, house.ids.random(16), _ENCODE(beside)))
    draft = said.draft(id=entry, lane=house.lane, urgent=True)
    answer = await commit_note(house, Change("record", puts=(note,), entries=(draft,)))
    return entry, ticket(house, answer.notings[0], [ref])


def _opened(house: House, row: Record, kept: tuple[bytes, Keys], noted: Noted) -> HeldRecord:
    live, (ref, keys) = house.live(), kept
    fields: dict[str, Any] = {}
    hidden: dict[str, str] = {}
    unheld = 0
    for box in decode_boxes(row.boxes):
        key = keys.get(_at(box))
        if key is None:
            unheld += 1
            continue
        plain = house.keyring.open(
            box, noted, person=row.person, record=row.id, purpose=PURPOSE, kept=(ref, key)
        )  # fmt: skip
        for number, value in unpack_fields(plain).items():
            slot = live.slot(number)
            if slot is None:
                continue
            was = live.declared(slot.field, version=row.policy)
            times = SlotTimes(
                occurred_at=row.occurred_at, received_at=row.received_at, last_activity=0, now=house.clock.now_ms(),
                sealed_class=live.compartment_class(box.compartment), sealed_type=was.type if was else None,
            )  # fmt: skip
            code = shut_since(live.policy, REQUESTS, slot, times)
            if code:
                hidden[slot.field] = code
            else:
                fields[slot.field] = value
    return HeldRecord(
        id=row.id, event=event_name(live, row.event), occurred_at=row.occurred_at,
        fields=fields, hidden=hidden, unheld=unheld,
    )  # fmt: skip
