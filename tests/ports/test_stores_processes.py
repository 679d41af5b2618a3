"""What holds between processes: one writer, epochs, leases, death."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvloop

from lockhouse.adapters.migrations.run import migrate
from lockhouse.adapters.sqlite_reads import SqliteReads
from lockhouse.adapters.sqlite_writer.local import LocalWriter
from lockhouse.adapters.sqlite_writer.reads import ApswReads
from lockhouse.adapters.writer_protocol import BEAT_S, LEASE_S, PROTOCOL, UNHEARD_S, Hello, frame
from lockhouse.errors import Unavailable
from lockhouse.gates.collect.write import LEASE_MS
from lockhouse.model.change import Change, Committed, Delete
from lockhouse.model.rows import KeyRing, Person, Record
from tests.ports.spawned import end, said, start_client, until_said
from tests.ports.stores import (
    FILES,
    STORES,
    Store,
    a_draft,
    a_person,
    a_record,
    a_ring,
    connect,
    found,
    must,
    new_id,
    put,
    sqlite_process,
    start_writer,
)
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from lockhouse.adapters.writer_client import WriterClient


def _files_with(folder: Path, secret: bytes) -> list[str]:
    return [file.name for file in folder.iterdir() if file.is_file() and secret in file.read_bytes()]


def _count(folder: Path, store: str, table: str) -> int:
    with closing(sqlite3.connect(f"{(folder / store).as_uri()}?mode=ro", uri=True)) as connection:
        [count] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # our own table names
    return int(count)


async def test_a_second_writer_is_refused_and_told_of_the_lock(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path):
        with pytest.raises(Unavailable, match=r"writer\.lock: expected to be the only writer"):
            LocalWriter(tmp_path, make_parts())
        with pytest.raises(Unavailable, match=r"writer\.lock: expected no running writer"):
            migrate(tmp_path)


@pytest.mark.parametrize("name", FILES)
async def test_a_scrub_leaves_nothing_of_a_destroyed_ring_in_any_file(name: str, tmp_path: Path) -> None:
    async with STORES[name](tmp_path) as store:
        await found(store)
        ring = a_ring(new_id())
        await must(store, Change("identity", puts=(put(ring),)))
        await must(store, Change("identity", deletes=(Delete("key_ring", (ring.person,)),)))
        await store.writer.scrub()
        assert (tmp_path / "identity.db-wal").stat().st_size == 0
        assert _files_with(tmp_path, ring.wrapped) == []


async def test_a_scrub_waits_for_a_reader_and_says_so_when_it_stays(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        await must(store, Change("identity", puts=(put(a_person()),)))
        with closing(sqlite3.connect(f"{(tmp_path / 'identity.db').as_uri()}?mode=ro", uri=True)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM person").fetchone()
            await must(store, Change("identity", puts=(put(a_person()),)))
            with pytest.raises(Unavailable, match="scrub: expected no reader in the way"):
                await store.writer.scrub()
            assert store.writer.alive()
            waiting = asyncio.create_task(store.writer.scrub())
            await asyncio.sleep(0.3)
            reader.execute("COMMIT")
        started = time.monotonic()
        await waiting
        assert time.monotonic() - started < 2


async def test_an_announcement_returns_when_every_process_has_acted(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        other = await connect(tmp_path)
        seen: list[tuple[int, int]] = []
        other.on_move(lambda policy, key: seen.append((policy, key)))
        await store.writer.announce(key=True)
        await store.writer.announce(policy=True)
        assert seen == [(0, 1), (1, 1)]
        assert (other.policy(), other.key(), store.writer.key()) == (1, 1, 1)
        await other.close()
        late = await connect(tmp_path)
        assert (late.policy(), late.key()) == (1, 1)
        await late.close()


async def test_a_stalled_process_delays_an_announcement_no_longer_than_six_seconds(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        client = start_client(tmp_path, "watch")
        try:
            assert "alive 0" in await asyncio.to_thread(until_said, client, "alive 0")
            client.send_signal(signal.SIGSTOP)
            started = time.monotonic()
            await store.writer.announce(key=True)
            assert LEASE_S < time.monotonic() - started < 6
            client.send_signal(signal.SIGCONT)
            # After it woke it never believes in the epoch of before, though an old beat lies in its socket.
            told = await asyncio.to_thread(until_said, client, "alive 1")
            assert "alive 0" not in told
        finally:
            end(client)


async def test_a_process_that_stands_still_for_long_delays_no_further_announcement(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        client = start_client(tmp_path, "watch")
        try:
            assert "alive 0" in await asyncio.to_thread(until_said, client, "alive 0")
            client.send_signal(signal.SIGSTOP)
            stopped = time.monotonic()
            await store.writer.announce(key=True)
            await store.writer.announce(key=True)
            # The first waits as long as a lease may last, the second for what may still be on its way.
            assert UNHEARD_S - BEAT_S - 0.1 < time.monotonic() - stopped < UNHEARD_S + 1
            started = time.monotonic()
            await store.writer.announce(key=True)
            assert time.monotonic() - started < 1
            client.send_signal(signal.SIGCONT)
            # Each move lies before whatever could confirm a lease again.
            told = await asyncio.to_thread(until_said, client, "alive 3")
            assert not {"alive 0", "alive 1", "alive 2"} & set(told)
        finally:
            end(client)


def test_whoever_is_unheard_has_no_lease_and_nothing_on_its_way_that_is_in_time() -> None:
    assert UNHEARD_S >= LEASE_S + LEASE_MS / 1000


async def test_a_process_that_left_in_order_delays_no_announcement(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        other = await connect(tmp_path)
        await other.close()
        assert not other.alive()
        started = time.monotonic()
        await store.writer.announce(key=True)
        assert time.monotonic() - started < LEASE_S


async def test_a_process_that_was_cut_off_is_waited_for_as_long_as_its_lease(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        other = await connect(tmp_path)
        stream = other._stream
        assert stream is not None
        for task in other._tasks:
            task.cancel()
        stream.transport.abort()
        started = time.monotonic()
        await store.writer.announce(key=True)
        assert time.monotonic() - started > LEASE_S / 2


async def test_without_its_writer_a_process_is_not_alive_and_finds_the_next_one(tmp_path: Path) -> None:
    migrate(tmp_path)
    process = start_writer(tmp_path)
    client = await connect(tmp_path)
    reads = SqliteReads(tmp_path)
    store = Store(reads, client)
    await found(store)
    before = client.notary_public
    process.popen.kill()
    process.popen.wait()
    process.let_go()
    with pytest.raises(Unavailable):
        await client.commit(Change("record", puts=(put(a_record()),)))
    assert not client.alive()
    process = start_writer(tmp_path)
    await _until(client)
    await must(store, Change("record", puts=(put(a_record()),)))
    assert client.notary_public != before
    await client.close()
    reads.close()
    assert process.stop() == 0


async def _until(client: WriterClient) -> None:
    for _ in range(100):
        if client.alive():
            return
        await asyncio.sleep(0.05)
    pytest.fail("the client did not find the writer")


async def test_after_a_writer_that_was_killed_an_announcement_waits_a_lease(tmp_path: Path) -> None:
    migrate(tmp_path)
    process = start_writer(tmp_path)
    client = await connect(tmp_path)
    reads = SqliteReads(tmp_path)
    await found(Store(reads, client))
    await client.close()
    reads.close()
    process.popen.kill()
    process.popen.wait()
    process.let_go()
    started = time.monotonic()
    writer = LocalWriter(tmp_path, make_parts())
    await writer.announce(key=True)
    assert 1.5 < time.monotonic() - started < 4
    writer.close()
    writer = LocalWriter(tmp_path, make_parts())
    started = time.monotonic()
    await writer.announce(key=True)
    assert time.monotonic() - started < 1
    writer.close()


async def test_the_writer_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    migrate(tmp_path)
    process = start_writer(tmp_path)
    client = await connect(tmp_path)
    process.let_go()
    assert process.popen.wait(5) == 0
    await client.close()


async def test_a_stalled_writer_dies_with_its_parent(tmp_path: Path) -> None:
    migrate(tmp_path)
    parent = start_client(tmp_path, "parent")
    writer = int(said(parent))
    os.kill(writer, signal.SIGSTOP)
    end(parent)
    for _ in range(100):
        if _is_gone(writer):
            break
        await asyncio.sleep(0.05)
    assert _is_gone(writer)


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def test_the_socket_is_its_owners_alone(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path):
        assert (tmp_path / "writer.sock").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "writer.sock").exists()


async def test_a_house_deep_in_the_file_system_is_reached_too(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    async with sqlite_process(deep) as store:
        await found(store)
        assert store.writer.alive()


async def test_of_two_processes_that_race_for_one_blind_index_exactly_one_wins(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        rounds = 20
        clients = [start_client(tmp_path, "race", str(rounds), name) for name in ("a", "b")]
        try:
            told = [(await asyncio.to_thread(said, client)).split(",") for client in clients]
        finally:
            for client in clients:
                end(client)
        assert [{a, b} for a, b in zip(*told, strict=True)] == [{"won", "index-taken"}] * rounds
    assert _count(tmp_path, "identity.db", "person") == rounds
    assert _count(tmp_path, "identity.db", "identifier") == rounds


async def test_a_kill_between_the_two_commits_leaves_orphan_rings_only(tmp_path: Path) -> None:
    migrate(tmp_path)
    process = start_writer(tmp_path, "die-before-record")
    client = await connect(tmp_path)
    reads = SqliteReads(tmp_path)
    await found(Store(reads, client))
    person = a_person()
    changes = [
        Change("record", puts=(put(a_record(person=person.id)),), entries=(a_draft(),)),
        Change("identity", puts=(put(person), put(a_ring(person.id)))),
    ]
    with pytest.raises(Unavailable):
        await client.commit_each(changes)
    assert process.popen.wait(5) == -signal.SIGKILL
    process.let_go()
    await client.close()
    reads.close()
    writer, after = LocalWriter(tmp_path, make_parts()), ApswReads(tmp_path)
    assert set(await after.get(Person, [(person.id,)])) == {(person.id,)}
    assert set(await after.get(KeyRing, [(person.id,)])) == {(person.id,)}
    assert await after.find(Record, ("person",), [(person.id,)]) == []
    assert isinstance(await writer.commit(changes[0]), Committed)
    after.close()
    writer.close()


async def test_many_small_commits_share_groups_and_keep_their_answers_apart(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        people = [a_person() for _ in range(400)]
        changes = [Change("identity", puts=(put(person),)) for person in people]
        answers = await asyncio.gather(*(store.writer.commit(change) for change in changes))
        assert all(isinstance(answer, Committed) for answer in answers)
        assert len(await store.reads.get(Person, [(person.id,) for person in people])) == len(people)


async def test_a_frame_that_is_none_ends_that_connection_only(tmp_path: Path) -> None:
    async with sqlite_process(tmp_path) as store:
        await found(store)
        no_text = frame(Hello(PROTOCOL, "x")).replace(b"x", b"\xff")
        for raw in (b"\x00\x00\x00\x01\xc0", b"\xff\xff\xff\xff", b"\x00\x00\x00\x03\x93\x03\x01", no_text):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "writer.sock"))
            writer.write(raw)
            assert await reader.read() == b""
            writer.close()
        await must(store, Change("record", puts=(put(a_record()),)))


@pytest.mark.parametrize("turns", range(4))
def test_a_commit_in_the_very_turns_in_which_the_connection_ends_says_that_the_writer_is_away(
    tmp_path: Path, turns: int
) -> None:
    async def lose() -> None:
        writer = start_writer(tmp_path)
        client = await connect(tmp_path)
        try:
            assert client._stream is not None
            client._stream.transport.abort()
            for _ in range(turns):
                await asyncio.sleep(0)
            with pytest.raises(Unavailable):
                await asyncio.wait_for(client.commit(Change("identity", puts=(put(a_person()),))), 5)
            assert not any(task.done() for task in client._tasks)
        finally:
            await client.close()
            writer.stop()

    migrate(tmp_path)
    uvloop.run(lose())
