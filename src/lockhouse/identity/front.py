"""Of many values of a field, the few that a fold can ever come to need.

The most believed value is not enough: it may be shut when somebody looks, for its age or for another purpose, and then
the next is shown. Whether a value is shut is the same for all of a group (one slot, one version of the policy) but for
one thing: of two, the one that was collected earlier is never shut later. So what is believed less than another of its
group and was collected no later than it is never shown, and tells nothing that the other does not tell.

What is left is the same in whatever order the values came, and however often; and the front of fronts is that of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

ThingT = TypeVar("ThingT")
Rank = tuple[int, bool, int, bytes]
"""What `identity.fold.belief` says of a record."""


class Held(msgspec.Struct, Generic[ThingT], frozen=True, gc=False):
    """One thing of a front: how far it is believed, and when it was collected (ms)."""

    rank: Rank
    collected: int
    thing: ThingT

    def covers(self, other: Held[ThingT]) -> bool:
        """Whether the other is never shown where this one is, nor shut later."""
        return self.rank >= other.rank and self.collected >= other.collected


class Front(Generic[ThingT]):
    """Groups of things, of each only those that no other covers."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, list[Held[ThingT]]] = {}

    def offer(self, group: Hashable, one: Held[ThingT]) -> None:
        """The thing is held, unless another of its group covers it; what it covers is not."""
        held = self._groups.get(group, [])
        if not any(other.covers(one) for other in held):
            self._groups[group] = [other for other in held if not one.covers(other)] + [one]

    def __iter__(self) -> Iterator[ThingT]:
        """What is held, group by group, in no order."""
        return (one.thing for held in self._groups.values() for one in held)
