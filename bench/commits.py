"""What the writer alone makes durable: the very Changes that the gate makes of the traffic, handed over again.

They are made once, in a copy of the house, and written into other copies of it, where everything that they expect is
so. What is left out is what comes before: HTTP, parsing, look-ups, decisions, sealing. Their deadline is left out too,
which has passed by then.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bench.house import How, copied, rows, served
from bench.intake import BATCH, run
from bench.load import batched
from bench.mix import Mix
from bench.policy import CHANNEL
from bench.report import Figure
from lockhouse import wiring
from lockhouse.adapters.writer_client import WriterClient
from lockhouse.channels import segment
from lockhouse.gates.collect import Intake
from lockhouse.model.change import Conflict
from lockhouse.model.event import Batch, Fault
from lockhouse.model.scale import Assurance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bench.intake import Houses
    from bench.mix import Said
    from lockhouse.gates.house import House
    from lockhouse.model.change import Change, Committed
    from lockhouse.model.ports import Commits

    Answers = Sequence[Committed | Conflict]

UNDER_WAY = 2
"""Groups handed over at once: one is written, one waits, as of a collect process."""


class Wrote(NamedTuple):
    """One way of writing: seconds, and CPU seconds of whoever writes."""

    took_s: float
    cpu_s: float


class _Kept:
    """Commits that remembers what was committed, call by call."""

    def __init__(self, inner: Commits) -> None:
        self._inner = inner
        self.calls: list[list[Change]] = []

    async def commit(self, change: Change) -> Committed | Conflict:
        """Commit it, and remember it."""
        self._keep([change])
        return await self._inner.commit(change)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """Commit them, and remember them."""
        self._keep(changes)
        return await self._inner.commit_each(changes)

    def _keep(self, changes: Sequence[Change]) -> None:
        self.calls.append([msgspec.structs.replace(one, deadline=0) for one in changes])

    async def scrub(self) -> None:
        """As the store does."""
        await self._inner.scrub()


def as_batch(raw: bytes, house: House) -> Batch:
    """The body of a request as the gate gets it.

    Raises:
        SystemExit: it cannot be read.
    """
    now = house.clock.now_ms()
    parsed = segment.parse_batch(raw, path="batch", received_at=now, remote_network=None)
    if isinstance(parsed, Fault):
        raise SystemExit("bench: expected a batch, got a fault")
    return Batch(channel=CHANNEL, assurance=Assurance.SECRET, credential="shop/2", received_at=now, items=parsed.items)


def changes_of(houses: Houses, traffic: Sequence[Said]) -> list[list[Change]]:
    """The Changes that the gate makes of the traffic in batches of 100, a list for each time it commits."""
    with copied(houses.sealed, houses.base) as folder:
        return asyncio.run(_passed(folder, batched([said.raw for said in traffic], BATCH)))


async def _passed(folder: Path, bodies: Sequence[bytes]) -> list[list[Change]]:
    async with wiring.opened(folder, role="collect", lane="collect-0") as opening:
        house = opening.house
        kept = house.commits = _Kept(house.commits)
        gate = Intake(house)
        for body in bodies:
            await gate.collect(as_batch(body, house))
        return kept.calls


def grouped(houses: Houses, *, pairs: int, events: int) -> list[Figure]:
    """The same Changes in groups of 100 and one by one, pair by pair, by the writer in this process."""
    took: dict[str, list[Wrote]] = {"groups": [], "singly": []}
    for pair in range(pairs):
        calls = changes_of(houses, Mix(1_200 + pair, population=houses.population).events(events))
        apart = [[change] for call in calls for change in call]
        sides = (("groups", calls), ("singly", apart))
        for side, parts in sides if pair % 2 else reversed(sides):
            took[side].append(written(houses, parts, events=events))
    both = list(zip(took["groups"], took["singly"], strict=True))
    return [
        Figure(
            "group_over_one_by_one", tuple(other.took_s / one.took_s for one, other in both), "ratio",
            "durable commits of the same Changes in groups of 100 ÷ one by one",
        ),
        Figure(
            "cpu_one_by_one_over_group", tuple(other.cpu_s / one.cpu_s for one, other in both), "ratio",
            "the same by CPU time, which fsyncs take none of",
        ),
    ]  # fmt: skip


def written(houses: Houses, calls: Sequence[Sequence[Change]], *, events: int) -> Wrote:
    """The Changes of so many events, written into a copy of the house by this process.

    Raises:
        SystemExit: one met a conflict, or not so many events were stored: there is nothing to measure then.
    """
    with copied(houses.sealed, houses.base) as folder:
        return _stored(folder, events, partial(_write_here, calls=calls))


def _stored(folder: Path, events: int, write: Callable[[Path], Wrote]) -> Wrote:
    """What was written, once it is sure that all of it was."""
    before = rows(folder)
    wrote = write(folder)
    stored = rows(folder) - before
    if stored != events:
        raise SystemExit(f"bench: {stored} of {events} events stored")
    return wrote


def _write_here(folder: Path, *, calls: Sequence[Sequence[Change]]) -> Wrote:
    return asyncio.run(_here(folder, calls))


async def _here(folder: Path, calls: Sequence[Sequence[Change]]) -> Wrote:
    async with wiring.opened(folder, role="console") as opening:
        began, used = time.perf_counter(), time.process_time()
        for call in calls:
            _require_stored(await opening.writer.commit_each(call))
        return Wrote(time.perf_counter() - began, time.process_time() - used)


def over_floor(houses: Houses, *, pairs: int, events: int) -> list[Figure]:
    """Batches over HTTP against the same Changes handed to the same writer process, a hundred events at a time."""
    ratio, cost, floor = [], [], []
    for pair in range(pairs):
        traffic = Mix(1_300 + pair, population=houses.population).events(events)
        calls = changes_of(houses, traffic)
        wrote: Wrote | None = None
        if pair % 2:
            wrote = _beside(houses, events, calls)
        took = run(houses, "sealed", "batch", traffic, How(collectors=2))
        wrote = wrote or _beside(houses, events, calls)
        floor.append(events / wrote.took_s)
        ratio.append(took.per_s / floor[-1])
        cost.append(wrote.cpu_s / events * 1e6 / (took.writer_us + took.collect_us))
    return [
        Figure(
            "batch_over_floor", tuple(ratio), "ratio", "batches over HTTP ÷ the same Changes without all before them"
        ),
        Figure("cpu_floor_over_batch", tuple(cost), "ratio", "CPU of the writer there ÷ CPU of all processes here"),
        Figure("floor_per_s", tuple(floor), "events/s", "the floor: Changes of so many events written"),
    ]


def _beside(houses: Houses, events: int, calls: Sequence[Sequence[Change]]) -> Wrote:
    def write(place: Path) -> Wrote:
        with served(place, "sealed", How(collectors=0)) as running:
            used, _ = running.cpu_s()
            took_s = asyncio.run(_handed(place, calls))
            return Wrote(took_s, running.cpu_s()[0] - used)

    with copied(houses.sealed, houses.base) as folder:
        return _stored(folder, events, write)


async def _handed(folder: Path, calls: Sequence[Sequence[Change]]) -> float:
    client = await WriterClient.connect(folder, role="console", clock=wiring.SystemClock())
    try:
        began = time.perf_counter()
        waiting: deque[asyncio.Task[list[Committed | Conflict]]] = deque()
        for call in calls:  # in their order: a task begins before the next is made
            waiting.append(asyncio.ensure_future(client.commit_each(call)))
            await asyncio.sleep(0)
            if len(waiting) == UNDER_WAY:
                _require_stored(await waiting.popleft())
        while waiting:
            _require_stored(await waiting.popleft())
        return time.perf_counter() - began
    finally:
        await client.close()


def _require_stored(answers: Answers) -> None:
    if any(isinstance(one, Conflict) for one in answers):
        raise SystemExit("bench: expected a Change to stand, got a conflict")
