"""How long a request waits in a house that is half busy: an open loop, so that no stall hides behind itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench.disk import fsyncs
from bench.house import How, copied, rows, served
from bench.intake import CONNECTIONS, requests_of, run
from bench.load import send_paced
from bench.mix import Mix
from bench.report import Figure

if TYPE_CHECKING:
    from bench.intake import Houses

SECONDS = 5
WARM_S = 1.0
"""Of each run, before the waits count: a house that has just started has nothing at hand."""


def at_half_load(houses: Houses, *, pairs: int, events: int) -> list[Figure]:
    """Single events at half the rate that a saturated run has just shown; the processes share core 0, as there.

    Raises:
        SystemExit: an event was not stored.
    """
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    middle: list[float] = []
    slowest: list[float] = []
    try:
        for pair in range(pairs):
            saturated = Mix(300 + pair, population=houses.population).events(events)
            half = run(houses, "sealed", "single", saturated, How(cpu=0)).per_s / 2
            waits = _paced(houses, 400 + pair, per_s=half)
            middle.append(waits[len(waits) // 2])
            slowest.append(waits[int(len(waits) * 0.99)])
    finally:
        os.sched_setaffinity(0, cores)
    beyond = tuple(one - fsyncs(houses.base)[1].median for one in slowest)
    return [
        Figure("half_load_p50_ms", tuple(middle), "ms", "wait of a single event at half the rate it can do"),
        Figure("half_load_p99_ms", tuple(slowest), "ms", "the same, slowest hundredth"),
        Figure("half_load_p99_beyond_fsync_ms", beyond, "ms", "what that is more than the slowest hundredth of fsyncs"),
    ]


def _paced(houses: Houses, seed: int, *, per_s: float) -> list[float]:
    traffic = Mix(seed, population=houses.population).events(int(per_s * SECONDS))
    with copied(houses.sealed, houses.base) as folder:
        before = rows(folder)
        with served(folder, "sealed", How(cpu=0)) as running:
            requests = requests_of("single", traffic, houses.sealed.key)
            took = send_paced(running.port, requests, connections=CONNECTIONS["single"], per_s=per_s, warm_s=WARM_S)
        stored = rows(folder) - before
    if took.failed or stored != len(traffic):
        raise SystemExit(f"bench: {took.failed} requests failed, {stored} of {len(traffic)} events stored")
    return sorted(wait * 1e3 for wait in took.waits_s)
