"""A year of real shop transactions comes in, some of it goes again, and the house can show what it still holds.

Eight households and three months of it here, in one process; the whole by `script/complete-journey --all`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.journey.archive import Archive, Taken
from bench.journey.tour import Tour
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from bench.journey.tour import Step, Toured
    from lockhouse.model.ports import Clock

MONTHS = (1, 3, 4)


class _AtTheDesk:
    """The tour's hands, at a desk whose clock is moved."""

    def __init__(self, folder: Path) -> None:
        self._desk = Desk(folder)
        self._desk.environment["XDG_CONFIG_HOME"] = str(folder / "config")
        self.house = folder / "grocer"
        self._desk.house = self.house

    @property
    def clock(self) -> Clock:
        return self._desk.clock

    def set(self, at: int) -> None:
        self._desk.clock.now = at

    def type(self, line: str, *, answer: str = "") -> Any:
        seen = self._desk.call(line, typed=answer, json=True)
        assert seen.code == 0, f"{line}: {seen.err}"
        return seen.value


@pytest.fixture(scope="module")
def archive() -> Archive:
    return Archive(households=8, months=MONTHS)


@pytest.fixture(scope="module")
def toured(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Toured:
    steps: list[Step] = []
    return Tour(_AtTheDesk(tmp_path_factory.mktemp("journey")), archive, told=steps.append).run()


def test_everything_that_came_in_is_read_back(toured: Toured, archive: Archive) -> None:
    assert toured.seen[0] == toured.expected[0]
    assert toured.seen[0].lines == len(archive.lines) > 1_000
    assert toured.seen[0].campaigns == len(archive.mail["campaigns.csv"]) > 0


def test_what_was_taken_away_is_gone_and_nothing_else(toured: Toured) -> None:
    assert toured.seen[1] == toured.expected[1]
    before, after = toured.seen
    assert after.households == before.households - 5
    assert 0 < after.stocked < after.lines < before.lines  # January stays in the books and leaves the shelves
    assert 0 < after.priced < after.lines  # one household's prices are gone, its visits are not


def test_the_house_is_verified_to_the_end_afterwards(toured: Toured) -> None:
    assert toured.verified["clean"] is True
    assert toured.verified["state"]["rows"]["erased_mark"] == 5
    assert toured.good


def test_the_raw_totals_are_those_of_the_months_that_are_left(archive: Archive) -> None:
    whole, rest = archive.totals(Taken()), archive.totals(Taken(months=frozenset({3}), shelved_to=3))
    april = archive.totals(Taken(months=frozenset({1, 3}), shelved_to=3))
    assert whole.lines == sum(archive.rows(f"tills-{month:02}.csv") for month in MONTHS)
    assert rest.lines == whole.lines - archive.rows("tills-03.csv")
    assert rest.stocked == april.lines == archive.rows("tills-04.csv")
