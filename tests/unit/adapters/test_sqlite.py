"""SQLite's own side: the schema, the plans of its look-ups, what a folder must be like to be opened."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
import sqlalchemy as sa

from lockhouse.adapters.migrations import HEAD
from lockhouse.adapters.migrations.freeze import DIALECTS, baseline, ddl
from lockhouse.adapters.migrations.newest import newest, statements
from lockhouse.adapters.migrations.run import create, migrate, migrate_check, upgrade
from lockhouse.adapters.migrations.schema import require_schema
from lockhouse.adapters.sqlite_reads import SqliteReads
from lockhouse.adapters.sqlite_sql import LENGTHS, cut, delete_sql, find_sql, flat, get_sql, scan_sql
from lockhouse.adapters.sqlite_writer.local import LocalWriter
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.tables import FILES, STORES, Shape, shape_of, shapes
from lockhouse.errors import Tampered, Unavailable
from lockhouse.model.rows import Person, Receipt, Record, tables
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.rows import Row, Store

SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql NOT NULL ORDER BY name"


def _schema(file: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(file)) as connection:
        return [(kind, name, " ".join(sql.split())) for kind, name, sql in connection.execute(SCHEMA)]


_GONE = {"CREATE INDEX receipt_at_channel_message ON receipt (at, channel, message)"}
"""What a step takes away of what the first schema has."""


@pytest.mark.parametrize("store", STORES)
def test_the_migrations_together_make_what_the_row_classes_say(store: Store, tmp_path: Path) -> None:
    """If this fails, a step is missing in `adapters/migrations/versions`."""
    for dialect in DIALECTS:
        made = baseline(store, dialect).read_text(encoding="utf-8")
        assert set(statements(made)) - set(statements(ddl(store, dialect))) <= _GONE
    assert newest(store) == statements(ddl(store)), "python -m lockhouse.adapters.migrations.freeze writes it again"
    create(tmp_path / "made", store)
    (tmp_path / "migrated").touch()
    upgrade(tmp_path / "migrated", store)
    assert _schema(tmp_path / "migrated") == _schema(tmp_path / "made") != []


def test_every_table_is_strict_and_has_a_row_id_only_when_appended(tmp_path: Path) -> None:
    migrate(tmp_path)
    for name, shape in shapes().items():
        [sql] = [sql for _, table, sql in _schema(tmp_path / FILES[shape.store]) if table == name]
        assert "STRICT" in sql
        assert ("WITHOUT ROWID" in sql) is not shape.append


def test_migrating_says_what_was_there_and_leaves_a_current_house_alone(tmp_path: Path) -> None:
    assert migrate_check(tmp_path) == {"identity": "", "record": ""}
    assert migrate(tmp_path) == {"identity": "", "record": ""}
    assert migrate(tmp_path) == migrate_check(tmp_path) == {"identity": HEAD, "record": HEAD}
    assert [(tmp_path / file).stat().st_mode & 0o777 for file in FILES.values()] == [0o600, 0o600]


def _of_the_first_schema(folder: Path) -> None:
    for store in STORES:
        with closing(sqlite3.connect(folder / FILES[store])) as connection:
            connection.executescript(baseline(store).read_text(encoding="utf-8"))
            connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            connection.execute("INSERT INTO alembic_version VALUES ('0001')")
            connection.commit()


def test_a_house_of_the_first_schema_is_migrated_and_then_written(tmp_path: Path) -> None:
    _of_the_first_schema(tmp_path)
    with pytest.raises(Unavailable, match=f"expected schema {HEAD}, got 0001"):
        LocalWriter(tmp_path, make_parts())
    assert migrate(tmp_path) == {"identity": "0001", "record": "0001"}
    LocalWriter(tmp_path, make_parts()).close()  # it finds what this release makes, and nothing besides


def test_a_migration_that_ends_on_its_way_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    _of_the_first_schema(tmp_path)
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        [[index]] = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'receipt_at_channel_message'")
        connection.execute("DROP INDEX receipt_at_channel_message")
    before = _schema(tmp_path / "record.db")
    with pytest.raises(sa.exc.OperationalError, match="no such index"):
        migrate(tmp_path)
    assert (migrate_check(tmp_path)["record"], _schema(tmp_path / "record.db")) == ("0001", before)
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.execute(index)
    assert migrate(tmp_path)["record"] == "0001"
    assert migrate_check(tmp_path)["record"] == HEAD


def _stamp(file: Path, version: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.commit()


def test_a_writer_refuses_a_schema_it_does_not_know(tmp_path: Path) -> None:
    migrate(tmp_path)
    _stamp(tmp_path / "record.db", "9999")
    with pytest.raises(Unavailable, match=rf"record\.db: expected schema {HEAD}, got 9999"):
        LocalWriter(tmp_path, make_parts())
    with pytest.raises(Unavailable, match="got a later one"):
        migrate(tmp_path)
    _stamp(tmp_path / "record.db", HEAD)
    LocalWriter(tmp_path, make_parts()).close()  # the refusal left no lock behind


def test_a_writer_refuses_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"identity store: expected a database"):
        LocalWriter(tmp_path, make_parts())


async def test_reads_of_a_folder_without_files_are_unavailable(tmp_path: Path) -> None:
    reads = SqliteReads(tmp_path)
    with pytest.raises(Unavailable, match="identity store"):
        await reads.get(Person, [(b"p",)])
    reads.close()


def test_a_reader_can_neither_write_nor_checkpoint(tmp_path: Path) -> None:
    migrate(tmp_path)
    with closing(sqlite3.connect(tmp_path / "identity.db")) as writer:
        writer.execute("INSERT INTO person VALUES (x'01', 0, NULL, 1, 2, 3, x'')")
        writer.commit()
        log = (tmp_path / "identity.db-wal").read_bytes()
        reads = SqliteReads(tmp_path)
        for statement in ("DELETE FROM person", "PRAGMA wal_checkpoint(TRUNCATE)"):
            with pytest.raises(Unavailable, match="identity store: expected a readable database"):
                reads._ask(shapes()["person"], ((statement, ()),))
        reads.close()
        assert (tmp_path / "identity.db-wal").read_bytes() == log != b""


def test_the_files_are_opened_as_durable_and_as_forgetful_as_promised(tmp_path: Path) -> None:
    migrate(tmp_path)
    shelf = SqliteShelf(tmp_path)
    for connection in shelf._connections.values():
        told = {name: connection.pragma(name) for name in ("journal_mode", "synchronous", "secure_delete", "page_size")}
        assert told == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "page_size": 4_096}
        assert connection.pragma("temp_store") == 2
    shelf.close(in_order=True)


def test_the_first_pragma_of_many_is_all_that_runs(tmp_path: Path) -> None:
    """Why pragmas are set one by one: the cursor stops at the first row, and the rest is silently left out."""
    connection = apsw.Connection(str(tmp_path / "x.db"))
    connection.execute("PRAGMA journal_mode = wal; CREATE TABLE never (made)")
    assert connection.pragma("table_list", schema="main") is not None
    assert [row[0] for row in connection.execute("SELECT name FROM sqlite_master")] == []
    connection.close()


# ---- plans -------------------------------------------------------------------------------------------------------


def _plan(connection: sqlite3.Connection, sql: str) -> str:
    parameters: list[Any] = [1] * sql.count("?")
    return "; ".join(str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters))


def _ways(shape: Shape) -> list[tuple[str, ...]]:
    return sorted({columns[: n + 1] for columns in (shape.key, *shape.indexes) for n in range(len(columns))})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    migrate(tmp_path)
    return tmp_path


@pytest.mark.parametrize("row", tables().values(), ids=list(tables()))
def test_every_look_up_that_is_allowed_walks_an_index(row: type[Row], folder: Path) -> None:
    shape = shape_of(row)
    with closing(sqlite3.connect(folder / FILES[shape.store])) as connection:
        for length in LENGTHS:
            asked = [get_sql(row, length), *(find_sql(row, by, (), length) for by in _ways(shape))]
            for sql in asked:
                plan = _plan(connection, sql)
                assert "SEARCH t USING" in plan, (sql, plan)
                assert "SCAN t" not in plan, (sql, plan)
        for by in _ways(shape):
            is_sorted = "USE TEMP B-TREE" in _plan(connection, find_sql(row, by, (), 1))
            assert is_sorted == ((row, by) == (Receipt, ("at",))), by  # of one moment there are a group's, no more
        assert "SEARCH" in _plan(connection, scan_sql(row, first=False))
        assert "SEARCH" in _plan(connection, delete_sql(row))


def test_a_list_of_keys_is_cut_into_known_lengths_and_nothing_is_lost() -> None:
    keys = [(n, n) for n in range(1_001)]
    parts = list(cut(keys))
    assert {len(part) for part in parts} <= set(LENGTHS)
    assert [key for part in parts for key in part] == keys
    assert flat(keys[:2]) == (0, 0, 1, 1)


def test_an_appended_table_is_scanned_by_its_row_id() -> None:
    assert scan_sql(Record, first=True).startswith("SELECT seq, ")
    assert scan_sql(Record, first=False).count("?") == 2


@pytest.mark.parametrize("store", STORES)
def test_a_file_is_held_against_what_sqlalchemy_makes_of_the_row_classes(store: Store) -> None:
    made = [(one.split()[1].lower(), one.split()[2], one) for one in statements(ddl(store))]
    require_schema(store, made)
    for kind, name, sql in made:
        others = [row for row in made if row != (kind, name, sql)]
        with pytest.raises(Tampered, match=f"another {kind}"):
            require_schema(store, others)
        with pytest.raises(Tampered, match=f"another {kind}"):
            require_schema(store, [*others, (kind, name, sql.replace("(", "( x,", 1))])
