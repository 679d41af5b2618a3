"""`Reads` for every process but the writer: the standard library's sqlite3, read-only.

`mode=ro` is a promise to the file, not a habit: SQLite before 3.51.3 may corrupt a WAL database when a second
connection checkpoints or writes, and a closing read-write connection checkpoints. Reads are autocommit and short,
since one long reader keeps the log from being emptied and destroyed keys in it.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lockhouse.adapters.sqlite_sql import SqlReads
from lockhouse.adapters.tables import FILES, Values
from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.model.rows import Store

_BUSY_S = 1.0
_CACHED_STATEMENTS = 256


class SqliteReads(SqlReads):
    """Committed rows of a house folder. Must not live in a process that opens the files with apsw."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self._run)
        self._folder = folder
        self._connections: dict[Store, sqlite3.Connection] = {}

    def _run(self, store: Store, statements: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Values]:
        connection = self._connections.get(store) or self._open(store)
        try:
            if len(statements) == 1:
                return connection.execute(*statements[0]).fetchall()
            connection.execute("BEGIN")  # several statements of one call see one state
            try:
                return [row for statement in statements for row in connection.execute(*statement)]
            finally:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise Unavailable(f"{store} store: expected a readable database, got {type(error).__name__}") from error

    def _open(self, store: Store) -> sqlite3.Connection:
        file = self._folder / FILES[store]
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(file))}?mode=ro",
                uri=True,
                isolation_level=None,
                timeout=_BUSY_S,
                cached_statements=_CACHED_STATEMENTS,
                check_same_thread=False,
            )
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA temp_store = MEMORY")  # sorted rows never reach a temporary file
        except sqlite3.Error as error:
            raise Unavailable(f"{store} store: expected a database in the house folder, got none") from error
        self._connections[store] = connection
        return connection

    def close(self) -> None:
        """Close the files."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
