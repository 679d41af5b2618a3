"""All that a look is counted in: the actor's own hour, that of all tries, and the house's of each class with a ceiling.

A ceiling is a limit like an actor's, counted under `class:NAME` in a row of its own: of how many people an hour anybody
is shown a field of the class, open or masked. Of a further one the fields of the class are shut, and the others stay as
they were decided. One Change carries all of it, and is refused whole if any of the rows moved meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.disclose.hour import NO_LIMIT, TRIED, UNCOUNTED, Hour, Limit, Once, hour_of, hour_under, part_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.gates.house import House
    from lockhouse.model.change import Change, Conflict
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Ceiling, Policy


def ceilings_of(policy: Policy, ask: Ask) -> Mapping[str, Ceiling]:
    """The ceilings that an ask is counted in, by class."""
    return {} if ask.action in UNCOUNTED else policy.ceilings or {}


class Hours:
    """The hours of one look.

    Attributes:
        own: the actor's; None if nothing of theirs is counted.
    """

    def __init__(self, house: House, ask: Ask, own: Hour | None, ceilings: dict[str, Hour], *, once: Once) -> None:
        self._house, self._ask, self._ceilings, self._once = house, ask, ceilings, once
        self._parts = dict[str, Hour]()
        self.own = own

    @classmethod
    async def of(cls, house: House, ask: Ask, *, once: Once | None = None) -> Hours:
        """Those of an ask as they stand. To be asked once the clock is believed.

        Args:
            house, ask: as of `disclose`. once: what the look has taken already.

        Raises:
            Tampered: as of `hour_of`.
        """
        ceilings = {
            name: await hour_under(
                house, ask, Limit(one.persons_per_hour, one.mode == "enforce"), owner=f"class:{name}"
            )
            for name, one in ceilings_of(house.live().policy, ask).items()
        }
        once = once or Once()
        return cls(house, ask, await hour_of(house, ask, once=once), ceilings, once=once)

    @property
    def is_counting(self) -> bool:
        """Whether anything at all is counted."""
        return self.own is not None or bool(self._ceilings)

    @property
    def is_moved(self) -> bool:
        """Whether somebody, or a try, was counted in any of them."""
        return any(hour.is_moved for hour in self._each())

    async def tried_of(self, person: bytes) -> Hour | None:
        """The hour in which everybody's tries of this person are counted; None of an ask that takes none.

        Raises:
            Tampered: as of `hour_of`.
        """
        if self._ask.action not in TRIED:
            return None
        part = part_of(self._house, person)
        if part not in self._parts:
            self._parts[part] = await hour_under(self._house, self._ask, NO_LIMIT, owner=part, once=self._once)
        return self._parts[part]

    def beyond(self, person: bytes, fields: Iterable[str]) -> frozenset[str]:
        """Of the fields that would be shown of a person, those of classes whose ceiling is reached; others count."""
        declared, shut = self._house.live().policy.fields, set[str]()
        for class_, hour in self._ceilings.items():
            names = {name for name in fields if name in declared and declared[name].class_ == class_}
            if names and hour.limit.refuses and not hour.has_place(person):
                shut |= names
            elif names:
                hour.take(person)
        return frozenset(shut)

    def beside(self, change: Change, *, asked: bytes) -> Change:
        """The Change that notes the look, which counts it in each of them too."""
        for hour in self._each():
            change = hour.beside(change, asked=asked)
        return change

    def kept(self, answer: Conflict | None) -> None:
        """After the commit, see `Hour.kept`.

        Raises:
            QuotaMoved: another look was counted first in one of them.
        """
        for hour in self._each():
            hour.kept(answer)

    def _each(self) -> list[Hour]:
        own = () if self.own is None else (self.own,)
        return [*own, *self._parts.values(), *self._ceilings.values()]
