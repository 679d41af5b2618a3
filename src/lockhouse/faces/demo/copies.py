"""Copies of a house's files, as a backup tool or a thief makes them: consistent, and blind to what is in them."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

IDENTITY: Final = "identity.db"
RECORD: Final = "record.db"
REST: Final = ("lockhouse.toml", "policy.yaml", "destroyed.jsonl", "checkpoints.jsonl", "checkpoints.line")


def copy_store(house: Path, name: str, to: Path) -> None:
    """One store of a running house, as it stands at one moment, into another folder."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(f"file:{house / name}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to / name)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=WAL")


def copy_rest(house: Path, to: Path) -> None:
    """The house's settings, journal and checkpoints beside copied stores: with its root key, elsewhere, it opens."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in REST:
        if (house / name).is_file():
            shutil.copy2(house / name, to)


def copy_house(house: Path, to: Path) -> Path:
    """All of a house; where it stands."""
    copy_rest(house, to)
    for name in (IDENTITY, RECORD):
        copy_store(house, name, to)
    return to


def first_row(store: Path, query: str) -> Any:
    """The first row of an answer, as whoever has the file reads it."""
    with closing(sqlite3.connect(store)) as database:
        return database.execute(query).fetchone()


def execute(store: Path, statement: str, values: Sequence[object]) -> int:
    """What anyone with the file and a database tool can do; how many rows it touched."""
    with closing(sqlite3.connect(store)) as database, database:
        return database.execute(statement, values).rowcount
