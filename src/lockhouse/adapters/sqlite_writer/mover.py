"""Moves the stores' logs into their files beside the commits, so that no commit has to wait until all of one is moved.

SQLite moves a log as part of the commit that makes it long: everybody in that group then waits for thousands of pages
and an fsync of the file, which were the slowest hundredth of a half-busy house. Here a thread moves what has come since
the last time, on connections of its own, while commits go on; a commit that finds the log long all the same has little
left to move, and begins it anew. A thread that cannot move says nothing: the commit that has to meets the same trouble.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import apsw

from lockhouse.adapters.tables import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.model.rows import Store

EVERY_PAGES: dict[Store, int] = {"identity": 500, "record": 4_000}
"""After so many pages in a log it is moved: a quarter of how long it grows at most."""


class Mover:
    """Moves logs of the files of a folder, from when one is first long enough until `close`."""

    def __init__(self, folder: Path, connections: Mapping[Store, apsw.Connection]) -> None:
        """With the writer's own connections, which say how many pages they wrote."""
        self._folder = folder
        self._writing = connections
        self._moved_at = dict.fromkeys(connections, 0)
        self._asked: queue.SimpleQueue[Store | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def look(self, store: Store) -> None:
        """A group was committed: its store's log is moved if it has grown by enough since it last was."""
        written, _ = self._writing[store].status(apsw.SQLITE_DBSTATUS_CACHE_WRITE)
        if written - self._moved_at[store] < EVERY_PAGES[store]:
            return
        self._moved_at[store] = written
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="mover", daemon=True)
            self._thread.start()
        self._asked.put(store)

    def close(self) -> None:
        """Move nothing more; the files are this thread's no longer."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        connections: dict[Store, apsw.Connection] = {}
        try:
            while (store := self._asked.get()) is not None:
                with suppress(apsw.Error):
                    if store not in connections:
                        connections[store] = self._connect(store)
                    connections[store].wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        finally:
            for connection in connections.values():
                connection.close()

    def _connect(self, store: Store) -> apsw.Connection:
        connection = apsw.Connection(str(self._folder / FILES[store]), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.pragma("synchronous", "FULL")
        connection.pragma("query_only", "ON")
        return connection
