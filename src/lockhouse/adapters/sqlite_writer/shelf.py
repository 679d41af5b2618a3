"""The files of a house, open for writing: one lock, two connections, never ATTACHed.

One commit over two attached files was torn in 67 of 120 kills, so each store has its own connection and its own
transaction, identity first. Group commit makes full durability free, so `synchronous` is FULL, always.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from typing import TYPE_CHECKING, Any

import apsw

from lockhouse.adapters.durable import open_lock
from lockhouse.adapters.group_commit.shelf import SoleShelf
from lockhouse.adapters.migrations import HEAD, emptied, lost
from lockhouse.adapters.migrations.schema import SCHEMA, require_schema
from lockhouse.adapters.sql import LANES_SQL, columns
from lockhouse.adapters.sqlite_sql import (
    COUNT_SQL,
    PLACE_SQL,
    STATEMENTS_KEPT,
    cut,
    delete_sql,
    flat,
    get_sql,
    not_text,
    put_sql,
)
from lockhouse.adapters.sqlite_writer.mover import Mover
from lockhouse.adapters.tables import FILES, LOCK_FILE, STORES, Shape, Values, shapes
from lockhouse.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lockhouse.adapters.group_commit.shelf import Effects
    from lockhouse.model.change import KeyTuple
    from lockhouse.model.rows import Store

_HELD_S = 0.2
"""A command that is writing lets go soon, and a writer that starts listens soon."""
WAL_LIMIT_BYTES = 64 * 1024 * 1024
_PRAGMAS: tuple[tuple[str, str | int, str | int], ...] = (
    ("journal_mode", "wal", "wal"),
    ("synchronous", "FULL", 2),
    ("secure_delete", "ON", 1),
    ("temp_store", "MEMORY", 2),
    ("journal_size_limit", WAL_LIMIT_BYTES, WAL_LIMIT_BYTES),
    ("cache_size", -65_536, -65_536),
)
"""Name, value, and what it reads back as. Set one by one: apsw runs nothing behind a statement that returns rows."""
_CHECKPOINT_PAGES: dict[Store, int] = {"identity": 2_000, "record": 16_000}
"""How long a log grows before it is moved into its file. The record store's is long: the same pages of its indexes are
written by group after group, and moved once (a fifth more Changes a second). The identity store's is short: a scrub
waits for all of it, and an erasure for the scrub. Most of it was moved before that, see `mover`."""
_BUSY_MS = 2_000
_REFUSED_VALUES = (apsw.ConstraintError, apsw.MismatchError, OverflowError, TypeError, UnicodeEncodeError)


class SqliteShelf(SoleShelf):
    """`Shelf` over `identity.db` and `record.db` of a folder that nobody else writes.

    Attributes:
        was_cut_off: a writer before did not end in order, so its clients may still believe in it for a moment.
        failing: the stores whose last write failed.
    """

    def __init__(self, folder: Path) -> None:
        self._lock, self.was_cut_off = _lock(folder)
        self._connections: dict[Store, apsw.Connection] = {}
        self._mover: Mover | None = None
        self.failing: set[Store] = set()
        try:
            for store in STORES:
                self._connections[store] = _open(folder, store)
        except BaseException:
            self.close(in_order=not self.was_cut_off)
            raise
        self._mover = Mover(folder, self._connections)

    def load(self, table: str, keys: Iterable[KeyTuple]) -> dict[KeyTuple, Values]:
        """The committed rows with these keys.

        Raises:
            Tampered: as every read here, a text of the table is none in UTF-8.
        """
        shape = shapes()[table]
        return {
            shape.key_of(values): values
            for part in cut(list(keys))
            for values in self._all(shape, get_sql(shape.row, len(part)), flat(part))
        }

    def apply(self, store: Store, effects: Effects) -> None:
        """Write all of it in one durable transaction, or nothing.

        Raises:
            Invalid: a value that its column does not take.
            Unavailable: the file could not be written.
        """
        connection = self._connections[store]
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _write(connection, effects)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except _REFUSED_VALUES as error:
            raise Invalid("row", "values that their columns take", got=type(error).__name__) from error
        except apsw.Error as error:
            self.failing.add(store)
            raise Unavailable(f"{store} store: expected a writable database, got {type(error).__name__}") from error
        self.failing.discard(store)
        if self._mover is not None:
            self._mover.look(store)

    def rows(self, table: str) -> list[Values]:
        """A whole small table."""
        shape = shapes()[table]
        sql = f"SELECT {columns(shape)} FROM {table}"  # noqa: S608  # names come from our own classes
        return self._all(shape, sql)

    def unplaced(self) -> list[Values]:
        """Ledger entries without a position."""
        shape = shapes()["ledger_entry"]
        return self._all(shape, f"SELECT {columns(shape)} FROM ledger_entry WHERE position IS NULL")  # noqa: S608

    def entries_at(self, lane: str, counter: int) -> list[Values]:
        """Ledger entries with this place in a lane."""
        shape = shapes()["ledger_entry"]
        sql = f"SELECT {columns(shape)} FROM ledger_entry WHERE lane = ? AND counter = ?"  # noqa: S608  # as above
        return self._all(shape, sql, (lane, counter))

    def count_from(self, position: int) -> int:
        """How many ledger entries stand from this position on, or have none that a tree has."""
        sql = (
            "SELECT (SELECT count(*) FROM ledger_entry WHERE position >= ?)"
            " + (SELECT count(*) FROM ledger_entry WHERE position IS NULL)"
            " + (SELECT count(*) FROM ledger_entry WHERE position < 0)"
        )
        [(found,)] = self._all(shapes()["ledger_entry"], sql, (position,))
        return int(found)

    def lanes(self) -> set[str]:
        """Every lane that an entry names: from one to the next along the index, not over all entries."""
        return {name for (name,) in self._all(shapes()["ledger_entry"], LANES_SQL)}

    def entries_from(self, position: int) -> list[Values]:
        """Ledger entries from this position on, in order."""
        shape = shapes()["ledger_entry"]
        sql = f"SELECT {columns(shape)} FROM ledger_entry WHERE position >= ? ORDER BY position"  # noqa: S608  # as above
        return self._all(shape, sql, (position,))

    def checkpoint_size(self, size: int) -> int:
        """The size of the newest checkpoint up to this size."""
        sql = "SELECT coalesce(max(size), 0) FROM checkpoint WHERE size BETWEEN 1 AND ?"
        [(found,)] = self._all(shapes()["checkpoint"], sql, (size,))
        return int(found)

    def _all(self, shape: Shape, sql: str, values: tuple[Any, ...] = ()) -> list[Values]:
        try:
            return list(self._connections[shape.store].execute(sql, values))
        except UnicodeDecodeError as error:
            raise not_text(shape) from error
        except apsw.Error as error:
            raise _unreadable(shape.store, error) from error

    def scrub(self) -> bool:
        """Try once to move the identity store's log into its file and empty it; False while a reader is in the way.

        A destroyed key stays in the log until then, whatever `secure_delete` says.
        """
        connection = self._connections["identity"]
        connection.set_busy_timeout(0)
        try:
            [(busy, *_)] = list(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        except apsw.BusyError:
            return False
        finally:
            connection.set_busy_timeout(_BUSY_MS)
        return bool(busy == 0)

    def close(self, *, in_order: bool) -> None:
        """Close the files and give the folder free.

        Args:
            in_order: nobody still believes in this writer, nor in one before it that was cut off; without it the next
                one waits a lease before it answers that an ending is known everywhere.
        """
        if self._mover is not None:
            self._mover.close()
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        if self._lock >= 0:
            if in_order:
                os.pwrite(self._lock, b"shut", 0)
            os.close(self._lock)
            self._lock = -1


def _unreadable(store: Store, error: apsw.Error) -> Unavailable:
    return Unavailable(f"{store} store: expected a readable database, got {type(error).__name__}")


def _lock(folder: Path) -> tuple[int, bool]:
    lock = open_lock(folder / LOCK_FILE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise Unavailable(
            f"{LOCK_FILE}: expected to be the only writer of this house, got another that holds the lock",
            hint="a running house writes through its socket; stop it, or let the command reach it",
            retry_after_s=_HELD_S,
        ) from error
    was_cut_off = os.pread(lock, 4, 0) == b"open"
    os.pwrite(lock, b"open", 0)
    return lock, was_cut_off


def _open(folder: Path, store: Store) -> apsw.Connection:
    file = folder / FILES[store]
    try:
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE, statementcachesize=STATEMENTS_KEPT)
    except apsw.Error as error:
        raise lost(file) from error
    connection.set_busy_timeout(_BUSY_MS)
    _check_version(connection, file)
    try:
        require_schema(store, list(connection.execute(SCHEMA)))
    except BaseException:
        connection.close()
        raise
    pages = _CHECKPOINT_PAGES[store]
    for name, value, reads in (*_PRAGMAS, ("wal_autocheckpoint", pages, pages)):
        connection.pragma(name, value)
        if connection.pragma(name) != reads:
            connection.close()
            raise Unavailable(f"{file.name}: expected {name} to be {reads}, got another value")
    # The log stays when the last connection closes: a read-only reader cannot make one.
    yes = ctypes.c_int(1)
    connection.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, ctypes.addressof(yes))
    return connection


def _check_version(connection: apsw.Connection, file: Path) -> None:
    try:
        rows: list[Any] = list(connection.execute("SELECT version_num FROM alembic_version"))
    except apsw.SQLError:  # no such table
        rows = []
    except apsw.Error as error:
        connection.close()
        raise Unavailable(f"{file.name}: expected a readable database, got {type(error).__name__}") from error
    if not rows:
        connection.close()
        raise emptied(file)
    got = rows[0][0]
    if got != HEAD:
        connection.close()
        raise Unavailable(f"{file.name}: expected schema {HEAD}, got {got}", hint="lockhouse migrate")


def _write(connection: apsw.Connection, effects: Effects) -> None:
    known = shapes()
    cursor = connection.cursor()
    for table, rows in effects.rows.items():
        shape = known[table]
        gone = [key for key, values in rows.items() if values is None]
        puts = [values for values in rows.values() if values is not None]
        if not shape.append:  # neighbours in the tree are written one after the other
            puts.sort(key=shape.order_of)
        if gone:
            cursor.executemany(delete_sql(shape.row), gone)
        if puts:
            cursor.executemany(put_sql(shape.row), puts)
    if effects.counts:
        cursor.executemany(COUNT_SQL, [(*key, *count) for key, count in effects.counts.items()])
    if effects.positions:
        cursor.executemany(PLACE_SQL, [(position, entry) for entry, position in effects.positions])
