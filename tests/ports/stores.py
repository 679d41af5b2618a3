"""Every store under one name, and rows to put into them. A new store adds an opener and a line to STORES."""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.memory import MemoryStore
from lockhouse.adapters.migrations.run import migrate
from lockhouse.adapters.postgres.reads import PostgresReads
from lockhouse.adapters.postgres.writer import PostgresWriter
from lockhouse.adapters.sqlite_reads import SqliteReads
from lockhouse.adapters.sqlite_writer.local import LocalWriter
from lockhouse.adapters.sqlite_writer.reads import ApswReads
from lockhouse.adapters.writer_client import WriterClient
from lockhouse.model.change import Change, Committed, Conflict, Draft, Expect, KeyTuple, Leaf, Put
from lockhouse.model.ports import Commits, Epochs, Reads
from lockhouse.model.rows import Checkpoint, House, Identifier, Kek, KeyRing, Person, Receipt, Record, Row
from tests.ports.server import databases
from tests.ports.spawned import WriterProcess, spawn_writer
from tests.ports.writer_entry import HOUSE, LOG, make_parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

WRITER = Path(__file__).parent / "writer_entry.py"
AT = 1_790_000_000_000


class Writer(Commits, Epochs, Protocol):
    """What every committing store gives."""

    @property
    def notary_public(self) -> bytes: ...

    async def seal_ledger(self) -> Checkpoint: ...


@dataclass(frozen=True, slots=True)
class Store:
    """A store that is open."""

    reads: Reads
    writer: Writer


@asynccontextmanager
async def memory(_: Path) -> AsyncIterator[Store]:
    both = MemoryStore(make_parts())
    yield Store(both, both)


@asynccontextmanager
async def sqlite_local(folder: Path) -> AsyncIterator[Store]:
    migrate(folder)
    writer, reads = LocalWriter(folder, make_parts()), ApswReads(folder)
    try:
        yield Store(reads, writer)
    finally:
        reads.close()
        writer.close()


@asynccontextmanager
async def sqlite_process(folder: Path) -> AsyncIterator[Store]:
    migrate(folder)
    process = start_writer(folder)
    try:
        client, reads = await connect(folder), SqliteReads(folder)
        try:
            yield Store(reads, client)
        finally:
            reads.close()
            await client.close()
    finally:
        process.stop()


def start_writer(folder: Path, *extra: str) -> WriterProcess:
    return spawn_writer([sys.executable, str(WRITER), str(folder), *extra])


async def connect(folder: Path) -> WriterClient:
    return await WriterClient.connect(folder, role="test", clock=SystemClock())


@asynccontextmanager
async def postgres(folder: Path) -> AsyncIterator[Store]:
    places = databases(folder)
    writer = PostgresWriter(places, make_parts())
    try:
        reads = await PostgresReads.open(places)
        try:
            yield Store(reads, writer)
        finally:
            await reads.close()
    finally:
        writer.close()


STORES: dict[str, Callable[[Path], AbstractAsyncContextManager[Store]]] = {
    "memory": memory,
    "sqlite-local": sqlite_local,
    "sqlite-process": sqlite_process,
    "postgres": postgres,
}
DURABLE = [name for name in STORES if name != "memory"]
FILES = ["sqlite-local", "sqlite-process"]


async def found(store: Store) -> None:
    """Make it a house with one KEK."""
    house = House(1, HOUSE, LOG, 0, 0, 0, b"", 0)
    await must(store, Change("record", puts=(put(house),), expects=(absent(house),)))
    await must(store, Change("identity", puts=(put(Kek(1, "root/1", b"k", 0, 0, AT)),)))


async def must(store: Store, *changes: Change) -> list[Committed]:
    """Commit changes none of which may fail."""
    answers = await store.writer.commit_each(changes)
    done = [answer for answer in answers if isinstance(answer, Committed)]
    assert len(done) == len(changes), answers
    return done


# ---- rows ------------------------------------------------------------------------------------------------------


def new_id() -> bytes:
    return os.urandom(16)


def a_person(person: bytes | None = None, *, version: int = 1, state: int = 0) -> Person:
    return Person(person or new_id(), state, "EU", version, AT, AT, b"m" * 16)


def an_identifier(tag: bytes, person: bytes, *, proof: int = 3) -> Identifier:
    return Identifier(1, 1, tag, proof, person, AT, b"m" * 16)


def a_ring(person: bytes, *, version: int = 1, generation: int = 1) -> KeyRing:
    return KeyRing(person, generation, version, os.urandom(200))


def a_record(record: bytes | None = None, *, person: bytes | None = None, boxes: bytes = b"sealed") -> Record:
    return Record(record or new_id(), person or new_id(), 1, 2, AT, AT, 2, 3, 1, b"s" * 16, b"", boxes)


def a_receipt(message: bytes, record: bytes | None = None) -> Receipt:
    return Receipt(1, message, b"b" * 16, record, AT, "LH-0000", b"")


# ---- parts of changes -------------------------------------------------------------------------------------------


def key_of(row: Row) -> KeyTuple:
    return tuple(getattr(row, name) for name in row.KEY)


def put(row: Row) -> Put:
    return Put(row.TABLE, row)


def absent(row: Row, because: str = "taken") -> Expect:
    return Expect(row.TABLE, key_of(row), None, or_absent=False, because=because)


def has(row: Row, because: str = "moved", *, or_absent: bool = False, **columns: object) -> Expect:
    return Expect(row.TABLE, key_of(row), columns, or_absent=or_absent, because=because)


def a_draft(*, lane: str = "console", urgent: bool = False, **body: object) -> Draft:
    return Draft(new_id(), lane, "disclosure", {"why": "test", **body}, urgent)


def a_leaf(record: Record, *, lane: str = "collect-0") -> Leaf:
    return Leaf(lane, record.id, os.urandom(32))


def why(answer: Committed | Conflict) -> str:
    """The word of a conflict, or nothing."""
    return answer.because if isinstance(answer, Conflict) else ""
