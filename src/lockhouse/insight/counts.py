"""Counts with a threshold: cells of fewer than k persons are withheld, and so is what would give them away.

Counts of *events* are operational and need no threshold. Counts of *persons* do: a cell of one is a person. When one
cell of a group is withheld, the group's total would reveal it, so the smallest other cell is withheld too
(complementary suppression; Statistics Netherlands, Handbook on Statistical Disclosure Control, ch. 4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

THRESHOLD = 10
"""Persons a cell must hold to be shown; exports ask for more."""


class Cell(NamedTuple):
    """One cell: its name, how many events, and how many persons or None where that is withheld."""

    name: str
    events: int
    persons: int | None


def cells(events: Mapping[str, int], persons: Mapping[str, int], *, least: int = THRESHOLD) -> tuple[Cell, ...]:
    """The cells in the order of their names, with small ones withheld.

    Args:
        events: how many by cell.
        persons: how many different ones by cell; a person may stand in several.
        least: persons a cell must hold to be shown.
    """
    withheld = {name for name, size in persons.items() if size < least}
    shown = sorted((size, name) for name, size in persons.items() if name not in withheld)
    if len(withheld) == 1 and shown:
        withheld.add(shown[0][1])
    return tuple(Cell(name, events[name], None if name in withheld else persons[name]) for name in sorted(events))
