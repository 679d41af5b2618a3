"""What a store's file must define, and nothing else: a trigger or a view planted by SQL would do its work unseen."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING

from lockhouse.adapters.migrations.newest import newest
from lockhouse.adapters.tables import FILES, STORES
from lockhouse.errors import Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lockhouse.model.rows import Store

SCHEMA = "SELECT type, name, sql FROM sqlite_schema"
"""Kind, name and text of everything that a file defines."""
_KINDS = ("trigger", "view", "index", "table")
_OURS = ("alembic_version", "sqlite_stat1", "sqlite_stat4")
"""Tables that stand beside those of the row classes: the schema's version, and what ANALYZE counts."""


def require_schema(store: Store, found: Iterable[tuple[str, str, str | None]]) -> None:
    """Return only if a file defines what this release makes of its store, and nothing besides.

    Args:
        store: which.
        found: rows of `SCHEMA`, as read from the file.

    Raises:
        Tampered: something was added, taken away or changed; what kind of thing is told, never its text.
    """
    seen = {_one(*row) for row in found if not _is_own(*row)}
    wrong = seen ^ _made(store)
    if wrong:
        kind = next((kind for kind in _KINDS if kind in {one[0] for one in wrong}), "thing of an unknown kind")
        raise Tampered(
            f"{FILES[store]}: expected the schema that this release makes, got another {kind}",
            hint="SELECT * FROM sqlite_schema shows it; keep a copy as evidence, then drop it or restore a backup",
        )


def require_schemas(folder: Path) -> None:
    """The same of both files of a house, of which nobody in this process has one open.

    Raises:
        Tampered: as `require_schema`.
        Unavailable: a file is no database, or half of one.
    """
    for store in STORES:
        file = folder / FILES[store]
        if file.exists():
            require_schema(store, _read(file))


def _read(file: Path) -> list[tuple[str, str, str | None]]:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(SCHEMA).fetchall()
    except sqlite3.Error as error:
        raise Unavailable(
            f"{file.name}: expected a readable database, got {type(error).__name__}",
            hint="keep the file as it is, and lockhouse backup restore DIR --to NEW",
        ) from error


def _one(kind: str, name: str, sql: str | None) -> tuple[str, str, str]:
    return kind, name, " ".join((sql or "").split())


def _is_own(kind: str, name: str, sql: str | None) -> bool:
    """What SQLite and Alembic make for themselves; an index that SQLite made for a key has no text."""
    return (kind == "table" and name in _OURS) or (kind == "index" and sql is None)


@lru_cache(maxsize=2)
def _made(store: Store) -> frozenset[tuple[str, str, str]]:
    made = set()
    for statement in newest(store):
        words = statement.split()
        made.add(_one(words[1].lower(), words[2], statement))
    return frozenset(made)
