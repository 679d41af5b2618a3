"""How far a policy reaches back: what it would end of what is kept today, counted before it is approved.

Two counts are made: of what ends at once, and of what ends within 30 days and would not have. A keep that lets
all of it end next week ends nothing at once. What would not have ended is asked of every policy that ruled within the
last 30 days: a keep that is shortened in forty steps of one month each is shortened by forty months.

Boxes are counted, since each compartment of each record is one, and beside them persons. A box lives while its key and
its month's key do. By a keep that counts from the event its month ends; by one that counts from the last activity it
ends with the later of its person's day and its own, as a look decides, if nobody is active again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked
from lockhouse.gates.ending.epoch import compartment_of, epoch_due_at
from lockhouse.gates.ending.idle import over_at
from lockhouse.gates.live import FORMER, LIVE
from lockhouse.gates.pace import Pace
from lockhouse.model.ids import DAY_MS
from lockhouse.model.policy import decode_policy
from lockhouse.model.rows import EpochKey, Person, Record, Tombstone
from lockhouse.model.scale import KeyState, PersonState
from lockhouse.policy.life import may_outlast
from lockhouse.rights.blast import MUCH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.model.policy import Policy
    from lockhouse.model.rows import PolicyVersion

HORIZON_DAYS = 30
"""So far ahead a change is asked what it ends, and so far back what it is compared with.

