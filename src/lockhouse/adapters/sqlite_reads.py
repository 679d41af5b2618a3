"""`Reads` for every process but the writer: the standard library's sqlite3, read-only.

`mode=ro` is a promise to the file, not a habit: SQLite before 3.51.3 may corrupt a WAL database when a second
connection checkpoints or writes, and a closing read-write connection checkpoints. Reads are autocommit and short,
since one long reader keeps the log from being emptied and destroyed keys in it.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from lockhouse.adapters.sqlite_sql import STATEMENTS_KEPT, SqlReads

if TYPE_CHECKING:
    from pathlib import Path

_BUSY_S = 1.0


class SqliteReads(SqlReads):
    """Committed rows of a house folder. Must not live in a process that opens the files with apsw."""

    error = sqlite3.Error

    def _connect(self, file: Path) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quote(str(file))}?mode=ro",
            uri=True,
            isolation_level=None,
            timeout=_BUSY_S,
            cached_statements=STATEMENTS_KEPT,
            check_same_thread=False,
        )
