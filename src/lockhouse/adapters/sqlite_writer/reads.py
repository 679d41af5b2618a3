"""`Reads` beside a local writer: apsw, since the standard library's sqlite3 must not open the files here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

from lockhouse.adapters.sqlite_sql import STATEMENTS_KEPT, SqlReads

if TYPE_CHECKING:
    from pathlib import Path

_BUSY_MS = 1_000


class ApswReads(SqlReads):
    """Committed rows of a house folder whose writer lives in this process."""

    error = apsw.Error

    def _connect(self, file: Path) -> apsw.Connection:
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=STATEMENTS_KEPT)
        connection.set_busy_timeout(_BUSY_MS)
        return connection
