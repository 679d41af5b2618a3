"""PostgreSQL's statements, derived from the shapes: each takes whole columns as arrays and serves any number of rows.

Text is compared byte by byte (its columns have the collation C) and an absent value comes first, as in the other
stores, so that every look-up is ordered alike everywhere.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from lockhouse.adapters.sql import columns, names
from lockhouse.adapters.tables import Shape, Values, path, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.model.rows import Row

TYPES = {"BLOB": "bytea", "INTEGER": "bigint", "TEXT": "text"}
COUNT_SQL = (
    "INSERT INTO drop_count AS had (channel, path, reason, count, first_at, last_at) SELECT * FROM "
    "unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) "
    "ON CONFLICT (channel, path, reason) DO UPDATE SET count = had.count + excluded.count, "
    "first_at = least(had.first_at, excluded.first_at), last_at = greatest(had.last_at, excluded.last_at)"
)
PLACE_SQL = (
    "UPDATE ledger_entry AS entry SET position = placed.position "
    "FROM unnest($1::bytea[], $2::bigint[]) AS placed (id, position) WHERE entry.id = placed.id"
)


def turned(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows as columns: the parameters of such a statement."""
    return list(zip(*rows, strict=True))


@cache
def put_sql(row: type[Row]) -> str:
    """Insert rows or replace them in place.

    An appended row is numbered behind the last there is, without a sequence: one writer has its turn at a time.
    """
    shape = shape_of(row)
    every = [column.name for column in shape.columns]
    rest = [name for name in every if name not in shape.key]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in rest)
    act = f"UPDATE SET {sets}" if rest else "NOTHING"
    seq = f"coalesce((SELECT max(seq) FROM {shape.name}), 0) + place_put, " if shape.append else ""  # noqa: S608  # own names
    return (
        f"INSERT INTO {shape.name} ({'seq, ' if shape.append else ''}{names(every)}) "  # noqa: S608  # from our own classes
        f"SELECT {seq}{names(every, of='put.')} FROM {_unnest(shape, every)} WITH ORDINALITY "
        f"AS put ({names(every)}, place_put) ON CONFLICT ({names(shape.key)}) DO {act}"
    )


@cache
def delete_sql(row: type[Row]) -> str:
    """Delete by keys."""
    shape = shape_of(row)
    return (
        f"DELETE FROM {shape.name} AS t USING {_unnest(shape, shape.key)} AS gone ({names(shape.key)}) "  # noqa: S608  # as above
        f"WHERE {_same(shape.key, 'gone')}"
    )


@cache
def get_sql(row: type[Row]) -> str:
    """Rows by whole keys."""
    shape = shape_of(row)
    return (
        f"SELECT {columns(shape, of='t.')} FROM {_unnest(shape, shape.key)} AS wanted ({names(shape.key)}) "  # noqa: S608  # as above
        f"JOIN {shape.name} AS t ON {_same(shape.key, 'wanted')}"
    )


@cache
def find_sql(row: type[Row], by: tuple[str, ...], absent: frozenset[str], after: tuple[str, ...]) -> str:
    """Rows by values of `by`, in order, after a tuple if `after` names its columns, up to a limit.

    Args:
        row: of which table.
        by: the columns of a declared way into it.
        absent: those of them that hold no value in any of the rows asked for: no join finds those.
        after: as above; its parameters follow the arrays, and the limit comes last.
    """
    way = path(row, by, count=1, after=None)
    shape = way.shape
    given = tuple(name for name in by if name not in absent)
    conditions = [f't."{name}" IS NULL' for name in by if name in absent]
    source = f"{shape.name} AS t"
    if given:
        source = f"{_unnest(shape, given)} AS wanted ({names(given)}) JOIN {source} ON {_same(given, 'wanted')}"
    if after:
        marks = ", ".join(f"${len(given) + n}::{_type(shape, name)}" for n, name in enumerate(after, 1))
        conditions.append(f"({names(after, of='t.')}) > ({marks})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = ", ".join(f't."{name}"{_nulls(shape, name)}' for name in way.order)
    limit = f"${len(given) + len(after) + 1}::bigint"
    return f"SELECT {columns(shape, of='t.')} FROM {source}{where} ORDER BY {order} LIMIT {limit}"  # noqa: S608  # as above


@cache
def scan_sql(row: type[Row], *, first: bool) -> str:
    """A chunk of the whole table: `seq` and the row for an appended one, else the row."""
    shape = shape_of(row)
    order = ("seq",) if shape.append else shape.key
    marks = ", ".join(f"${n}::{'bigint' if name == 'seq' else _type(shape, name)}" for n, name in enumerate(order, 1))
    head = "seq, " if shape.append else ""
    where = "" if first else f" WHERE ({names(order)}) > ({marks})"
    limit = f"${1 if first else len(order) + 1}::bigint"
    return f"SELECT {head}{columns(shape)} FROM {shape.name}{where} ORDER BY {names(order)} LIMIT {limit}"  # noqa: S608  # as above


def by_absence(by: Sequence[str], asked: Iterable[Values]) -> dict[frozenset[str], list[Values]]:
    """Values of `by` by which of them are absent, with those left out."""
    parts: dict[frozenset[str], list[Values]] = {}
    for values in asked:
        absent = frozenset(name for name, value in zip(by, values, strict=True) if value is None)
        parts.setdefault(absent, []).append(tuple(value for value in values if value is not None))
    return parts


def _type(shape: Shape, name: str) -> str:
    return TYPES[shape.columns[shape.at[name]].kind]


def _unnest(shape: Shape, some: Sequence[str]) -> str:
    return f"unnest({', '.join(f'${n}::{_type(shape, name)}[]' for n, name in enumerate(some, 1))})"


def _same(some: Sequence[str], other: str) -> str:
    return " AND ".join(f't."{name}" = {other}."{name}"' for name in some)


def _nulls(shape: Shape, name: str) -> str:
    return " NULLS FIRST" if shape.columns[shape.at[name]].nullable else ""


def takes(shape: Shape, some: Sequence[str], values: Sequence[Any]) -> bool:
    """Whether these columns can hold these values; where they cannot, no row does, and the server need not be asked."""
    return all(
        value is None or _takes(shape.columns[shape.at[name]].kind, value)
        for name, value in zip(some, values, strict=True)
    )


def _takes(kind: str, value: Any) -> bool:
    if kind == "INTEGER":
        return isinstance(value, int) and -(2**63) <= value < 2**63
    if kind == "BLOB":
        return isinstance(value, bytes)
    return isinstance(value, str) and "\x00" not in value and _is_text(value)


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
