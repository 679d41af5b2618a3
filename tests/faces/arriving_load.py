"""Requests that begin when they are due, whether or not those before them were answered: none waits for another."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from tests.faces.serve_world import Place
from tests.faces.steady_load import ANSWER_S, SteadyLoad, Stream, end, still_open

TICK_S = 0.005
MOST_FREE = 64
"""So few connections are kept free that none is idle for long."""
EACH_NEW = 4
"""Every fourth request comes over a new connection, and so does each that finds none free."""


class Arrivals(SteadyLoad):
    """So many requests a second, for as long as the block runs.

    Attributes:
        offered: how many have begun.
        at_once: how many were under way at most.
    """

    def __init__(self, place: Place, *, rate: float) -> None:
        super().__init__(place, kept=0, new=0, idle=0)
        self.offered = 0
        self.at_once = 0
        self._rate = rate
        self._free: deque[Stream] = deque()
        self._began_s = time.monotonic()

    def __str__(self) -> str:
        rate = self.offered / (time.monotonic() - self._began_s)
        return (
            f"{self.offered} requests, {rate:.0f}/s, over {self.connections} connections: {len(self.answered)} "
            f"answered, {self.lost.total()} lost, the longest in {self.longest_s:.1f} s, {self.at_once} at once at most"
        )

    async def _run(self) -> None:
        under_way: set[asyncio.Task[None]] = set()
        while not self._stop.is_set():
            due = int((time.monotonic() - self._began_s) * self._rate)
            for number in range(self.offered, due):
                task = asyncio.create_task(self._one(number))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            self.offered = max(self.offered, due)
            self.at_once = max(self.at_once, len(under_way))
            await asyncio.sleep(TICK_S)
        await asyncio.gather(*under_way)
        for stream in self._free:
            await end(stream)

    async def _one(self, number: int) -> None:
        stream: Stream | None = self._free.popleft() if self._free and number % EACH_NEW else None
        try:
            stream = await still_open(stream) or await self._connect()
            is_last = await asyncio.wait_for(self._ask(stream, f"due-{number}"), ANSWER_S)
        except (OSError, EOFError, TimeoutError) as error:
            self.lost[f"due: {type(error).__name__}"] += 1
            is_last = True
        if stream is None:
            return
        if is_last or len(self._free) >= MOST_FREE:
            await end(stream)
        else:
            self._free.append(stream)
