"""The schema of both stores and the way from one to the next.

A fresh file is made from the row classes and stamped with the newest version; an older one is brought there by
Alembic. Both run with the standard library's sqlite3, so only in a process that does not write: before the writer
starts, under its lock.
"""

from __future__ import annotations

HEAD = "0001"
"""The schema version this release reads and writes; the writer refuses another."""
