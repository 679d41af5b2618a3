"""What every row is: a frozen value that names its table, store, key and indexes once; and what it may hold.

A row without a MAC says of its numbers in which range they lie, and of ids how long they are. Nothing is checked when a
row is made or read: who shows a row or works with it asks `gates.authority.sound`, and who audits or sweeps takes rows
as they stand.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

MAX_AT_MS = 253_402_300_799_999
"""The last millisecond of the year 9999, behind which Python has no date."""
Whole = Annotated[int, msgspec.Meta(ge=0)]
"""A name's number, a version, a generation, a count."""
At = Annotated[int, msgspec.Meta(ge=0, le=MAX_AT_MS)]
"""A time in ms."""
U16 = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
"""What stands in a box's directory in 16 bits: a compartment, an epoch."""
OneOfThree = Annotated[int, msgspec.Meta(ge=1, le=3)]
"""An assurance, a proof."""
Sixteen = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
"""An id, a salt."""
ThirtyTwo = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
"""A tag."""
State = Annotated[int, msgspec.Meta(ge=0, le=2)]
"""A `KeyState`."""

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
