"""Counts of persons are withheld where they would point at somebody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lockhouse.insight.counts import THRESHOLD, Cell, cells


def _cells(**persons: int) -> tuple[Cell, ...]:
    """An event each."""
    return cells(persons, persons)


def test_events_are_counted_and_large_cells_shown() -> None:
    assert cells({"web": 12, "shop": 90}, {"web": 12, "shop": 30}) == (Cell("shop", 90, 30), Cell("web", 12, 12))


def test_a_small_cell_is_withheld_and_the_next_smallest_with_it() -> None:
    shown = {cell.name: cell.persons for cell in _cells(web=3, app=11, shop=30)}
    assert shown == {"web": None, "app": None, "shop": 30}


def test_two_small_cells_hide_each_other() -> None:
    shown = {cell.name: cell.persons for cell in _cells(web=3, app=4, shop=30)}
    assert shown == {"web": None, "app": None, "shop": 30}


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 40), min_size=1))
def test_no_shown_cell_is_small_and_no_cell_is_withheld_alone(sizes: dict[str, int]) -> None:
    found = _cells(**sizes)
    withheld = [cell for cell in found if cell.persons is None]
    assert all(cell.persons is None or cell.persons >= THRESHOLD for cell in found)
    assert len(withheld) != 1 or len(found) == 1
    assert sum(cell.events for cell in found) == sum(sizes.values())
