"""What every row is: a frozen value that names its table, store, key and indexes once."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Store = Literal["identity", "record"]


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all rows; a subclass is one table."""

    TABLE: ClassVar[str] = ""
    STORE: ClassVar[Store] = "record"
    KEY: ClassVar[tuple[str, ...]] = ()
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = ()
    AUTHORITY: ClassVar[bool] = False
    APPEND: ClassVar[bool] = False
    """True for rows that come in arrival order and are seldom replaced: a rowid table in SQLite, `seq` its row id."""
