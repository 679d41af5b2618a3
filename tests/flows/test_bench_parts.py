"""Each part of the bench runs on a small house and gives figures that are numbers; what they are says a real run."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench import commits, hello, imports, inside, transform
from bench.house import fill, found
from bench.intake import Houses
from bench.mix import Mix
from bench.report import AT_LEAST, Figure

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[2] / "docs" / "benchmarks.md"
POPULATION = 40
PARTS: dict[str, Callable[[Houses], list[Figure]]] = {
    "group_over_one_by_one": lambda houses: commits.grouped(houses, pairs=1, events=20),
    "writer_process_over_thread": lambda houses: inside.measure(houses, pairs=1, events=200),
    "batch_over_floor": lambda houses: commits.over_floor(houses, pairs=1, events=200),
    "transform_cpu": lambda houses: transform.measure(houses, pairs=1, events=100),
    "import_rows_per_s": lambda houses: imports.measure(houses, runs=1, rows=100),
    "single_over_hello": lambda houses: hello.measure(houses, pairs=1, events=100),
}


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    """Two small houses, filled alike."""
    base = tmp_path_factory.mktemp("bench")
    made = Houses(base, found(base, "sealed"), found(base, "unsealed"), POPULATION)
    fill(made.sealed, "sealed", population=POPULATION)
    fill(made.unsealed, "unsealed", population=POPULATION)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_the_bench_gives_its_figure_with_its_floor(name: str, houses: Houses) -> None:
    figures = PARTS[name](houses)
    assert figures
    for one in figures:
        assert all(isfinite(sample) for sample in one.samples), one
    [held] = [one for one in figures if one.floor]
    assert held.name == name
    assert held.median > 0
    assert replace(held, samples=(AT_LEAST[name],)).holds
    assert not replace(held, samples=(AT_LEAST[name] * 0.99,)).holds


@pytest.mark.slow
def test_a_side_that_does_not_store_everything_is_no_figure(houses: Houses) -> None:
    calls = commits.changes_of(houses, Mix(7, population=POPULATION).events(10))
    with pytest.raises(SystemExit, match="got a conflict"):
        commits.written(houses, [*calls, *calls], events=20)
    with pytest.raises(SystemExit, match="10 of 11 events stored"):
        commits.written(houses, calls, events=11)


def test_the_figures_that_are_held_to_a_floor_stand_in_the_docs() -> None:
    said = DOCS.read_text(encoding="utf-8")
    bars = said.partition("## What is measured\n")[2].partition("\n## ")[0]
    for name in PARTS:
        [line] = [line for line in bars.splitlines() if line.startswith(f"| `{name}` ")]
        assert line.endswith(f"≥ {AT_LEAST[name]:,.2f} |" if AT_LEAST[name] < 1 else f"≥ {AT_LEAST[name]:,g} |")
