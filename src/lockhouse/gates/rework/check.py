"""Whether two source persons who are proposed agree: opened, compared and forgotten, with one ledger entry before.

    1 note      one `rework` entry: who ordered it, whose (as refs), which compartments
    2 open      only with the ticket made from it, only boxes of what tells people from each other
    3 compare   each field's values, without case and outer spaces

A value is decided again as for a look: what no purpose of today's policy would show, since its keep has passed or its
field is another by now, is not compared. What leaves is which fields agree and which differ, never a value. Special
data, orders and behaviour are not opened: two people may have bought the same.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.canonical import unpack_fields
from lockhouse.crypto.noted import refs_root
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Erased, Expired, NotFound, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.disclose.kept import Moment, is_over
from lockhouse.gates.disclose.noting import commit_note, ticket
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.pace import Footing
from lockhouse.gates.rings import admit_rings, refuse_ended
from lockhouse.ledger.entry import Rework
from lockhouse.model.change import Change
from lockhouse.model.decision import SlotTimes
from lockhouse.model.rows import Record
from lockhouse.policy.reopen import shut_since

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.crypto.noted import Noted
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.model.policy import Slot

RANGE = 200
"""Records of each that are opened: the oldest, which whoever sends more later does not move."""
TRIES = 5
PURPOSE = "service"
CAUSE = "operator"
TELLING = frozenset({"contact", "identity", "profile"})
"""Classes of what tells people from each other."""
Values = dict[str, set[str]]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that both have: `agree` in a value, or `differ` in all; and the entry that noted it."""

    agree: tuple[str, ...]
    differ: tuple[str, ...]
    entry: bytes


async def check_merge(house: House, persons: tuple[bytes, bytes], *, by: str) -> Agreement:
    """What of the two agrees.

    Raises:
        NotFound: one of them has ended.
        Unavailable: the lease is lost, the clock is in doubt, the ledger cannot be written, or keys keep moving.
        Tampered: a row or a box is not as it was made.
    """
    for _ in range(TRIES):
        footing = await Footing.of(house)
        await admit_rings(house, persons)
        await refuse_ended(house, persons)
        if any(house.keyring.version_of(person) is None for person in persons):
            raise NotFound("person: expected a living person", hint="lockhouse proposal list names who is proposed")
        rows = [await _records(house, person) for person in persons]
        facts = await facts_of_persons(house, persons, fresh=True)
        moments = [Moment(house.clock.now_ms(), facts[one].active_at if one in facts else 0) for one in persons]
        try:
            noted, entry = await _note(house, persons, [row for part in rows for row in part], by=by)
            await footing.hold()
            one, other = [
                await _values(house, part, noted, footing, at=at) for part, at in zip(rows, moments, strict=True)
            ]
        except Moved:
            continue
        return _compared(one, other, entry)
    raise Unavailable("rework: expected the keys to hold still", retry_after_s=1.0)


def _compared(one: Mapping[str, set[str]], other: Mapping[str, set[str]], entry: bytes) -> Agreement:
    both = sorted(one.keys() & other.keys())
    agree = tuple(field for field in both if one[field] & other[field])
    return Agreement(agree=agree, differ=tuple(field for field in both if field not in agree), entry=entry)


async def _records(house: House, person: bytes) -> list[Record]:
    return sound(await house.reads.find(Record, ("person",), [(person,)], limit=RANGE))


def _telling(house: House, row: Record) -> list[SealedBox]:
    live = house.live()
    return [box for box in decode_boxes(row.boxes) if live.compartment_class(box.compartment) in TELLING]


async def _note(house: House, persons: Sequence[bytes], rows: Sequence[Record], *, by: str) -> tuple[Noted, bytes]:
    refs, entry = [house.keyring.ref(person) for person in persons], house.ids.new()
    said = Rework(
        actor=by, purpose=PURPOSE, action="merge-check", count=len(refs), refs_root=refs_root(refs).hex(), cause=CAUSE,
        compartments=sorted({box.compartment for row in rows for box in _telling(house, row)}),
    )  # fmt: skip
    answer = await commit_note(house, Change("record", entries=(said.draft(id=entry, lane=house.lane, urgent=True),)))
    return ticket(house, answer.notings[0], refs), entry


async def _values(house: House, rows: Sequence[Record], noted: Noted, footing: Footing, *, at: Moment) -> Values:
    found: Values = defaultdict(set)
    for row in rows:
        await footing.step()
        for box in _telling(house, row):
            try:
                plain = house.keyring.open(box, noted, person=row.person, record=row.id, purpose=PURPOSE)
            except (Erased, Expired):
                continue
            for number, value in unpack_fields(plain).items():
                slot = house.live().slot(number)
                if slot is not None and isinstance(value, str) and _is_open(house.live(), slot, row, box, at=at):
                    found[slot.field].add(value.strip().casefold())
    return found


def _is_open(live: LivePolicy, slot: Slot, row: Record, box: SealedBox, *, at: Moment) -> bool:
    """Whether some purpose of today's policy may still see the value: as `Opening` decides it, for each of them."""
    was = live.declared(slot.field, version=row.policy)
    times = SlotTimes(
        occurred_at=row.occurred_at, received_at=row.received_at, last_activity=at.active_at, now=at.now,
        sealed_class=live.compartment_class(box.compartment), sealed_type=was.type if was else None,
    )  # fmt: skip
    return any(
        not shut_since(live.policy, one.name, slot, times)
        and not is_over(live, one.name, row, compartment=box.compartment, at=at)
        for one in live.policy.purposes
        if not one.builtin
    )
