"""`Reads` beside a local writer: apsw, since the standard library's sqlite3 must not open the files here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw

from lockhouse.adapters.sqlite_sql import SqlReads
from lockhouse.adapters.tables import FILES, Values
from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.model.rows import Store

_BUSY_MS = 1_000


class ApswReads(SqlReads):
    """Committed rows of a house folder whose writer lives in this process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self._run)
        self._folder = folder
        self._connections: dict[Store, apsw.Connection] = {}

    def _run(self, store: Store, statements: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Values]:
        connection = self._connections.get(store) or self._open(store)
        try:
            if len(statements) == 1:
                return list(connection.execute(*statements[0]))
            connection.execute("BEGIN")  # several statements of one call see one state
            try:
                return [row for statement in statements for row in connection.execute(*statement)]
            finally:
                connection.execute("COMMIT")
        except apsw.Error as error:
            raise Unavailable(f"{store} store: expected a readable database, got {type(error).__name__}") from error

    def _open(self, store: Store) -> apsw.Connection:
        try:
            connection = apsw.Connection(str(self._folder / FILES[store]), flags=apsw.SQLITE_OPEN_READONLY)
            connection.set_busy_timeout(_BUSY_MS)
            connection.pragma("query_only", "ON")
            connection.pragma("temp_store", "MEMORY")
        except apsw.Error as error:
            raise Unavailable(f"{store} store: expected a database in the house folder, got none") from error
        self._connections[store] = connection
        return connection

    def close(self) -> None:
        """Close the files."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
