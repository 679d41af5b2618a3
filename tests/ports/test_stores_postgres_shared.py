"""What holds between writers that share the stores on PostgreSQL: turns, leases, one sequencer, epochs."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from lockhouse.adapters.clock import SystemClock
from lockhouse.adapters.jobs import claim, claimed, plan
from lockhouse.adapters.postgres.link import Places
from lockhouse.adapters.postgres.shelf import SEQUENCER_LOCK, PostgresShelf
from lockhouse.adapters.postgres.writer import PostgresWriter
from lockhouse.adapters.writer_protocol import LEASE_S
from lockhouse.errors import Unavailable
from lockhouse.model.change import Change, Committed
from lockhouse.model.rows import Identifier, Job, LedgerEntry, Person, Record
from tests.ports.server import databases
from tests.ports.spawned import end, said, start_client, until_said
from tests.ports.stores import Store, a_draft, a_person, a_record, found, must, postgres, put, why
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lockhouse.adapters.group_commit.shelf import Effects
    from lockhouse.model.rows import Store as StoreName


@contextmanager
def beside(folder: Path, **parts: Any) -> Iterator[PostgresWriter]:
    """Another writer of the same house."""
    writer = PostgresWriter(databases(folder), replace(make_parts(), **parts))
    try:
        yield writer
    finally:
        writer.close()


async def _entries(store: Store) -> list[LedgerEntry]:
    return [entry async for chunk in store.reads.scan(LedgerEntry) for entry in chunk]


async def _placed(store: Store, count: int) -> list[LedgerEntry]:
    """Every entry, once so many have a position."""
    for _ in range(200):
        entries = await _entries(store)
        if sum(entry.position is not None for entry in entries) == count:
            return entries
        await asyncio.sleep(0.05)
    pytest.fail("the ledger was not folded")


def _is_chained(entries: list[LedgerEntry], lane: str) -> bool:
    return sorted(entry.counter for entry in entries if entry.lane == lane) == list(
        range(1, sum(entry.lane == lane for entry in entries) + 1)
    )


# ---- two processes -----------------------------------------------------------------------------------------------


async def test_of_two_processes_that_race_for_one_blind_index_exactly_one_wins(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        rounds = 20
        clients = [start_client(tmp_path, "race-postgres", str(rounds), name) for name in ("a", "b")]
        try:
            told = [(await asyncio.to_thread(said, client)).split(",") for client in clients]
        finally:
            for client in clients:
                end(client)
        assert [{a, b} for a, b in zip(*told, strict=True)] == [{"won", "index-taken"}] * rounds
        for table in (Person, Identifier):
            assert sum([len(chunk) async for chunk in store.reads.scan(table)]) == rounds


async def test_writers_that_note_in_one_lane_make_one_chain(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        with beside(tmp_path) as other:
            changes = [Change("record", entries=(a_draft(), a_draft(lane="work"))) for _ in range(30)]
            answers = await asyncio.gather(
                *(writer.commit(change) for writer in (store.writer, other) for change in changes[:15]),
                return_exceptions=True,
            )
            await asyncio.gather(*(writer.commit(one) for one in changes[15:] for writer in (other, store.writer)))
        assert sum(isinstance(answer, Committed) for answer in answers) == 15  # an id is noted once
        entries = await _placed(store, 60)
        assert _is_chained(entries, "console")
        assert _is_chained(entries, "work")
        assert sorted(entry.position for entry in entries if entry.position is not None) == list(range(60))


async def test_appended_rows_of_two_writers_have_one_order_of_arrival(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        records = [a_record() for _ in range(20)]
        with beside(tmp_path) as other:
            for number, record in enumerate(records):
                writer = other if number % 2 else store.writer
                assert isinstance(await writer.commit(Change("record", puts=(put(record),))), Committed)
        assert [record async for chunk in store.reads.scan(Record) for record in chunk] == records


async def test_of_two_writers_that_claim_a_job_one_works(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        now = make_parts().clock.now_ms()
        with beside(tmp_path) as other:
            planned = [writer.commit(plan("retain", dedupe="today", run_at=now)) for writer in (store.writer, other)]
            assert sorted([why(answer) for answer in await asyncio.gather(*planned)]) == ["", "planned"]
            [job] = await store.reads.find(Job, ("dedupe",), [("today",)])
            owners = {b"a" * 16: store.writer, b"b" * 16: other}
            answers = await asyncio.gather(
                *(writer.commit(claim(job, owner=owner, now=now)) for owner, writer in owners.items())
            )
            assert sorted(map(why, answers)) == ["", "fenced"]
            [held] = await store.reads.find(Job, ("dedupe",), [("today",)])
            winner = next(owner for owner, answer in zip(owners, answers, strict=True) if not why(answer))
            assert held == claimed(job, owner=winner, now=now)


# ---- the end of a lease ------------------------------------------------------------------------------------------


class _WrongClock(SystemClock):
    """A wall clock that somebody set back or forward."""

    __slots__ = ("_by_ms",)

    def __init__(self, by_ms: int) -> None:
        self._by_ms = by_ms

    def now_ms(self) -> int:
        return super().now_ms() + self._by_ms


@pytest.mark.parametrize("by_ms", [-3_600_000, 3_600_000])
async def test_a_deadline_is_judged_by_the_databases_clock(tmp_path: Path, by_ms: int) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        now = SystemClock().now_ms()
        with beside(tmp_path, clock=_WrongClock(by_ms)) as writer:
            records = [a_record(), a_record()]
            ends = (now - 1, now + 60_000)
            changes = [Change("record", puts=(put(one),), deadline=end) for one, end in zip(records, ends, strict=True)]
            assert [why(answer) for answer in await writer.commit_each(changes)] == ["deadline", ""]
        assert set(await store.reads.get(Record, [(one.id,) for one in records])) == {(records[1].id,)}


class _Stalling(PostgresShelf):
    """Stands still between what it writes and the commit, as a stopped process does."""

    stall_s = 0.0

    def apply(self, store: StoreName, effects: Effects) -> None:
        if "record" in effects.rows:
            time.sleep(self.stall_s)
        super().apply(store, effects)


def _stalling(folder: Path, stall_s: float) -> PostgresWriter:
    def open_shelf(places: Places) -> PostgresShelf:
        shelf = _Stalling(places)
        shelf.stall_s = stall_s
        return shelf

    return PostgresWriter(databases(folder), make_parts(), open_shelf=open_shelf)


async def test_a_group_that_stalls_past_a_deadline_is_not_committed_and_its_others_are(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        writer = _stalling(tmp_path, 0.5)
        try:
            records = [a_record(), a_record()]
            end = SystemClock().now_ms() + 400
            changes = [
                Change("record", puts=(put(records[0]),), deadline=end),
                Change("record", puts=(put(records[1]),)),
            ]
            assert [why(answer) for answer in await writer.commit_each(changes)] == ["deadline", ""]
        finally:
            writer.close()
        assert set(await store.reads.get(Record, [(one.id,) for one in records])) == {(records[1].id,)}


async def test_a_writer_that_stalls_in_its_turn_loses_it_and_nobody_waits_for_long(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        stalled = _stalling(tmp_path, 4.0)
        try:
            lost = a_record()
            asked = asyncio.ensure_future(stalled.commit(Change("record", puts=(put(lost),))))
            await asyncio.sleep(0.2)
            started = time.monotonic()
            await must(store, Change("record", puts=(put(a_record()),)))
            assert time.monotonic() - started < 3
            with pytest.raises(Unavailable):
                await asked
            assert await store.reads.get(Record, [(lost.id,)]) == {}
            person = a_person()
            assert isinstance(await stalled.commit(Change("identity", puts=(put(person),))), Committed)
        finally:
            stalled.close()


# ---- one sequencer -----------------------------------------------------------------------------------------------


async def _leaders(folder: Path) -> list[int]:
    """The server's processes that hold the sequencer's lock: one, or none for a moment."""
    connection = await asyncpg.connect(databases(folder).record)
    try:
        held = await connection.fetch(
            "SELECT pid FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database "
            "WHERE locktype = 'advisory' AND granted AND datname = current_database() AND objid = $1::bigint::oid",
            SEQUENCER_LOCK & 0xFFFFFFFF,
        )
        return [pid for (pid,) in held]
    finally:
        await connection.close()


async def _cut(folder: Path, pid: int) -> None:
    connection = await asyncpg.connect(databases(folder).record)
    try:
        await connection.execute("SELECT pg_terminate_backend($1)", pid)
    finally:
        await connection.close()


async def test_one_writer_folds_what_all_of_them_note(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        await must(store, Change("record", entries=(a_draft(),)))
        await _placed(store, 1)
        with beside(tmp_path) as other:
            await must(Store(store.reads, other), *(Change("record", entries=(a_draft(),)) for _ in range(5)))
            await _placed(store, 6)
            with pytest.raises(Unavailable, match="ledger: expected to be the writer that signs"):
                await other.seal_ledger()
            assert (await store.writer.seal_ledger()).size == 6
            assert len(await _leaders(tmp_path)) == 1


async def test_when_the_sequencer_is_cut_off_another_goes_on_with_its_tree(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(3)))
        await _placed(store, 3)
        with beside(tmp_path) as other:
            for step in range(1, 4):
                [before] = await _leaders(tmp_path)
                await _cut(tmp_path, before)
                writers = [store.writer, other]
                for writer in writers:
                    await _insist(writer, Change("record", entries=(a_draft(),)))
                entries = await _placed(store, 3 + 2 * step)
                assert [before] != await _leaders(tmp_path)
                assert _is_chained(entries, "console")
        sizes = sorted(entry.position for entry in entries if entry.position is not None)
        assert sizes == list(range(9))


async def _insist(writer: PostgresWriter | Any, change: Change) -> None:
    """Commit, also over a connection that was just cut."""
    for _ in range(20):
        try:
            assert isinstance(await writer.commit(change), Committed)
        except Unavailable:
            await asyncio.sleep(0.05)
        else:
            return
    pytest.fail("the writer never came back")


async def test_a_sequencer_that_stands_still_loses_its_lease(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
    client = start_client(tmp_path, "watch-postgres")
    try:
        assert await asyncio.to_thread(said, client) == "alive 0"
        before = await _until_led(tmp_path)
        async with postgres(tmp_path) as store:
            await must(store, Change("record", entries=(a_draft(),)))
            await _placed(store, 1)
            assert await _until_led(tmp_path) == before
            client.send_signal(signal.SIGSTOP)
            await must(store, Change("record", entries=(a_draft(),)))
            await _placed(store, 2)
            after = await _until_led(tmp_path)
            assert after != before
            client.send_signal(signal.SIGCONT)
            assert await asyncio.to_thread(said, client) == "shut 0"
            assert await asyncio.to_thread(said, client) == "alive 0"
            await must(store, Change("record", entries=(a_draft(),)))
            assert _is_chained(await _placed(store, 3), "console")
            assert await _until_led(tmp_path) == after
    finally:
        end(client)


async def _until_led(folder: Path) -> int:
    for _ in range(200):
        leaders = await _leaders(folder)
        if leaders:
            [leader] = leaders
            return leader
        await asyncio.sleep(0.05)
    pytest.fail("nobody came to be the sequencer")


# ---- epochs ------------------------------------------------------------------------------------------------------


async def test_an_announcement_returns_when_every_process_has_acted(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        with beside(tmp_path) as other:
            seen: list[tuple[int, int]] = []
            other.on_move(lambda policy, key: seen.append((policy, key)))
            assert other.alive()
            started = time.monotonic()
            await store.writer.announce(key=True)
            assert seen == [(0, 1)]
            assert LEASE_S <= time.monotonic() - started < 2 * LEASE_S
            await other.announce(policy=True)
            assert seen == [(0, 1), (1, 1)]
            assert (other.policy(), other.key()) == (store.writer.policy(), store.writer.key()) == (1, 1)
            assert other.alive()
            assert store.writer.alive()
        with beside(tmp_path) as late:
            assert (late.policy(), late.key()) == (1, 1)
            assert late.alive()


async def test_a_process_that_slept_through_an_announcement_never_believes_in_the_epoch_of_before(
    tmp_path: Path,
) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        client = start_client(tmp_path, "watch-postgres")
        try:
            assert await asyncio.to_thread(said, client) == "alive 0"
            client.send_signal(signal.SIGSTOP)
            await store.writer.announce(key=True)
            client.send_signal(signal.SIGCONT)
            told = await asyncio.to_thread(until_said, client, "alive 1")
            assert "alive 0" not in told
        finally:
            end(client)


async def test_an_epoch_that_somebody_puts_back_confirms_nobody(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        await store.writer.announce(key=True)
        connection = await asyncpg.connect(databases(tmp_path).record)
        await connection.execute("UPDATE house SET key_epoch = 0")
        await connection.close()
        await asyncio.sleep(LEASE_S + 1.0)
        assert store.writer.key() == 1
        assert not store.writer.alive()


async def test_whoever_hears_of_a_move_late_is_not_confirmed_before(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        await found(store)
        with beside(tmp_path) as other:
            heard: list[bool] = []
            other.on_move(lambda _policy, _key: heard.append(other.alive()))
            moving = asyncio.ensure_future(store.writer.announce(key=True))
            await asyncio.sleep(0.1)
            time.sleep(LEASE_S + 0.5)  # noqa: ASYNC251  # this process does nothing else, as one that is busy
            assert not other.alive()
            await moving
            assert heard == [False]
            assert other.alive()


async def test_without_its_server_a_process_is_not_alive(tmp_path: Path) -> None:
    async with postgres(tmp_path) as store:
        assert store.writer.alive()
        assert isinstance(store.writer, PostgresWriter)
        store.writer._shelf._places = Places(identity="", record=f"postgresql:///x?host={tmp_path}")
        await _cut(tmp_path, store.writer._shelf._connections["record"].get_server_pid())
        for _ in range(100):
            if not store.writer.alive():
                break
            await asyncio.sleep(0.05)
        assert not store.writer.alive()