Whoever sees its effect a month later still knows why it was made.
"""
SLACK = 100
"""Of so many boxes one may have come or gone since a number was told: a house that serves stands still for nobody."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What would end, of how much there is: boxes, and persons who lose any.

    Attributes:
        boxes: that end at once; `persons` who lose any.
        soon_boxes: that end within 30 days, and would be kept for longer by what rules or ruled within the last 30;
            `soon_persons` who lose any.
        of_boxes: all that live; `of_persons` all who do.
    """

    boxes: int = 0
    persons: int = 0
    soon_boxes: int = 0
    soon_persons: int = 0
    of_boxes: int = 0
    of_persons: int = 0

    @property
    def many(self) -> int:
        """How many boxes end, at once or soon: the larger of the two."""
        return max(self.boxes, self.soon_boxes)

    @property
    def is_much(self) -> bool:
        """Whether more than the twentieth part of what is kept would end."""
        return self.many > MUCH * self.of_boxes

    def is_told(self, number: int | None) -> bool:
        """Whether a number is how many boxes end, but for the hundredth part that may have come or gone since."""
        return number is not None and abs(number - self.many) * SLACK <= self.many


_SOONER = ("event", "last_activity")
"""From what a purpose counts now, and counted before: the event is never the later of the two."""


def shortens(old: Policy, new: Policy) -> bool:
    """Whether any purpose keeps for less, or is gone, so that something kept today may end."""
    keeps = {one.name: one.keep for one in new.purposes if one.keep is not None}
    for purpose in old.purposes:
        if purpose.keep is None:
            continue
        keep = keeps.get(purpose.name)
        if keep is None or may_outlast(purpose.keep, keep) or (keep.after, purpose.keep.after) == _SOONER:
            return True
    return False


class _Counting:
    """What is asked of each box, remembered for boxes of one month and of one day."""

    def __init__(self, house: House, policy: Policy, *, ruled: Sequence[Policy]) -> None:
        self._house = house
        self._policy, self._ruled = policy, ruled
        now = house.clock.now_ms()
        self._days = (now, now + HORIZON_DAYS * DAY_MS)
        self._known: dict[tuple[int, int, int], tuple[bool, bool]] = {}

    def ends(self, box: SealedBox | None, active_at: int) -> tuple[bool, bool]:
        """Whether the newer policy ends it now, and whether soon, while an older one keeps it for longer than that.

        Of what nobody can read it is said that it does.
        """
        if box is None:
            return True, True
        part = compartment_of(self._house, box.compartment)
        if part is None:
            return False, False
        by_person = part.ends_by == "person"
        place = box.compartment, box.epoch, active_at if by_person else 0
        if place not in self._known:
            after, *before = (
                over_at(policy, part, active_at) if by_person else epoch_due_at(policy, part, box.epoch)
                for policy in (self._policy, *self._ruled)
            )
            now, soon = (after <= day < max(before) for day in self._days)
            self._known[place] = now, soon
        return self._known[place]


class _Tally(msgspec.Struct):
    """Boxes that end by one of the two days, and whose they are."""

    boxes: int = 0
    persons: set[bytes] = msgspec.field(default_factory=set)

    def add(self, person: bytes) -> None:
        self.boxes += 1
        self.persons.add(person)


def ruled_lately(known: Sequence[PolicyVersion], *, now: int) -> list[Policy]:
    """The policies that ruled within the last 30 days, the one that rules among them."""
    rows = sorted((row for row in known if row.state in {LIVE, FORMER}), key=lambda row: row.id)
    until = [row.at for row in rows[1:]] + [now]
    late = [row for row, end in zip(rows, until, strict=True) if end > now - HORIZON_DAYS * DAY_MS]
    return [decode_policy(row.compiled) for row in late]


async def reach_of(
    house: House, policy: Policy, *, ruled: Sequence[Policy], told: Callable[[int], None] = lambda _done: None
) -> Reach:
    """What the policy would end, now or soon, that one of those which `ruled` keeps. Every record is read, none opened.

    A record whose boxes nobody can tell apart counts as one that ends: else whoever spoils them hides what does.

    Raises:
        Tampered: a tombstone is not of this house: it would hide what ends.
    """
    counting = _Counting(house, policy, ruled=ruled)
    of_boxes, tallies = 0, (_Tally(), _Tally())
    async for held in living(house, told=told):
        active = await _active(house, {row.person for row, _ in held})
        of_boxes += len(held)
        for row, box in held:
            at = max(active.get(row.person, 0), min(row.occurred_at, row.received_at))
            for tally, ends in zip(tallies, counting.ends(box, at), strict=True):
                if ends:
                    tally.add(row.person)
    now, soon = tallies
    return Reach(
        boxes=now.boxes, persons=len(now.persons), soon_boxes=soon.boxes, soon_persons=len(soon.persons),
        of_boxes=of_boxes, of_persons=await _persons(house),
    )  # fmt: skip


async def living(
    house: House, *, told: Callable[[int], None], also: Collection[tuple[int, int]] = ()
) -> AsyncIterator[list[tuple[Record, SealedBox | None]]]:
    """Every box that lives, with its record, a chunk of records at a time; `told` of how many those were.

    A record whose boxes nobody can tell apart has None for all of them.

    Args:
        house: as it stands.
        told: of how many records were looked at.
        also: months (compartment and epoch) that count as living, though they are shut.

    Raises:
        Tampered: a tombstone is not of this house: it would hide what ends.
    """
    months, pace = set(also), Pace()
    async for keys in house.reads.scan(EpochKey):
        months |= {(key.compartment, key.epoch) for key in keys if key.state == KeyState.LIVE}
    async for rows in house.reads.scan(Record):
        held = [
            (row, box)
            for row in rows
            for box in _boxes_of(row)
            if box is None or (box.compartment, box.epoch) in months
        ]
        serials = {box.serial for _, box in held if box is not None}
        stones = await house.reads.get(Tombstone, [(serial,) for serial in serials])
        gone = {stone.serial for stone in checked(stones.values(), house.integrity_key)}
        yield [(row, box) for row, box in held if box is None or box.serial not in gone]
        await pace.step(len(rows))
        told(len(rows))


def _boxes_of(row: Record) -> Sequence[SealedBox | None]:
    try:
        return decode_boxes(row.boxes)
    except Tampered:
        return [None]


async def _active(house: House, persons: Collection[bytes]) -> dict[bytes, int]:
    found = await house.reads.get(Person, [(one,) for one in persons])
    return {row.id: row.active_at for row in found.values()}


async def _persons(house: House) -> int:
    many = 0
    async for rows in house.reads.scan(Person):
        many += sum(not row.state & PersonState.ERASED for row in rows)
    return many
