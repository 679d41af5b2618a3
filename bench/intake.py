"""Collecting: sealed against unsealed, pair by pair, over real HTTP."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from bench.house import Founded, How, Mode, copied, rows, served
from bench.load import batched, request, send
from bench.mix import Mix, Said
from bench.report import Figure

if TYPE_CHECKING:
    from pathlib import Path

Shape = Literal["single", "batch"]
CONNECTIONS: dict[Shape, int] = {"single": 64, "batch": 16}
BATCH = 100


@dataclass(frozen=True, slots=True)
class Houses:
    """The two houses whose copies are measured, filled alike, and where the copies go."""

    base: Path
    sealed: Founded
    unsealed: Founded
    population: int

    def of(self, mode: Mode) -> Founded:
        """The one that a mode is measured on."""
        return self.unsealed if mode == "unsealed" else self.sealed


@dataclass(frozen=True, slots=True)
class Took:
    """One run."""

    per_s: float
    writer_us: float
    collect_us: float
    p50_ms: float
    p99_ms: float


def requests_of(shape: Shape, events: list[Said], key: str) -> list[bytes]:
    """The requests that carry these events."""
    if shape == "single":
        return [request("/v1/track" if b'"track"' in said.raw else "/v1/identify", said.raw, key) for said in events]
    return [request("/v1/batch", body, key) for body in batched([said.raw for said in events], BATCH)]


def run(houses: Houses, mode: Mode, shape: Shape, events: list[Said], how: How) -> Took:
    """Send the events to a fresh copy in fresh processes; every one of them must be stored.

    Raises:
        SystemExit: an event was not stored: there is nothing to measure then.
    """
    house = houses.of(mode)
    requests = requests_of(shape, events, house.key)
    with copied(house, houses.base) as folder:
        before = rows(folder)
        with served(folder, mode, how) as running:
            writer, collect = running.cpu_s()
            took = send(running.port, requests, connections=CONNECTIONS[shape])
            writer_after, collect_after = running.cpu_s()
        stored = rows(folder) - before
    if took.failed or (mode != "hello" and stored != len(events)):
        raise SystemExit(f"bench: {took.failed} requests failed, {stored} of {len(events)} events stored")
    waits = sorted(took.waits_s)
    return Took(
        per_s=len(events) / took.took_s,
        writer_us=(writer_after - writer) / len(events) * 1e6,
        collect_us=(collect_after - collect) / len(events) * 1e6,
        p50_ms=waits[len(waits) // 2] * 1e3,
        p99_ms=waits[int(len(waits) * 0.99)] * 1e3,
    )


def measure(houses: Houses, shape: Shape, *, pairs: int, events: int) -> list[Figure]:
    """So many interleaved pairs; which side goes first alternates, and each pair has its own traffic.

    Singles: the processes of the house are pinned to core 0, the load generator to core 1. Batches: nothing is
    pinned and two processes collect.
    """
    how = How(cpu=0) if shape == "single" else How(collectors=2)
    cores = os.sched_getaffinity(0)
    if shape == "single" and len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    sealed: list[Took] = []
    unsealed: list[Took] = []
    try:
        for pair in range(pairs):
            traffic = Mix(100 + pair, population=houses.population).events(events)
            sides: tuple[Mode, Mode] = ("sealed", "unsealed") if pair % 2 else ("unsealed", "sealed")
            for mode in sides:
                (sealed if mode == "sealed" else unsealed).append(run(houses, mode, shape, traffic, how))
    finally:
        os.sched_setaffinity(0, cores)
    return _figures(shape, sealed, unsealed)


def _figures(shape: Shape, sealed: list[Took], unsealed: list[Took]) -> list[Figure]:
    where = "one core" if shape == "single" else "two cores, two collect processes"
    ratio = tuple(one.per_s / other.per_s for one, other in zip(sealed, unsealed, strict=True))
    cost = tuple(
        (other.writer_us + other.collect_us) / (one.writer_us + one.collect_us)
        for one, other in zip(sealed, unsealed, strict=True)
    )
    made = [
        Figure(f"sealed_over_unsealed_{shape}", ratio, "ratio", "rate sealed ÷ rate unsealed, pair by pair"),
        Figure(f"{shape}_per_s", tuple(one.per_s for one in sealed), "events/s", f"durable and sealed, {where}"),
        Figure(f"unsealed_{shape}_per_s", tuple(one.per_s for one in unsealed), "events/s", "the other side"),
        Figure(f"cpu_unsealed_over_sealed_{shape}", cost, "ratio", "the same by CPU time, which neighbours move less"),
        Figure(f"{shape}_p50_ms", tuple(one.p50_ms for one in sealed), "ms", "wait of a request, saturated"),
        Figure(f"{shape}_p99_ms", tuple(one.p99_ms for one in sealed), "ms", "the same, slowest hundredth"),
    ]
    for side, runs in (("", sealed), ("_unsealed", unsealed)):
        for part in ("writer", "collect"):
            samples = tuple(one.writer_us if part == "writer" else one.collect_us for one in runs)
            made.append(Figure(f"cpu_us_{part}_{shape}{side}", samples, "us/event", f"CPU of the {part} side"))
    if shape == "single":
        steady = tuple(one.p99_ms / one.p50_ms for one in sealed)
        made.append(Figure("single_p99_over_p50", steady, "ratio", "of these waits, run by run"))
    total = tuple(one.writer_us + one.collect_us for one in sealed)
    made.append(Figure(f"cpu_us_per_event_{shape}", total, "us/event", "CPU of all processes, sealed"))
    return made


def about_the_mix(houses: Houses, *, events: int) -> list[Figure]:
    """What the traffic is made of, and how warm the keys are; from a run of its own that is not timed."""
    traffic = Mix(98, population=houses.population).events(events)
    counts = houses.base / "counts.json"
    run(houses, "sealed", "batch", traffic, How(count=counts))
    counted = msgspec.json.decode(counts.read_bytes(), type=dict[str, int])
    orders = [len(said.raw) for said in traffic if b"Order Completed" in said.raw]
    shares = {
        "share_known_persons": sum(not said.never_seen for said in traffic) / events,
        "share_three_identifiers": sum(said.identifiers > 2 for said in traffic) / events,  # noqa: PLR2004  # three
        "share_orders": len(orders) / events,
        "boxes_per_event": counted["asked"] / events,
        "key_hits": counted["hits"] / counted["asked"],
        "order_bytes": statistics.median(orders),
    }
    about = {
        "share_known_persons": "of events: by somebody who was there before",
        "share_three_identifiers": "of events: with three identifiers",
        "share_orders": "of events: orders",
        "boxes_per_event": "sealed boxes of an event",
        "key_hits": "of boxes: sealed with a key that was at hand",
        "order_bytes": "an order as it is sent",
    }
    return [Figure(name, (value,), "of the mix", about[name]) for name, value in shares.items()]
