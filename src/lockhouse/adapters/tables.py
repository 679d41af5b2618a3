"""What the row classes say about their tables, worked out once: columns, keys, and which look-ups are allowed.

Every adapter derives its statements from these shapes, so that a look-up that one store allows is allowed, and
ordered the same, in every other.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from lockhouse.errors import Invalid
from lockhouse.model.rows import Row, Store, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockhouse.model.change import KeyTuple

Values = tuple[Any, ...]
"""A row as plain values, in the order of its class's fields."""

STORES: tuple[Store, Store] = ("identity", "record")
FILES: dict[Store, str] = {"identity": "identity.db", "record": "record.db"}
"""The file of each store inside the house folder."""
LOCK_FILE = "writer.lock"
"""Held by whoever writes or migrates the files beside it."""

_KINDS: dict[type, str] = {bytes: "BLOB", int: "INTEGER", str: "TEXT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `kind` is `BLOB`, `INTEGER` or `TEXT`."""

    name: str
    kind: str
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One table as its row class defines it.

    Attributes:
        at: the position of each column.
        key_of: a row's values to its key tuple.
        order_of: a row's values to what it is sorted by: its key, with an absent value before all others.
    """

    row: type[Row]
    name: str
    store: Store
    columns: tuple[Column, ...]
    at: dict[str, int]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]
    append: bool
    key_of: Callable[[Values], KeyTuple]
    order_of: Callable[[Values], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a `find` reaches its rows.

    Attributes:
        by: the columns that are compared.
        order: the columns it is ordered by: the index, then what is left of the key.
        after_columns: what `after` is compared with: the key, or the whole order.
    """

    shape: Shape
    by: tuple[str, ...]
    order: tuple[str, ...]
    after_columns: tuple[str, ...] = ()


@cache
def shapes() -> dict[str, Shape]:
    """Every table's shape by its name."""
    return {name: _shape(row) for name, row in tables().items()}


@cache
def shape_of(row: type[Row]) -> Shape:
    """The shape of one row class."""
    return shapes()[row.TABLE]


def _shape(row: type[Row]) -> Shape:
    names = row.__struct_fields__
    hints = typing.get_type_hints(row)
    at = {name: place for place, name in enumerate(names)}
    columns = tuple(_column(name, hints[name]) for name in names)
    key_of = _picker(tuple(at[name] for name in row.KEY))
    may_lack = any(columns[at[name]].nullable for name in row.KEY)
    return Shape(
        row=row,
        name=row.TABLE,
        store=row.STORE,
        columns=columns,
        at=at,
        key=row.KEY,
        indexes=row.INDEXES,
        append=row.APPEND,
        key_of=key_of,
        order_of=(lambda values: ordered(key_of(values))) if may_lack else key_of,
    )


def _column(name: str, hint: Any) -> Column:
    options = typing.get_args(hint) or (hint,)
    [kind] = [option for option in options if option is not type(None)]
    return Column(name=name, kind=_KINDS[kind], nullable=type(None) in options)


def _picker(places: tuple[int, ...]) -> Callable[[Values], KeyTuple]:
    # In C: a writer takes the key of every row it is given. A slice of a tuple is a tuple, also of one.
    first = places[0]
    return itemgetter(slice(first, first + 1)) if len(places) == 1 else itemgetter(*places)


def path(row: type[Row], by: Sequence[str], *, count: int, after: KeyTuple | None) -> Way:
    """Check that a `find` can walk a key or an index, and say in which order it does.

    `count` is how many values are asked for. `after` may be a key, or the whole of (index columns, rest of the
    key). A key alone says where to go on only when nothing but the key is left to order by: one value, and every
    other index column given in `by`.

    Raises:
        Invalid: `by` is no prefix of the key or of a declared index, or `after` cannot be placed.
    """
    found = _plain_path(row, tuple(by))
    if after is None:
        return found
    if None in after:
        raise Invalid(f"find {found.shape.name}", "after without an absent value", got="one")
    shape = found.shape
    settled = all(name in found.by or name in shape.key for name in found.order)
    if len(after) == len(shape.key) and (found.order == shape.key or (settled and count == 1)):
        return _with_after(found, shape.key)
    if len(after) == len(found.order):
        return _with_after(found, found.order)
    raise Invalid(
        f"find {shape.name}",
        f"after to be a key with one value, or ({', '.join(found.order)})",
        got=f"{len(after)} columns and {count} values",
    )


@cache
def _plain_path(row: type[Row], by: tuple[str, ...]) -> Way:
    shape = shape_of(row)
    for columns in (shape.key, *shape.indexes):
        if by and columns[: len(by)] == by:
            rest = tuple(name for name in shape.key if name not in columns)
            return Way(shape=shape, by=by, order=columns + rest)
    raise Invalid(f"find {shape.name}", "columns that begin its key or one of its indexes", got=", ".join(by) or "none")


@cache
def _after(row: type[Row], by: tuple[str, ...], columns: tuple[str, ...]) -> Way:
    plain = _plain_path(row, by)
    return Way(shape=plain.shape, by=by, order=plain.order, after_columns=columns)


def _with_after(found: Way, columns: tuple[str, ...]) -> Way:
    return _after(found.shape.row, found.by, columns)


def check_key(shape: Shape, key: KeyTuple, *, where: str) -> None:
    """Raise `Invalid` unless a tuple has as many columns as the table's key."""
    if len(key) != len(shape.key):
        raise Invalid(f"{where} {shape.name}", f"a key of {len(shape.key)} columns", got=str(len(key)))


def in_order(value: Any) -> tuple[bool, Any]:
    """A sort key that puts an absent value first, as SQLite does; bytes, text and numbers compare as there."""
    return (value is not None, value)


def ordered(values: KeyTuple) -> tuple[tuple[bool, Any], ...]:
    """`in_order` for a whole tuple."""
    return tuple([in_order(value) for value in values])
