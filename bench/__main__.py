"""`python -m bench`: measure, print a table, optionally write JSON and check the floors."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import (
    commits,
    console,
    expiry,
    footprint,
    hello,
    hooks,
    imports,
    inside,
    intake,
    lookups,
    minimise,
    people,
    profiles,
    prove,
    stalled,
    transform,
    waits,
)
from bench.disk import fsyncs
from bench.house import fill, found
from bench.mix import POPULATION
from bench.report import Figure, as_json, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.intake import Houses

Part = tuple[str, "Callable[[Houses], list[Figure]]"]
Alone = tuple[str, "Callable[[], list[Figure]]"]
Own = tuple[str, "Callable[[Path], list[Figure]]"]


def _alone(*, quick: bool) -> list[Alone]:
    """What is measured without a house, before there is one."""
    rounds = 5 if quick else 15
    return [("minimise", lambda: minimise.rates(rounds=rounds)), ("hooks", lambda: hooks.costs(rounds=rounds))]


def _own(*, quick: bool) -> list[Own]:
    """What is measured on houses of its own, which are founded in a folder."""
    ten = 1 if quick else 10
    return [
        ("profile30", lambda base: profiles.looks_at_thirty(base, looks=60 if quick else 200, population=POPULATION)),
        ("stalled", lambda base: stalled.erasures(base, idle=12, stopped=4 if quick else 8)),
        ("expire", lambda base: expiry.of_a_month(base, records=ten * 100_000, each_swept=ten * 2_000)),
        ("console", lambda base: console.of_a_large_house(base, persons=ten * 100_000, rounds=40 if quick else 200)),
        ("lookup", lambda base: lookups.of_a_large_house(base, persons=ten * 100_000)),
    ]


def _parts(*, quick: bool, by_tree: bool = False) -> list[Part]:
    pairs = 5 if quick else 15
    singles, batches = (4_000, 12_000) if quick else (12_000, 40_000)
    return [
        ("mix", lambda houses: intake.about_the_mix(houses, events=batches)),
        ("hello", lambda houses: hello.measure(houses, pairs=pairs, events=singles)),
        ("single", lambda houses: intake.measure(houses, "single", pairs=pairs, events=singles)),
        ("batch", lambda houses: intake.measure(houses, "batch", pairs=pairs, events=batches)),
        ("group", lambda houses: commits.grouped(houses, pairs=pairs, events=500 if quick else 1_000)),
        ("thread", lambda houses: inside.measure(houses, pairs=pairs, events=batches)),
        ("floor", lambda houses: commits.over_floor(houses, pairs=pairs, events=batches)),
        ("transform", lambda houses: transform.measure(houses, pairs=pairs, events=4_000 if quick else 12_000)),
        ("import", lambda houses: imports.measure(houses, runs=pairs, rows=20_000 if quick else 60_000)),
        ("waits", lambda houses: waits.at_half_load(houses, pairs=5, events=singles)),
        ("size", lambda houses: footprint.sizes(houses, events=5_000 if quick else 20_000, by_tree=by_tree)),
        ("memory", lambda houses: footprint.memory(houses, events=20_000 if quick else 100_000)),
        ("verify", lambda houses: prove.verify(houses, entries=5_000 if quick else 20_000, rounds=5)),
        ("profile", lambda houses: people.profile(houses, looks=100 if quick else 400)),
        ("erase", people.erase),
    ]


def _machine() -> dict[str, object]:
    return {
        "load_average_at_start": [round(one, 2) for one in os.getloadavg()],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def main() -> int:
    """Measure what was asked for; 1 if `--check` finds a floor missed."""
    names = [name for name, _ in (*_alone(quick=True), *_own(quick=True), *_parts(quick=True))]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure this machine with a house on it.")
    parser.add_argument("--quick", action="store_true", help="fewer events; still at least five pairs")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--bytes", action="store_true", help="with size: what each table and index takes")
    parser.add_argument("--check", action="store_true", help="end with 1 if a floor is missed")
    parser.add_argument("--dir", type=Path, default=Path("/var/tmp"), help="a folder on a real disk")  # noqa: S108
    chosen = parser.parse_args()
    around = _machine()
    with tempfile.TemporaryDirectory(prefix="lockhouse-bench-", dir=chosen.dir) as folder:
        figures = _measure(Path(folder), chosen.only, quick=chosen.quick, by_tree=chosen.bytes)
    print(f"\nload average at start {around['load_average_at_start']}, {around['cores']} cores\n")
    print(table(figures))
    if chosen.json:
        chosen.json.write_bytes(as_json(figures, around))
    missed = [one.name for one in figures if not one.holds]
    if missed:
        print(f"\nbelow its floor: {', '.join(missed)}")
    return 1 if missed and chosen.check else 0


def _measure(base: Path, names: list[str], *, quick: bool, by_tree: bool) -> list[Figure]:
    figures: list[Figure] = []
    for name, part in _alone(quick=quick):
        if name in names:
            _say(name)
            figures += part()
    for name, build in _own(quick=quick):
        if name in names:
            _say(name)
            with tempfile.TemporaryDirectory(prefix=name, dir=base) as folder:
                figures += build(Path(folder))
    parts = [(name, part) for name, part in _parts(quick=quick, by_tree=by_tree) if name in names]
    return figures + (_measure_houses(base, parts) if parts else [])


def _measure_houses(base: Path, parts: list[Part]) -> list[Figure]:
    figures = fsyncs(base)
    population = POPULATION
    _say(f"two houses with {population:,} persons each")
    houses = intake.Houses(base, found(base, "sealed"), found(base, "unsealed"), population)
    fill(houses.sealed, "sealed", population=population)
    fill(houses.unsealed, "unsealed", population=population)
    for name, part in parts:
        _say(name)
        figures += part(houses)
    return figures


def _say(text: str) -> None:
    print(f"bench: {text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
