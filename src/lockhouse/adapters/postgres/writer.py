"""A writer of a house whose stores lie on PostgreSQL, in a thread of this process; each of its processes has one.

Epochs are asked for every half second. A process counts as confirmed from the moment before it asked, if everybody
here who wanted to hear of a move has acted; one that is not confirmed within the lease seals and opens nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.adapters.postgres.shelf import PostgresShelf
from lockhouse.adapters.threaded_writer import ThreadedWriter
from lockhouse.adapters.writer_protocol import BEAT_S, LEASE_S
from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.adapters.group_commit.engine import WriterParts
    from lockhouse.adapters.postgres.link import Places

Epochs = tuple[int, int]
"""Of policy and key."""


class PostgresWriter(ThreadedWriter[PostgresShelf]):
    """`Commits` and `Epochs` on two databases, beside other writers of the same house."""

    def __init__(
        self, places: Places, parts: WriterParts, *, open_shelf: Callable[[Places], PostgresShelf] = PostgresShelf
    ) -> None:
        """Reach both.

        Raises:
            Unavailable: one is away or is being migrated, or its schema is not this release's.
            Tampered: one is not as this house left it.
        """
        self._seen: Epochs = (0, 0)
        self._asked_s = self._confirmed_s = float("-inf")
        self._home: asyncio.AbstractEventLoop | None = None
        super().__init__(lambda: open_shelf(places), parts)

    def _prepare(self) -> None:
        self._ask_epochs()

    def _close_shelf(self) -> None:
        self._shelf.close()

    def _tick(self) -> None:
        super()._tick()
        self._ask_epochs()

    def _ask_epochs(self) -> None:
        """Know the epochs as they are, and be confirmed once everybody here has acted on them."""
        now = self._parts.clock.monotonic_s()
        if now - self._asked_s < BEAT_S:
            return
        self._asked_s = now
        try:
            found = self._shelf.epochs()
        except Unavailable:
            return  # not confirmed; the next beat asks again
        self._hear(found, now)

    def policy(self) -> int:
        """The policy epoch this process has seen."""
        return self._seen[0]

    def key(self) -> int:
        """The key epoch this process has seen."""
        return self._seen[1]

    def alive(self) -> bool:
        """Whether the server has said within the lease which epochs there are, and all here have acted on them."""
        return self._is_open and self._parts.clock.monotonic_s() - self._confirmed_s <= LEASE_S

    def on_move(self, act: Callable[[int, int], None]) -> None:
        """Call `act(policy, key)` in the loop of whoever asks first, before this process is confirmed again."""
        self._home = self._home or asyncio.get_running_loop()
        super().on_move(act)

    def _hear(self, epochs: Epochs, asked_s: float) -> None:
        """In the thread: act where the acts belong."""
        if self._home is None or epochs == self._seen:
            self._move(epochs, asked_s)
            return
        with suppress(RuntimeError):  # a loop that closed has nobody who would act, so nobody is confirmed
            self._home.call_soon_threadsafe(self._move, epochs, asked_s)

    def _move(self, epochs: Epochs, asked_s: float) -> None:
        if epochs[0] < self._seen[0] or epochs[1] < self._seen[1]:
            return  # asked before the last move, or put back by somebody: nothing is confirmed by that
        if epochs != self._seen:
            self._seen = epochs
            for act in self._acts:
                act(*epochs)
        self._confirmed_s = max(self._confirmed_s, asked_s)

    async def announce(self, *, policy: bool = False, key: bool = False) -> None:
        """Move an epoch; returns when every process has asked for it since, or can no longer be in its lease.

        Raises:
            Unavailable: the record store is away; the epoch may have moved.
        """
        asked_s = self._parts.clock.monotonic_s()
        moved: Epochs = await self._call(lambda: self._engine.announce(policy=policy, key=key))
        self._move(moved, asked_s)
        await asyncio.sleep(LEASE_S)
