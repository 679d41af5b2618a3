"""The two databases of a house, open for writing by one writer: the shelf under the engine of every store.

Each store has its own connection and its own transaction, identity first. The engine is not asynchronous and asyncpg
is: a loop of the shelf's own runs one question at a time, so it must be opened and used in one thread.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lockhouse.adapters.postgres.link import AWAY, WRITER_LOCK, away, connect, is_refused
from lockhouse.adapters.postgres.schema import require_schema
from lockhouse.adapters.postgres.sql import (
    COUNT_SQL,
    PLACE_SQL,
    delete_sql,
    get_sql,
    put_sql,
    takes,
    turned,
)
from lockhouse.adapters.sql import LANES_SQL, columns
from lockhouse.adapters.tables import STORES, Shape, Values, shapes
from lockhouse.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from lockhouse.adapters.group_commit.shelf import Effects
    from lockhouse.adapters.postgres.link import Places
    from lockhouse.model.change import KeyTuple
    from lockhouse.model.rows import Store


class PostgresShelf:
    """`Shelf` over two databases that nobody else writes, for as long as both connections stand."""

    def __init__(self, places: Places) -> None:
        """Take both.

        Raises:
            Unavailable: one is away, has another writer, or its schema is not this release's.
            Tampered: one defines something that this release does not make.
        """
        self._loop = asyncio.new_event_loop()
        self._connections: dict[Store, Any] = {}
        try:
            for store in STORES:
                self._connections[store] = self._run(_open(places, store))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let both go."""
        for connection in self._connections.values():
            connection.terminate()
        self._connections.clear()
        self._run(asyncio.sleep(0))  # a turn in which the connections' ends are noticed
        self._loop.close()

    def _run(self, asked: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(asked)

    def _all(self, shape: Shape, sql: str, *values: Any) -> list[Values]:
        try:
            return [tuple(row) for row in self._run(self._connections[shape.store].fetch(sql, *values))]
        except AWAY as error:
            raise away(shape.store, error) from error

    def load(self, table: str, keys: Iterable[KeyTuple]) -> dict[KeyTuple, Values]:
        """The committed rows with these keys, in one read."""
        shape = shapes()[table]
        asked = [key for key in keys if takes(shape, shape.key, key)]
        if not asked:
            return {}
        return {shape.key_of(values): values for values in self._all(shape, get_sql(shape.row), *turned(asked))}

    def apply(self, store: Store, effects: Effects) -> None:
        """Write all of it in one durable transaction, or nothing.

        Raises:
            Invalid: a value that its column does not take.
            Unavailable: the database could not be written; where the answer was lost, all of it may stand.
        """
        try:
            self._run(_write(self._connections[store], effects))
        except AWAY as error:
            if is_refused(error):
                raise Invalid("row", "values that their columns take", got=type(error).__name__) from error
            raise away(store, error) from error

    def rows(self, table: str) -> list[Values]:
        """A whole small table."""
        shape = shapes()[table]
        return self._all(shape, f"SELECT {columns(shape)} FROM {table}")  # noqa: S608  # names come from our own classes

    def unplaced(self) -> list[Values]:
        """Ledger entries without a position, in the order of their lanes."""
        return self._entries("position IS NULL ORDER BY at, lane, counter")

    def entries_at(self, lane: str, counter: int) -> list[Values]:
        """Ledger entries with this place in a lane."""
        return self._entries("lane = $1 AND counter = $2", lane, counter)

    def entries_from(self, position: int) -> list[Values]:
        """Ledger entries from this position on, in order."""
        return self._entries("position >= $1 ORDER BY position", position)

    def _entries(self, where: str, *values: Any) -> list[Values]:
        shape = shapes()["ledger_entry"]
        return self._all(shape, f"SELECT {columns(shape)} FROM ledger_entry WHERE {where}", *values)  # noqa: S608  # as above

    def count_from(self, position: int) -> int:
        """How many ledger entries stand from this position on, or have none that a tree has."""
        sql = "SELECT count(*) FROM ledger_entry WHERE position >= $1 OR position IS NULL OR position < 0"
        [(found,)] = self._all(shapes()["ledger_entry"], sql, position)
        return int(found)

    def lanes(self) -> set[str]:
        """Every lane that an entry names: from one to the next along the index, not over all entries."""
        return {name for (name,) in self._all(shapes()["ledger_entry"], LANES_SQL)}

    def checkpoint_size(self, size: int) -> int:
        """The size of the newest checkpoint up to this size."""
        sql = "SELECT coalesce(max(size), 0) FROM checkpoint WHERE size BETWEEN 1 AND $1"
        [(found,)] = self._all(shapes()["checkpoint"], sql, size)
        return int(found)

    def scrub(self) -> bool:
        """Refuse: what a server keeps of a deleted row is not a client's to empty.

        A destroyed key stays in `pg_wal` also after `VACUUM FULL` and a new segment, in replicas and in archives, until
        they are recycled. It ends with the root key's generation that it lies under (docs/adr/0045-*.md).

        Raises:
            Unavailable: always.
        """
        raise Unavailable("scrub: expected a log that its writer can empty, got that of a PostgreSQL server")


async def _open(places: Places, store: Store) -> Any:
    connection = await connect(places, store)
    try:
        await require_schema(connection, store)
        alone = await connection.fetchval("SELECT pg_try_advisory_lock($1)", WRITER_LOCK)
    except AWAY as error:
        connection.terminate()
        raise away(store, error) from error
    except BaseException:
        connection.terminate()
        raise
    if not alone:
        connection.terminate()
        raise Unavailable(f"{store} store: expected to be its only writer, got another", hint="stop the other one")
    return connection


async def _write(connection: Any, effects: Effects) -> None:
    async with connection.transaction():
        for table, rows in effects.rows.items():
            await _write_table(connection, shapes()[table], rows)
        if effects.counts:
            counts = [(*key, *count) for key, count in effects.counts.items()]
            await connection.execute(COUNT_SQL, *turned(counts))
        if effects.positions:
            await connection.execute(PLACE_SQL, *turned(effects.positions))


async def _write_table(connection: Any, shape: Shape, rows: dict[KeyTuple, Values | None]) -> None:
    gone = [key for key, values in rows.items() if values is None and takes(shape, shape.key, key)]
    puts = [values for values in rows.values() if values is not None]
    if not shape.append:  # neighbours in the tree are written one after the other, and everybody locks in one order
        puts.sort(key=shape.order_of)
    if gone:
        await connection.execute(delete_sql(shape.row), *turned(gone))
    if puts:
        await connection.execute(put_sql(shape.row), *turned(puts))
