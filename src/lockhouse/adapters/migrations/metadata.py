"""SQLAlchemy's picture of both stores, derived from the row classes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from lockhouse.adapters.tables import Column, Shape, shapes

if TYPE_CHECKING:
    from lockhouse.model.rows import Store

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "BLOB": sa.LargeBinary(),
    "INTEGER": sa.Integer().with_variant(sa.BigInteger(), "postgresql"),
    "TEXT": sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
}
"""By kind. On PostgreSQL numbers have 64 bits, as SQLite's have, and text is ordered by its bytes."""


@cache
def metadata(store: Store) -> sa.MetaData:
    """Tables and indexes of one store.

    On SQLite STRICT, so that a value of the wrong kind is refused by the file itself. WITHOUT ROWID but for appended
    rows: those hold blobs, which make clustered trees deep and slow (of half a million rings seven levels, where an
    index of their persons has three), and keep arrival order as their row id.
    """
    made = sa.MetaData()
    for shape in shapes().values():
        if shape.store == store:
            _table(made, shape)
    return made


def _table(made: sa.MetaData, shape: Shape) -> sa.Table:
    parts: list[sa.schema.SchemaItem] = [_column(column) for column in shape.columns]
    if shape.append:
        parts.insert(0, sa.Column("seq", _TYPES["INTEGER"], primary_key=True, autoincrement=False))
        parts.append(sa.UniqueConstraint(*shape.key))
    else:
        parts.append(sa.PrimaryKeyConstraint(*shape.key))
    table = sa.Table(shape.name, made, *parts, sqlite_strict=True, sqlite_with_rowid=shape.append)
    for index in shape.indexes:
        sa.Index(f"{shape.name}_{'_'.join(index)}", *[table.c[name] for name in index])
    return table


def _column(column: Column) -> sa.Column[Any]:
    return sa.Column(column.name, _TYPES[column.kind], nullable=column.nullable, autoincrement=False)
