"""SQLite's statements, derived from the shapes; and reads over whatever runs them.

Look-ups of many keys join a list of values with the table, the list outermost by `CROSS JOIN`: left to itself the
planner may scan the table instead, 7,000 times slower (docs/design/stores.md). Lists are cut into a few fixed
lengths, so that prepared statements serve every call.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from lockhouse.adapters.migrations import emptied, lost
from lockhouse.adapters.sql import columns, names
from lockhouse.adapters.tables import FILES, Shape, Values, Way, check_key, ordered, path, shape_of
from lockhouse.errors import Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
    from pathlib import Path

    from lockhouse.model.change import KeyTuple
    from lockhouse.model.ports import RowT
    from lockhouse.model.rows import Row, Store

LENGTHS = (256, 128, 64, 32, 16, 8, 4, 2, 1)
"""How many keys one statement asks for: a list of 27 is four statements."""
STATEMENTS_KEPT = 256
"""Prepared statements a connection keeps: every length of every look-up that a process makes."""
COUNT_SQL = (
    "INSERT INTO drop_count (channel, path, reason, count, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (channel, path, reason) DO UPDATE SET count = count + excluded.count, "
    "first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)"
)
_UNDECODED = "Could not decode to UTF-8"
"""How the standard library's sqlite3 says it; apsw raises the codec's own error."""
_NO_LIMIT = -1
"""What SQLite reads as no limit."""
PLACE_SQL = "UPDATE ledger_entry SET position = ? WHERE id = ?"


@cache
def put_sql(row: type[Row]) -> str:
    """Insert a row or replace it in place, keeping the row id of an appended one."""
    shape = shape_of(row)
    marks = ", ".join("?" * len(shape.columns))
    rest = [column.name for column in shape.columns if column.name not in shape.key]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in rest)
    act = f"UPDATE SET {sets}" if rest else "NOTHING"
    return (
        f"INSERT INTO {shape.name} ({columns(shape)}) VALUES ({marks}) "  # noqa: S608  # names come from our own classes
        f"ON CONFLICT ({names(shape.key)}) DO {act}"
    )


@cache
def delete_sql(row: type[Row]) -> str:
    """Delete by key."""
    shape = shape_of(row)
    where = " AND ".join(f'"{name}" = ?' for name in shape.key)
    return f"DELETE FROM {shape.name} WHERE {where}"  # noqa: S608  # as above


@cache
def get_sql(row: type[Row], length: int) -> str:
    """Rows by `length` whole keys."""
    return _joined(shape_of(row), shape_of(row).key, length)


def _joined(shape: Shape, by: tuple[str, ...], length: int) -> str:
    if length == 1:
        where = " AND ".join(f't."{name}" {_equals(shape, name)} ?' for name in by)
        return f"SELECT {columns(shape, of='t.')} FROM {shape.name} AS t WHERE {where}"  # noqa: S608  # as above
    wanted = ", ".join(f"k{place}" for place in range(len(by)))
    one = "(" + ", ".join("?" * len(by)) + ")"
    on = " AND ".join(f't."{name}" {_equals(shape, name)} k{place}' for place, name in enumerate(by))
    return (
        f"WITH wanted ({wanted}) AS (VALUES {', '.join([one] * length)}) "  # noqa: S608  # as above
        f"SELECT {columns(shape, of='t.')} FROM wanted CROSS JOIN {shape.name} AS t ON {on} WHERE 1"
    )


def _equals(shape: Shape, name: str) -> str:
    return "IS" if shape.columns[shape.at[name]].nullable else "="


@cache
def find_sql(row: type[Row], by: tuple[str, ...], after: tuple[str, ...], length: int) -> str:
    """Rows by `length` values of `by`, in order, after a tuple if `after` names its columns, up to a limit."""
    way = path(row, by, count=1, after=None)
    more = f" AND ({names(after, of='t.')}) > ({', '.join('?' * len(after))})" if after else ""
    return f"{_joined(way.shape, by, length)}{more} ORDER BY {names(way.order, of='t.')} LIMIT ?"


@cache
def scan_sql(row: type[Row], *, first: bool) -> str:
    """A chunk of the whole table: `seq` and the row for an appended one, else the row."""
    shape = shape_of(row)
    order = ("seq",) if shape.append else shape.key
    head = "seq, " if shape.append else ""
    where = "" if first else f" WHERE ({names(order)}) > ({', '.join('?' * len(order))})"
    return f"SELECT {head}{columns(shape)} FROM {shape.name}{where} ORDER BY {names(order)} LIMIT ?"  # noqa: S608  # as above


def cut(keys: Sequence[KeyTuple]) -> Iterator[Sequence[KeyTuple]]:
    """The keys in parts whose lengths are all in `LENGTHS`."""
    start = 0
    for length in LENGTHS:
        while len(keys) - start >= length:
            yield keys[start : start + length]
            start += length


def flat(keys: Sequence[KeyTuple]) -> tuple[Any, ...]:
    """The values of all keys, one after the other, as parameters."""
    return tuple([value for key in keys for value in key])


def not_text(shape: Shape) -> Tampered:
    """What is to be said of a row whose text is none: SQL can write such a thing, and this house never does."""
    return Tampered(
        f"{shape.name}: expected text in UTF-8, got other bytes",
        hint=f"look through {shape.name} in {FILES[shape.store]}; keep a copy as evidence, then put its row right or "
        "restore a backup",
    )


def _unreadable(store: Store, error: Exception) -> Unavailable:
    return Unavailable(f"{store} store: expected a readable database, got {type(error).__name__}")


class Connection(Protocol):
    """What SQLite's libraries for Python have in common."""

    def execute(self, statement: str, parameters: tuple[Any, ...] = ..., /) -> Iterable[Any]:
        """The rows of one statement."""
        ...

    def close(self) -> None:
        """Let the file go."""
        ...


