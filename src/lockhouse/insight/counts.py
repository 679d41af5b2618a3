"""Counts with a threshold: cells of fewer than k persons are withheld, and so is what would give them away.

Counts of *events* are operational and need no threshold. Counts of *persons* do: a cell of one is a person. When one
cell of a group is withheld, the group's total would reveal it, so the smallest other cell is withheld too
(complementary suppression; Statistics Netherlands, Handbook on Statistical Disclosure Control, ch. 4).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

THRESHOLD = 10
"""Persons a cell must hold to be shown; exports ask for more."""


class Cell(NamedTuple):
    """One cell: its name, how many events, and how many persons or None where that is withheld."""

    name: str
    events: int
    persons: int | None


def cells(seen: Iterable[tuple[str, Hashable]], *, least: int = THRESHOLD) -> tuple[Cell, ...]:
    """Events and distinct persons by cell, in the order of names, with small cells withheld.

    Args:
        seen: (cell, person) of each event; a person may stand in several cells.
        least: persons a cell must hold to be shown.
    """
    events: Counter[str] = Counter()
    persons: dict[str, set[Hashable]] = defaultdict(set)
    for name, person in seen:
        events[name] += 1
        persons[name].add(person)
    sizes = {name: len(who) for name, who in persons.items()}
    withheld = {name for name, size in sizes.items() if size < least}
    shown = sorted((size, name) for name, size in sizes.items() if name not in withheld)
    if len(withheld) == 1 and shown:
        withheld.add(shown[0][1])
    return tuple(Cell(name, events[name], None if name in withheld else sizes[name]) for name in sorted(events))
