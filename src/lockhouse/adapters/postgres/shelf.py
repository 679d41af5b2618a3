"""The two databases of a house, open for writing beside others: a shelf under the engine that every store has.

Each store has its own connection and its own transaction, identity first. Whoever writes a store takes its turn: one
advisory lock for the time of one transaction, in which the engine reads, judges and writes. The server itself ends the
session of a writer that stands still in its turn, so that nobody waits for it, and that of a sequencer that says
nothing: a lease by the server's clock, which who wakes up late cannot overlook, since its connection is gone.

The engine is not asynchronous and asyncpg is: a loop of the shelf's own runs one question at a time, so it must be
opened and used in one thread.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar

import asyncpg

from lockhouse.adapters.group_commit.shelf import LateError
from lockhouse.adapters.postgres.link import AWAY, WRITER_LOCK, away, connect, is_lost, is_refused
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
    from collections.abc import Coroutine, Iterable, Iterator

    from lockhouse.adapters.group_commit.shelf import Effects
    from lockhouse.adapters.postgres.link import Places
    from lockhouse.model.change import KeyTuple
    from lockhouse.model.rows import Store


TURN_LOCK = WRITER_LOCK + 1
"""Held by whoever writes a store, for one transaction."""
SEQUENCER_LOCK = WRITER_LOCK + 2
"""Held by the writer that folds, as long as its session with the record store lasts."""
STALL_MS = 1_000
"""How long a writer may stand still in its turn."""
TURN_MS = 5_000
"""How long one waits for a turn: several groups of many other writers."""
SILENT_MS = 5_000
"""How long a sequencer may say nothing; a writer asks for its epochs every half second."""
_LIMITS = {"idle_in_transaction_session_timeout": str(STALL_MS), "lock_timeout": str(TURN_MS)}
_BEGIN = f"BEGIN; SELECT pg_advisory_xact_lock({TURN_LOCK})"
_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_IN_TIME = "SELECT 1 / (extract(epoch FROM clock_timestamp()) * 1000 <= {deadline})::int; "
"""Fails after the deadline: it travels with the COMMIT, so that nothing can stand still between the two."""


class PostgresShelf:
    """`Shelf` over two databases. A connection that was lost is opened again when it is needed."""

    is_shared: ClassVar[bool] = True

    def __init__(self, places: Places) -> None:
        """Reach both.

        Raises:
            Unavailable: one is away or is being migrated, or its schema is not this release's.
            Tampered: one defines something that this release does not make.
        """
        self._places = places
        self._loop = asyncio.new_event_loop()
        self._connections: dict[Store, Any] = {}
        self._term = 0
        self._terms = 0
        try:
            for store in STORES:
                self._connection(store)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let both go; what this writer held is free when the server has noticed."""
        for connection in self._connections.values():
            with suppress(*AWAY):
                self._run(connection.close(timeout=1.0))
        self._connections.clear()
        self._loop.close()

    def _connection(self, store: Store) -> Any:
        connection = self._connections.get(store)
        if connection is None or connection.is_closed():
            if store == "record":
                self._term = 0  # the lock went with the session
            connection = self._connections[store] = self._run(_open(self._places, store))
        return connection

    def _run(self, asked: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(asked)

    def _all(self, shape: Shape, sql: str, *values: Any) -> list[Values]:
        connection = self._connection(shape.store)
        try:
            return [tuple(row) for row in self._run(connection.fetch(sql, *values))]
        except AWAY as error:
            raise _away(shape.store, connection, error) from error

    @contextmanager
    def turn(self, store: Store) -> Iterator[int]:
        """Within it nobody else writes the store; gives the server's time in ms.

        Raises:
            Unavailable: the store is away, or others kept it busy for too long.
        """
        connection = self._begun(store)
        try:
            try:
                now = self._run(connection.fetchval(_NOW))
            except AWAY as error:
                raise _away(store, connection, error) from error
            yield now
        finally:
            self._leave(connection)

    def _begun(self, store: Store) -> Any:
        """A connection in a turn. One that the server ended while it rested is found out here, and opened again."""
        for is_last in (False, True):
            connection = self._connection(store)
            try:
                self._run(connection.execute(_BEGIN))
            except AWAY as error:
                fault = _away(store, connection, error)
                self._leave(connection)
                if is_last or not connection.is_closed():
                    raise fault from error
            else:
                break
        return connection

    def _leave(self, connection: Any) -> None:
        """Take back what was not committed; a session that cannot say so ends."""
        if connection.is_closed() or not connection.is_in_transaction():
            return
        try:
            self._run(connection.execute("ROLLBACK"))
        except AWAY:
            connection.terminate()

    def term(self) -> int:
        """Whether this writer is the sequencer: each session that comes to be it has another number, 0 says no.

        Raises:
            Unavailable: the record store is away.
        """
        connection = self._connection("record")
        if not self._term:
            try:
                if self._run(connection.fetchval("SELECT pg_try_advisory_lock($1)", SEQUENCER_LOCK)):
                    self._terms += 1
                    self._term = self._terms
            except AWAY as error:
                raise _away("record", connection, error) from error
        return self._term

    def epochs(self) -> tuple[int, int]:
        """The policy and key epochs as they are now; zeros before there is a house.

        Raises:
            Unavailable: the record store is away.
        """
        found = self._all(shapes()["house"], "SELECT policy_epoch, key_epoch FROM house WHERE one = 1")
        return (int(found[0][0]), int(found[0][1])) if found else (0, 0)

    def load(self, table: str, keys: Iterable[KeyTuple]) -> dict[KeyTuple, Values]:
        """The committed rows with these keys, in one read."""
        shape = shapes()[table]
        asked = [key for key in keys if takes(shape, shape.key, key)]
        if not asked:
            return {}
        return {shape.key_of(values): values for values in self._all(shape, get_sql(shape.row), *turned(asked))}

    def apply(self, store: Store, effects: Effects) -> None:
        """Write all of it, durably, or nothing; ends the turn.

        Raises:
            Invalid: a value that its column does not take.
            LateError: by the server's clock the deadline is over.
            Unavailable: the database could not be written; where the answer was lost, all of it may stand.
        """
        check = _IN_TIME.format(deadline=effects.deadline) if effects.deadline else ""
        connection = self._connections[store]
        try:
            self._run(_write(connection, effects))
            done = self._run(connection.execute(f"{check}COMMIT"))
        except asyncpg.DivisionByZeroError as error:
            raise LateError from error
        except AWAY as error:
            if is_refused(error):
                raise Invalid("row", "values that their columns take", got=type(error).__name__) from error
            raise _away(store, connection, error) from error
        if done != "COMMIT":
            raise Unavailable(f"{store} store: expected a commit, got another answer")

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


def _away(store: Store, connection: Any, error: Exception) -> Unavailable:
    if is_lost(error):
        connection.terminate()
    return away(store, error)


async def _open(places: Places, store: Store) -> Any:
    limits = {**_LIMITS, "idle_session_timeout": str(SILENT_MS)} if store == "record" else _LIMITS
    connection = await connect(places, store, **limits)
    try:
        await require_schema(connection, store)
        welcome = await connection.fetchval("SELECT pg_try_advisory_lock_shared($1)", WRITER_LOCK)
    except AWAY as error:
        connection.terminate()
        raise away(store, error) from error
    except BaseException:
        connection.terminate()
        raise
    if not welcome:
        connection.terminate()
        raise Unavailable(f"{store} store: expected to be let in, got a migration under way", retry_after_s=5.0)
    return connection


async def _write(connection: Any, effects: Effects) -> None:
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