class SqlReads(ABC):
    """`Reads` over a library. Reads run in the caller's thread: at tens of µs a hop to another would cost more.

    Attributes:
        error: what the library raises.
    """

    error: ClassVar[type[Exception]]

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connections: dict[Store, Connection] = {}

    @abstractmethod
    def _connect(self, file: Path) -> Connection:
        """Open a store's file for reading, in autocommit."""

    def _open(self, store: Store) -> Connection:
        file = self._folder / FILES[store]
        try:
            connection = self._connect(file)
            connection.execute("PRAGMA query_only = ON")
            connection.execute("PRAGMA temp_store = MEMORY")  # sorted rows never reach a temporary file
            tables = list(connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1"))
        except self.error as error:
            raise _unreadable(store, error) if file.exists() else lost(file) from error
        if not tables:
            connection.close()
            raise emptied(file)
        self._connections[store] = connection
        return connection

    def _ask(self, shape: Shape, statements: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Values]:
        """All rows of a table, statement after statement, of one state of the store."""
        store = shape.store
        connection = self._connections.get(store) or self._open(store)
        try:
            if len(statements) == 1:
                return list(connection.execute(*statements[0]))
            connection.execute("BEGIN")
            try:
                return [row for statement in statements for row in connection.execute(*statement)]
            finally:
                connection.execute("COMMIT")
        except (self.error, UnicodeDecodeError) as error:
            if isinstance(error, UnicodeDecodeError) or _UNDECODED in str(error):
                raise not_text(shape) from error
            raise _unreadable(store, error) from error

    def close(self) -> None:
        """Close the files."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    async def get(self, row: type[RowT], keys: Sequence[KeyTuple]) -> dict[KeyTuple, RowT]:
        """The rows with these keys; absent ones are left out.

        Raises:
            Invalid: a tuple that is no key.
            Unavailable: the store is away.
        """
        shape = shape_of(row)
        for key in keys:
            check_key(shape, key, where="get")
        asked = [(get_sql(row, len(part)), flat(part)) for part in cut(list(dict.fromkeys(keys)))]
        key_of = shape.key_of
        return {key_of(values): row(*values) for values in self._ask(shape, asked)} if asked else {}

    async def find(
        self,
        row: type[RowT],
        by: Sequence[str],
        values: Sequence[KeyTuple],
        *,
        after: KeyTuple | None = None,
        limit: int | None = None,
    ) -> list[RowT]:
        """Rows whose columns `by` equal one of `values`, ordered and paged as the port says.

        Raises:
            Invalid: `by` is no way into the table, or `after` cannot be placed.
            Unavailable: the store is away.
        """
        asked = sorted(set(values), key=ordered)
        way = path(row, by, count=len(asked), after=after)
        # Appended rows are big and many a value: one value at a time stops at the limit without sorting.
        parts = cut(asked) if not way.shape.append else ([value] for value in asked)
        found: list[RowT] = []
        for part in parts:
            left = _NO_LIMIT if limit is None else limit - len(found)
            found.extend(row(*r) for r in self._part(way, part, after=after or (), limit=left))
            if limit is not None and len(found) >= limit:
                break
        return found

    def _part(self, way: Way, part: Sequence[KeyTuple], *, after: KeyTuple, limit: int) -> list[Values]:
        statement = find_sql(way.shape.row, way.by, way.after_columns, len(part))
        return self._ask(way.shape, ((statement, (*flat(part), *after, limit)),))

    async def scan(self, row: type[RowT], *, chunk: int = 1_000) -> AsyncIterator[list[RowT]]:
        """The whole table in key order, or arrival order for appended rows; each chunk is its own short read.

        Between two of them the event loop has a turn.

        Raises:
            Unavailable: the store is away.
        """
        shape = shape_of(row)
        skip = 1 if shape.append else 0
        last: KeyTuple = ()
        while True:
            statement = scan_sql(row, first=not last)
            found = self._ask(shape, ((statement, (*last, chunk)),))
            if not found:
                return
            last = found[-1][:1] if shape.append else shape.key_of(found[-1])
            yield [row(*values[skip:]) for values in found]
            if len(found) == chunk:
                await asyncio.sleep(0)  # nothing here waits: over a long table no beat of the process would go out
