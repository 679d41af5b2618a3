"""A database administrator edits the ledger of a house on PostgreSQL while its writers run: they halt, signing nothing.

A sole writer carries lanes and tree in memory. Writers that share a server read them again in each turn, so what they
read must be known to be their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg
import pytest

from lockhouse.adapters.postgres.reads import PostgresReads
from lockhouse.adapters.postgres.writer import PostgresWriter
from lockhouse.errors import Tampered
from lockhouse.model.change import Change
from lockhouse.model.rows import Checkpoint
from tests.ports.server import databases
from tests.ports.stores import Store, a_draft, found, must
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_COPY = (
    "CREATE TEMP TABLE mine AS SELECT * FROM ledger_entry WHERE counter = 4; "
    "UPDATE mine SET id = decode(repeat('ab', 16), 'hex'), {change}; INSERT INTO ledger_entry SELECT * FROM mine"
)
END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
LANES = {
    "a head put back": "UPDATE lane SET (counter, head, mac) = (SELECT counter, head, mac FROM aside.lane)",
    "a head of another's": "UPDATE lane SET counter = counter + 1, head = decode(repeat('00', 32), 'hex')",
    "a lane taken away": "DELETE FROM lane",
    "a lane made up": "INSERT INTO lane VALUES ('mine', 1, decode(repeat('00', 32), 'hex'), 0, '')",
    "a house taken away": "DELETE FROM house",
    "an epoch put back": "UPDATE house SET key_epoch = key_epoch - 1",
    "a time put back": "UPDATE house SET last_at = last_at - 1",
    "another house": "UPDATE house SET id = decode(repeat('00', 16), 'hex')",
}
TAILS = {
    "an entry appended": _COPY.format(change="counter = 5"),
    "an entry beside another": _COPY.format(change="at = at + 1"),
    "an entry in a lane of its own": _COPY.format(change="lane = 'mine', counter = 1"),
    "an entry taken away": "DELETE FROM ledger_entry WHERE counter = 3",
    "the newest taken away": "DELETE FROM ledger_entry WHERE counter = 4",
    "an entry edited": "UPDATE ledger_entry SET body = body || ' ' WHERE counter = 3",
    "an entry kept from its place": "UPDATE ledger_entry SET position = 77 WHERE counter = 4",
}
TREES = {
    "a tree cut off": "UPDATE house SET tree_size = 0, frontier = ''",
    "another tree": "UPDATE house SET frontier = frontier || '\\x00'",
    "an entry placed again": "UPDATE ledger_entry SET position = NULL WHERE counter = 2",
}


async def _sql(folder: Path, statements: str) -> None:
    connection = await asyncpg.connect(databases(folder).record)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A house whose writer folds when it is told to, with two entries in its log and two that wait."""
    places = databases(tmp_path)
    writer = PostgresWriter(places, replace(make_parts(), quiet=True))
    try:
        reads = await PostgresReads.open(places)
        try:
            store = Store(reads, writer)
            await found(store)
            await writer.announce(key=True)
            await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(2)))
            await writer.seal_ledger()
            await _sql(tmp_path, "CREATE SCHEMA aside; CREATE TABLE aside.lane AS SELECT * FROM lane")
            await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(2)))
            yield store
        finally:
            await reads.close()
    finally:
        writer.close()


async def _signed(store: Store) -> list[int]:
    return [row.size async for chunk in store.reads.scan(Checkpoint) for row in chunk]


async def test_what_nobody_touched_goes_on(store: Store) -> None:
    await must(store, Change("record", entries=(a_draft(),)))
    assert (await store.writer.seal_ledger()).size == 5
    assert await _signed(store) == [2, 5]


@pytest.mark.parametrize("sql", LANES.values(), ids=LANES.keys())
async def test_nothing_is_noted_behind_a_lane_or_a_house_that_was_edited(
    store: Store, tmp_path: Path, sql: str
) -> None:
    await _sql(tmp_path, sql)
    for _ in range(2):
        with pytest.raises(Tampered):
            await store.writer.commit(Change("record", entries=(a_draft(),)))
    with pytest.raises(Tampered):
        await store.writer.seal_ledger()
    assert await _signed(store) == [2]


@pytest.mark.parametrize("sql", [*TAILS.values(), *TREES.values()], ids=[*TAILS.keys(), *TREES.keys()])
async def test_nothing_is_signed_over_a_tail_or_a_tree_that_was_edited(store: Store, tmp_path: Path, sql: str) -> None:
    await _sql(tmp_path, sql)
    with pytest.raises(Tampered):
        await store.writer.seal_ledger()
    with pytest.raises(Tampered):
        await store.writer.commit(Change("record", entries=(a_draft(),)))
    assert await _signed(store) == [2]


@pytest.mark.parametrize("sql", TAILS.values(), ids=TAILS.keys())
async def test_who_comes_to_be_the_sequencer_halts_before_a_tail_that_was_edited(
    store: Store, tmp_path: Path, sql: str
) -> None:
    await _sql(tmp_path, sql)
    await _sql(tmp_path, END_SESSIONS)
    other = PostgresWriter(databases(tmp_path), replace(make_parts(), quiet=True))
    try:
        with pytest.raises(Tampered):
            await other.seal_ledger()
    finally:
        other.close()
    assert await _signed(store) == [2]
