"""The writer of a house folder in this process: a command line without a running house, and tests.

Epochs are this process's own: there is nobody else to ask.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.threaded_writer import ThreadedWriter
from lockhouse.adapters.writer_protocol import LEASE_S

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.adapters.group_commit.engine import WriterParts


class LocalWriter(ThreadedWriter[SqliteShelf]):
    """`Commits` and `Epochs` on the files of a folder, for as long as no other writer has it.

    While it is open nobody else can move an epoch, so it is alive.
    """

    def __init__(self, folder: Path, parts: WriterParts) -> None:
        """Take the folder.

        Raises:
            Unavailable: another writer has it, its schema is not this release's, or a place of its anchors is away.
        """
        self._opened_s = parts.clock.monotonic_s()
        super().__init__(lambda: SqliteShelf(folder), parts)

    def _close_shelf(self) -> None:
        """Give the folder free. Nobody but this process believes in this writer; in one that was cut off, perhaps."""
        rested = self._parts.clock.monotonic_s() >= self._opened_s + LEASE_S
        self._shelf.close(in_order=rested or not self._shelf.was_cut_off)

    async def announce(self, *, policy: bool = False, key: bool = False) -> None:
        """Move an epoch and tell those who asked.

        After a writer that was cut off, its clients may go on for one lease: the answer waits for its end.
        """
        await super().announce(policy=policy, key=key)
        if self._shelf.was_cut_off:
            await asyncio.sleep(max(0.0, self._opened_s + LEASE_S - self._parts.clock.monotonic_s()))
