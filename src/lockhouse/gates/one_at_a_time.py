"""Work that is as large as the log or the house: one piece of it at a time in a process, and few wait for it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MOST: Final = 4
"""Who has the turn, and who waits for it: beyond them nobody waits, since what waits costs memory and then the work."""
AGAIN_S: Final = 5.0


class OneAtATime:
    """Turns of one kind of work, in the order in which they are asked for.

    Args:
        what: is read by it, as its refusal says.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
        self._here = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Nobody else of this process does such work meanwhile.

        Raises:
            Unavailable: `MOST` are there already.
        """
        if self._here >= MOST:
            raise Unavailable(f"{self._what}: expected fewer who read all of it at once", retry_after_s=AGAIN_S)
        lock = self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        self._here += 1
        try:
            async with lock:
                yield
        finally:
            self._here -= 1


LEDGER: Final = OneAtATime("ledger")
"""Proofs and checks of the log."""
HOUSE: Final = OneAtATime("house")
"""Answers to tokens for which every person is read."""
