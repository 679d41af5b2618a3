"""The schema of both stores and the way from one to the next.

A fresh file is made by what `freeze` wrote down of the row classes, and stamped with the newest version; an older one
is brought there by Alembic. Both run with the standard library's sqlite3, so only in a process that does not write:
before the writer starts, under its lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "0018"
"""The schema version this release reads and writes; the writer refuses another."""
UNREADABLE = "keep the files as they are, and bring the house back: lockhouse backup restore DIR --to NEW"
"""What to do about a file that is no store's any more."""


def lost(file: Path) -> Unavailable:
    """What is to be said of a store's file that is not in the house folder any more."""
    return Unavailable(f"{file.stem} store: expected a database in the house folder, got none", hint=UNREADABLE)


def emptied(file: Path) -> Unavailable:
    """What is to be said of a database in which no store ever was, or is any more."""
    return Unavailable(f"{file.stem} store: expected the tables of a house, got an empty database", hint=UNREADABLE)
