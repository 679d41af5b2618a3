"""What the server alone answers, and how much of that is left once an event is sealed and durable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench.house import How
from bench.intake import run
from bench.mix import Mix
from bench.report import Figure

if TYPE_CHECKING:
    from bench.house import Mode
    from bench.intake import Houses, Took


def measure(houses: Houses, *, pairs: int, events: int) -> list[Figure]:
    """So many interleaved pairs, answered at once and stored; all processes on core 0, the load generator on core 1."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    took: dict[Mode, list[Took]] = {"hello": [], "sealed": []}
    try:
        for pair in range(pairs):
            traffic = Mix(1_000 + pair, population=houses.population).events(events)
            sides: tuple[Mode, Mode] = ("hello", "sealed") if pair % 2 else ("sealed", "hello")
            for side in sides:
                took[side].append(run(houses, side, "single", traffic, How(cpu=0)))
    finally:
        os.sched_setaffinity(0, cores)
    both = list(zip(took["sealed"], took["hello"], strict=True))
    return [
        Figure("hello_per_s", tuple(one.per_s for _, one in both), "requests/s", "the same requests, answered at once"),
        Figure(
            "single_over_hello", tuple(one.per_s / other.per_s for one, other in both), "ratio",
            "single events a second ÷ bare requests a second, pair by pair",
        ),
        Figure(
            "cpu_hello_over_single",
            tuple(other.collect_us / (one.collect_us + one.writer_us) for one, other in both),
            "ratio", "the same by CPU time",
        ),
    ]  # fmt: skip
