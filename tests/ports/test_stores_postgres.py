"""What is PostgreSQL's alone: addresses, servers that are not believed, schemas, what it cannot do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from lockhouse.adapters.migrations import HEAD
from lockhouse.adapters.postgres.link import Places, connect
from lockhouse.adapters.postgres.reads import PostgresReads
from lockhouse.adapters.postgres.schema import migrate, migrate_check
from lockhouse.adapters.postgres.sql import find_sql, get_sql, scan_sql
from lockhouse.adapters.postgres.writer import PostgresWriter
from lockhouse.adapters.tables import STORES, shapes
from lockhouse.errors import Invalid, Unavailable
from lockhouse.model.change import Change
from lockhouse.model.rows import Drop, Name, Person, Receipt
from tests.ports.server import VARIABLE, databases
from tests.ports.stores import a_person, found, must, postgres, put, why
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lockhouse.adapters.tables import Shape


async def _sql(address: str, *statements: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _run(address: str, *statements: str) -> None:
    asyncio.run(_sql(address, *statements))


# ---- migrate -----------------------------------------------------------------------------------------------------


def test_two_empty_databases_become_a_house_and_stay_one(tmp_path: Path) -> None:
    places = databases(tmp_path, empty=True)
    assert migrate_check(places) == migrate(places) == {"identity": "", "record": ""}
    assert migrate_check(places) == migrate(places) == {"identity": HEAD, "record": HEAD}
    PostgresWriter(places, make_parts()).close()


async def test_one_store_of_a_house_is_never_made_beside_the_other(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
    places, others = databases(tmp_path), databases(tmp_path / "other", empty=True)
    for mixed, lost in (
        (Places(identity=places.identity, record=others.record), "record"),
        (Places(identity=others.identity, record=places.record), "identity"),
    ):
        with pytest.raises(Unavailable, match=f"{lost} store: expected a database with the tables of a house, got one"):
            await asyncio.to_thread(migrate, mixed)
    assert await asyncio.to_thread(migrate_check, others) == {"identity": "", "record": ""}


def test_a_migration_that_fails_leaves_its_database_as_it_was_and_can_be_made_again(tmp_path: Path) -> None:
    places = databases(tmp_path, empty=True)
    name = places.record.partition("///")[2].partition("?")[0]
    _run(places.record, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(Unavailable, match="record store: expected a database that answers, got ReadOnlySQLTransaction"):
        migrate(places)
    assert migrate_check(places) == {"identity": HEAD, "record": ""}
    _run(places.identity, f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert migrate(places) == {"identity": HEAD, "record": ""}
    assert migrate_check(places) == {"identity": HEAD, "record": HEAD}
    PostgresWriter(places, make_parts()).close()


def test_a_database_with_tables_of_its_own_is_left_alone(tmp_path: Path) -> None:
    places = databases(tmp_path, empty=True)
    _run(places.identity, "CREATE TABLE orders (id bigint)")
    with pytest.raises(Unavailable, match="identity store: expected an empty database"):
        migrate(places)
    assert migrate_check(places) == {"identity": "", "record": ""}


def test_one_database_is_not_taken_for_both_stores(tmp_path: Path) -> None:
    places = databases(tmp_path, empty=True)
    with pytest.raises(Unavailable, match="record store: expected an empty database"):
        migrate(Places(identity=places.identity, record=places.identity))


def test_a_later_schema_is_refused_by_the_writer_and_by_migrate(tmp_path: Path) -> None:
    places = databases(tmp_path)
    _run(places.record, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unavailable, match=f"record store: expected schema {HEAD}, got 9999"):
        PostgresWriter(places, make_parts())
    with pytest.raises(Unavailable, match=f"record store: expected schema {HEAD} or older, got a later one"):
        migrate(places)
    assert migrate_check(places)["record"] == "9999"


async def test_a_house_with_a_running_writer_is_not_migrated(tmp_path: Path) -> None:
    async with postgres(tmp_path):
        places = databases(tmp_path)
        await _sql(places.record, "DELETE FROM alembic_version")
        await _sql(places.identity, "DELETE FROM alembic_version")
        with pytest.raises(Unavailable, match="identity store: expected no running writer"):
            await asyncio.to_thread(migrate, places)


# ---- which servers are believed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "got"),
    [
        ("identity.db", "another form"),
        ("mysql://house@localhost/identity", "another form"),
        ("postgresql://house@localhost", "another form"),
        ("postgresql://house@[::1/identity", "another form"),
        ("postgresql://house:word@db.example/identity", "less"),
        ("postgresql://house:word@db.example/identity?sslmode=require", "less"),
        ("postgresql:///identity?host=db.example", "less"),
        ("postgresql:///identity?host=/run/postgresql,db.example", "less"),
    ],
)
def test_an_address_that_is_none_or_proves_nothing_is_invalid(address: str, got: str) -> None:
    with pytest.raises(Invalid, match=f"identity store: .*, got {got}") as caught:
        Places(identity=address, record="").of("identity")
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql:///identity?host=/run/postgresql",
        "postgresql://house@127.0.0.1:5433/identity",
        "postgres://house@db.example/identity?sslmode=verify-full",
    ],
)
def test_an_address_on_this_machine_or_with_a_proof_stands(address: str) -> None:
    places = Places(identity=address, record=address)
    assert places.of("record") == address
    assert address not in repr(places)


def test_a_server_that_is_away_is_unavailable(tmp_path: Path) -> None:
    nowhere = f"postgresql:///x?host={tmp_path}"
    places = Places(identity=nowhere, record=nowhere)
    with pytest.raises(Unavailable, match="identity store: expected a database that answers, got FileNotFoundError"):
        PostgresWriter(places, make_parts())
    with pytest.raises(Unavailable, match="identity store: expected a database that answers"):
        asyncio.run(PostgresReads.open(places))
    with pytest.raises(Unavailable, match="identity store: expected a database that answers"):
        migrate_check(places)


def test_a_database_of_another_encoding_is_refused(tmp_path: Path) -> None:
    places = databases(tmp_path)
    other = places.record.replace("record_", "latin_")
    name = other.partition("///")[2].partition("?")[0]
    _run(places.record, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(Unavailable, match="record store: expected a server with server_encoding = UTF8"):
        migrate_check(Places(identity=places.identity, record=other))


async def test_what_a_role_sets_does_not_make_commits_less_durable(tmp_path: Path) -> None:
    places = databases(tmp_path)
    name = places.record.partition("///")[2].partition("?")[0]
    await _sql(places.record, f"ALTER DATABASE {name} SET synchronous_commit = off")
    connection: Any = await connect(places, "record")
    assert await connection.fetchval("SHOW synchronous_commit") == "on"
    await connection.close()


def test_without_a_server_these_tests_are_skipped_and_say_how_to_run_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"run: script/postgres \.venv/bin/pytest tests/ports"):
        databases(tmp_path)


# ---- plans -------------------------------------------------------------------------------------------------------

_SAMPLES: dict[str, Any] = {"BLOB": b"x", "INTEGER": 1, "TEXT": "x"}


def _asked(shape: Shape, names: Sequence[str], *, absent: bool = False) -> tuple[frozenset[str], list[list[Any]]]:
    columns = [shape.columns[shape.at[name]] for name in names]
    gone = frozenset(column.name for column in columns if absent and column.nullable)
    return gone, [[_SAMPLES[column.kind]] * 3 for column in columns if column.name not in gone]


def _look_ups(shape: Shape) -> Iterator[tuple[str, list[Any]]]:
    """Every statement that a look-up in this table can be, with values for it."""
    yield get_sql(shape.row), _asked(shape, shape.key)[1]
    for way in (shape.key, *shape.indexes):
        for length in range(1, len(way) + 1):
            for absent in (False, True):
                gone, values = _asked(shape, way[:length], absent=absent)
                yield find_sql(shape.row, way[:length], gone, ()), [*values, 10]
    last = [_SAMPLES[shape.columns[shape.at[name]].kind] for name in shape.key]
    yield scan_sql(shape.row, first=False), [*([1] if shape.append else last), 10]


async def test_every_allowed_look_up_can_go_by_an_index(tmp_path: Path) -> None:
    places = databases(tmp_path)
    for store in STORES:
        connection = await connect(places, store, enable_seqscan="off", enable_hashjoin="off", enable_mergejoin="off")
        for shape in shapes().values():
            for statement, values in _look_ups(shape) if shape.store == store else ():
                plan = "\n".join(line for (line,) in await connection.fetch(f"EXPLAIN {statement}", *values))
                assert "Index Cond" in plan, f"{statement}\n{plan}"
                assert f"Seq Scan on {shape.name} " not in plan, f"{statement}\n{plan}"
        await connection.close()


# ---- rows --------------------------------------------------------------------------------------------------------


async def test_text_that_the_server_cannot_hold_fails_alone(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        names = [Name("path", number, text, b"e" * 16, b"m" * 16) for number, text in ((1, "a\x00b"), (2, "a"))]
        answers = await store.writer.commit_each([Change("record", puts=(put(name),)) for name in names])
        assert [why(answer) for answer in answers] == ["invalid", ""]


async def test_a_key_that_no_column_takes_finds_nothing(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        person = a_person()
        await must(store, Change("identity", puts=(put(person),)))
        assert set(await store.reads.get(Person, [(person.id,), ("text",), (2**64,)])) == {(person.id,)}
        assert await store.reads.get(Receipt, [(2**64, b"m")]) == {}
        assert await store.reads.find(Drop, ("channel", "path"), [(1, "\x00"), (1, "\ud800"), (1, b"x")]) == []


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        assert isinstance(store.reads, PostgresReads)
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await store.reads._pools["record"].execute("DELETE FROM record")


async def test_reads_go_on_over_a_connection_that_was_cut(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        person = a_person()
        await must(store, Change("identity", puts=(put(person),)))
        assert await store.reads.get(Person, [(person.id,)])
        cut = (  # of this test's databases alone: others run beside it on the same server
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%unnest%' AND pid <> {me} "
            "AND datname = current_database()"
        )
        await _sql(databases(tmp_path).identity, cut.format(me="pg_backend_pid()"))
        for _ in range(3):
            assert await store.reads.get(Person, [(person.id,)]) == {(person.id,): person}


async def test_a_scrub_is_refused_since_a_servers_log_is_not_its_clients_to_empty(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        with pytest.raises(Unavailable, match="scrub: expected a log that its writer can empty"):
            await store.writer.scrub()
        assert store.writer.alive()
