"""How far a retention run reaches, and whether that is much: counted before it shuts anything.

What a keep says is over is shut at once, however much it is: a look would not show it. Only the destruction waits, for
the word of two (`flows.confirm`). So a run that would end the house can be called off by whoever puts its cause right.

A run is weighed by all that is due, of which it may take a part, and by what runs of the 27 days before ended: much in
many small runs is much.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.errors import Tampered
from lockhouse.gates.cases import Extent, sound_cases
from lockhouse.gates.ending.epoch import compartment_of
from lockhouse.gates.ending.reach import living
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.model.scale import Assurance
from lockhouse.rights.blast import WINDOW_MS, by_window, is_most, is_much

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Record


class Ends(NamedTuple):
    """Of which boxes a run is the end: `run` of those that it takes, `due` of all that it could.

    `shut` are months (compartment and epoch) that are shut already and count as living: they are what is weighed.
    """

    run: Callable[[Record, SealedBox], bool]
    due: Callable[[Record, SealedBox], bool]
    shut: Collection[tuple[int, int]] = ()


class _Tally(msgspec.Struct):
    """Boxes that a run ends, that are due, and that live."""

    run: int = 0
    due: int = 0
    of: int = 0

    def add(self, many: int, *, run: bool, due: bool) -> None:
        self.run += many * run
        self.due += many * due
        self.of += many


class _Count:
    """Boxes of every record, of those that no stranger could send, and by class.

    With a channel's public key anybody makes a house look larger than it is, so the larger of two shares counts. Alike
    boxes are counted together, of which a house has a few hundred kinds and millions of each.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._alike: Counter[tuple[bool, int | None, bool, bool]] = Counter()

    def add(self, row: Record, box: SealedBox | None, ends: Ends) -> None:
        """A box of a record; of one that nobody can read it is said that it ends."""
        known = row.assurance != Assurance.PUBLIC
        if box is None:
            self._alike[known, None, True, True] += 1
        else:
            self._alike[known, box.compartment, ends.run(row, box), ends.due(row, box)] += 1

    @property
    def every(self) -> _Tally:
        """Of all that was added."""
        return self._tally()

    def by_class(self) -> list[_Tally]:
        """Of each class, what can be read."""
        found: dict[str, _Tally] = defaultdict(_Tally)
        for (_, compartment, run, due), many in self._alike.items():
            if compartment is not None:
                found[self._class_of(compartment)].add(many, run=run, due=due)
        return list(found.values())

    def shares(self) -> tuple[float, float]:
        """Of what lives, the part that the run ends, and the part that is due."""
        both = self.every, self._tally(strangers=False)
        return max(one.run / max(1, one.of) for one in both), max(one.due / max(1, one.of) for one in both)

    def _tally(self, *, strangers: bool = True) -> _Tally:
        tally = _Tally()
        for (known, _, run, due), many in self._alike.items():
            if known or strangers:
                tally.add(many, run=run, due=due)
        return tally

    def _class_of(self, compartment: int) -> str:
        part = compartment_of(self._house, compartment)
        return "" if part is None else part.class_


async def extent_of(
    house: House, ends: Ends, *, told: Callable[[int], None] = lambda _: None
) -> Extent | msgspec.UnsetType:  # fmt: skip
    """How much of what lives a run is about to end; unset in a demo house, where nothing is much.

    Every record is read, and none opened. Where a tombstone is not of this house nobody can say what lives: then all of
    it is said to end, so that the run waits for people, and shuts all the same.

    Args:
        house: as it stands.
        ends: which boxes.
        told: of how many records were looked at.
    """
    if house.demo:
        return msgspec.UNSET
    count = _Count(house)
    try:
        async for held in living(house, told=told, also=ends.shut):
            for row, box in held:
                count.add(row, box, ends)
    except Tampered:
        of_boxes = count.every.of
        return Extent(id=house.ids.new(), boxes=of_boxes, of_boxes=of_boxes, is_much=True, weight=1.0)
    weight, due = count.shares()
    before, usual = await _before(house)
    much = is_much(due + before, usual) or any(is_most(one.due, one.of) for one in count.by_class())
    return Extent(
        id=house.ids.new(), boxes=count.every.run, of_boxes=count.every.of, is_much=much, weight=weight
    )  # fmt: skip


async def _before(house: House) -> tuple[float, list[float]]:
    """The share that routine runs of the window until now ended, and what ended in each before it, the newest last.

    A run that was called off, or that nobody meant, tells nothing of what is usual. One that was meant is no step of
    something else, and counts for nothing in the window until now.
    """
    now = await ledger_now(house)
    runs: dict[bytes, tuple[int, Extent]] = {}
    for case in (await sound_cases(house, also_closed=True))[0]:
        if case.run is not msgspec.UNSET and not case.is_unmeant and case.step not in {"cancelling", "cancelled"}:
            runs[case.run.id] = case.asked_at, case.run
    young = [run.share for at, run in runs.values() if now - at < WINDOW_MS and not run.is_much]
    return sum(young), by_window(((at, run.share) for at, run in runs.values()), now=now)
