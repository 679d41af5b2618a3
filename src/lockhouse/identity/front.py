"""Of many values of a field, the few that a fold can ever come to need.

The most believed value is not enough: it may be shut when somebody looks, for its age or for another purpose, and then
the next is shown. Whether a value is shut is the same for all of a group (one slot, one version of the policy) but for
one thing: of two, the one that was collected earlier is never shut later. So what is believed less than another of its
group and was collected no later than it is never shown, and tells nothing that the other does not tell.

That one thing is true of days that every month has. A keep of months ends on the month's last day where the month has
no 29th, 30th or 31st (`policy.life.add`), so of two that came on the 30th at noon and on the 31st at ten the later ends
first. So each of these three days is a part of its own, within which it is true again.

What is left is the same in whatever order the values came, and however often; and the front of fronts is that of all.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

ThingT = TypeVar("ThingT")
Rank = tuple[int, bool, int, bytes]
"""What `identity.fold.belief` says of a record."""
EVERY_MONTH_HAS = 28
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANK = attrgetter("rank")


class Held(msgspec.Struct, Generic[ThingT], frozen=True, gc=False):
    """One thing of a front: how far it is believed, and when it was collected (ms)."""

    rank: Rank
    collected: int
    thing: ThingT

    def covers(self, other: Held[ThingT]) -> bool:
        """Whether the other is never shown where this one is, nor shut later."""
        return self.rank >= other.rank and self.collected >= other.collected


class Front(Generic[ThingT]):
    """Groups of things, of each only those that no other of its part covers."""

    def __init__(self) -> None:
        self._parts: dict[tuple[Hashable, int], list[Held[ThingT]]] = {}
        self._many = 0

    def offer(self, group: Hashable, one: Held[ThingT]) -> None:
        """The thing is held, unless another of its part covers it; what it covers is not.

        A part lies in the order of its ranks, and so, since none covers another, each was collected before the one in
        front of it: whoever sends many that cover none of each other makes no offer take longer than a look-up.
        """
        held = self._parts.setdefault((group, _day(one.collected)), [])
        place = bisect_left(held, one.rank, key=_RANK)
        if place < len(held) and held[place].covers(one):
            return
        if place < len(held) and held[place].rank == one.rank:  # what covers the same rank was collected later
            place += 1
        first = bisect_left(held, -one.collected, hi=place, key=_before)
        self._many += 1 - (place - first)
        held[first:place] = [one]

    def __iter__(self) -> Iterator[ThingT]:
        """What is held, group by group, in no order."""
        return (one.thing for held in self._parts.values() for one in held)

    def __len__(self) -> int:
        """How many things are held."""
        return self._many


def _day(at_ms: int) -> int:
    """The day of its month (UTC); 28 for each that every month has."""
    return max(EVERY_MONTH_HAS, (_EPOCH + timedelta(milliseconds=at_ms)).day)


def _before(one: Held[ThingT]) -> int:
    """Greater the earlier it was collected."""
    return -one.collected
