"""Waiting for the writer: a request that meets no writer is held for a moment instead of being sent away.

The writer is away for about a second when it is started again or replaced. Only what fails comes here: a request that
goes through never does. What waits is bounded in time, in events and in the bytes they came in, because each is held
in memory.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.model.ports import Clock

WAIT_S = 5.0
"""A request waits so long for the writer, then it is answered 503: senders give up after 10 to 15 s themselves."""
WAIT_TO_SET_ASIDE_S = 2.0
"""So long where it can be set aside then: a writer that is started again is back by then, and one that is not may stay
away for long, while senders that wait for 5 s give up."""
MOST_EVENTS = 10_000
"""Events that wait in one process: of the size that shops send, some 20 MB; beyond them senders keep what they have."""
MOST_BYTES = 32 << 20
"""Bodies that wait in one process: events of the largest size would be 320 MB, were they only counted."""
LOOK_S = 0.02


class Patience:
    """Holds callers until `is_back` says so; one task looks for all of them."""

    def __init__(self, is_back: Callable[[], bool], clock: Clock) -> None:
        self._is_back = is_back
        self._clock = clock
        self._events = 0
        self._bytes = 0
        self._looking: asyncio.Task[None] | None = None
        self._ended = False

    def until_s(self, wait_s: float = WAIT_S) -> float:
        """When a caller that begins to wait now gives up, by the lease clock."""
        return self._clock.monotonic_s() + wait_s

    async def wait(self, events: int, *, body_bytes: int, until_s: float) -> bool:
        """Whether the writer is back; False when it took too long, too much waits, or this process ends."""
        left_s = until_s - self._clock.monotonic_s()
        is_full = self._events + events > MOST_EVENTS or self._bytes + body_bytes > MOST_BYTES
        if self._ended or left_s <= 0 or is_full:
            return False
        self._events += events
        self._bytes += body_bytes
        try:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            await asyncio.wait({self._looking}, timeout=left_s)
        finally:
            self._events -= events
            self._bytes -= body_bytes
        return self._is_back() and not self._ended

    def end(self) -> None:
        """Whoever waits is sent away, and nobody waits any more."""
        self._ended = True

    async def _look(self) -> None:
        while not self._ended and self._events and not self._is_back():  # noqa: ASYNC110  # a lease says nothing itself
            await asyncio.sleep(LOOK_S)
