"""How long a person's erasure takes to answer under the real `serve`, with all its processes, and with one stopped.

Two answers are timed. The first (`open_erasure`) says that no process opens anything of the person; the second
(`fulfil` at once, as a demo house may) that the keys are destroyed, and that every process has heard of that too. A
stopped process holds its lease until it runs out, so both wait for that. It is stopped anew for each person, just
before they are erased: whoever has stood still for longer has less of a lease left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.footprint import START_S, family, serving
from bench.house import fill, found
from bench.load import request, send
from bench.mix import Mix
from bench.report import Figure
from lockhouse import wiring
from lockhouse.flows import request as requests
from lockhouse.model.rows import Person

if TYPE_CHECKING:
    from bench.house import Founded
    from lockhouse.wiring import Opened

POPULATION = 200
STOPPED = "collect-0"
SOON_S = 1.0
"""A process without a lease holds a request for twice as long before it sets it aside."""
Took = tuple[float, float]
"""Until the person was shut everywhere, and until they were destroyed as well (s)."""


class Serving(NamedTuple):
    """A house under `serve`."""

    house: Founded
    pid: int
    port: int


def erasures(base: Path, *, idle: int, stopped: int) -> list[Figure]:
    """The figures `erase_…`: so many persons erased beside running processes, and so many with one of them stopped.

    Together at most 20, since a house erases no more an hour without a question.

    Raises:
        SystemExit: there is no process to stop.
    """
    founded = found(base, "stalled")
    fill(founded, "sealed", population=POPULATION)
    with serving(founded.folder) as (pid, port):
        free, held = asyncio.run(_erase(Serving(founded, pid, port), idle, stopped))
    shut, done = zip(*free, strict=True)
    late, late_done = zip(*held, strict=True)
    said = "a person's erasure until no process opens anything of theirs"
    return [
        Figure("erase_p50_ms", tuple(one * 1e3 for one in shut), "ms", said),
        Figure("erase_done_p50_ms", tuple(one * 1e3 for one in done), "ms", "until their keys are destroyed as well"),
        Figure("erase_stalled_p99_s", (max(late),), "s", f"until shut, one process stopped; slowest of {stopped}"),
        Figure("erase_stalled_p50_s", tuple(late), "s", "the middle one of these"),
        Figure("erase_done_stalled_p99_s", (max(late_done),), "s", "until destroyed; slowest of these"),
    ]


def _child(pid: int) -> int:
    """The process id of the collecting process among the children of `serve`."""
    for one in family(pid):
        if STOPPED in Path(f"/proc/{one}/cmdline").read_text(encoding="utf-8").split("\0"):
            return one
    raise SystemExit(f"bench: expected a process {STOPPED}, got none")


async def _erase(serving: Serving, idle: int, stopped: int) -> tuple[list[Took], list[Took]]:
    await until_ready(serving.house)  # whoever came before the writer would hold the folder's lock
    async with wiring.opened(serving.house.folder, role="console") as house:
        people = [row.id async for rows in house.house.reads.scan(Person) for row in rows][: idle + stopped]
        free = [await _erase_one(house, person) for person in people[:idle]]
        child, held = _child(serving.pid), []
        for person in people[idle:]:
            await _until_it_collects(serving)
            os.kill(child, signal.SIGSTOP)
            try:
                held.append(await _erase_one(house, person))
            finally:
                os.kill(child, signal.SIGCONT)
        return free, held


async def until_ready(house: Founded) -> None:
    """All parts of `serve` run, and its worker has looked for endings that were cut off: it would carry on a new one.

    Raises:
        SystemExit: they do not come up.
    """
    until = time.monotonic() + START_S
    while b'"event": "ready"' not in (house.folder / "serve.log").read_bytes():
        if time.monotonic() > until:
            raise SystemExit("bench: expected `serve` to be ready, got one that is not")
        await asyncio.sleep(0.05)


async def _until_it_collects(serving: Serving) -> None:
    """The one collecting process answers at once: it holds a lease, which one that has just gone on does not."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        [said] = Mix(time.monotonic_ns(), population=1).events(1)
        took = await asyncio.to_thread(
            send,
            serving.port,
            [request("/v1/batch", b'{"batch":[' + said.raw + b"]}", serving.house.key)],
            connections=1,
        )
        if not took.failed and took.took_s < SOON_S:
            return
    raise SystemExit("bench: expected a process that collects, got none")


async def _erase_one(house: Opened, person: bytes) -> Took:
    began = time.perf_counter()
    asked = await requests.open_erasure(house.house, person, by="os-user:0")
    shut = time.perf_counter() - began
    await requests.fulfil(house.house, asked.case, journal=house.journal, now=True)
    return shut, time.perf_counter() - began
