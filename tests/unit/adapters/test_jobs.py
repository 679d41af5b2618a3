"""Jobs: claim, step, finish, fail; and that of two workers only one can write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.jobs import (
    DONE,
    FAILED,
    LEASE_MS,
    LONGEST_PAUSE_MS,
    MAX_ATTEMPTS,
    RUNNING,
    WAITING,
    Work,
    claim,
    claimed,
    due,
    fail,
    finish,
    may_claim,
    plan,
    step,
)
from lockhouse.model.change import Change, Committed, Conflict
from lockhouse.model.rows import Job, Record
from tests.ports.stores import STORES, Store, a_record, found, must, put, why
from tests.ports.writer_entry import make_parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OWNER, OTHER = b"o" * 16, b"x" * 16


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with STORES[request.param](tmp_path) as opened:
        await found(opened)
        yield opened


def _now() -> int:
    return make_parts().clock.now_ms()


async def _planned(store: Store, *, dedupe: str = "2026-11-23") -> Job:
    [done] = await must(store, plan("retain", dedupe=dedupe, run_at=_now()))
    assert isinstance(done, Committed)
    [job] = await store.reads.find(Job, ("dedupe",), [(dedupe,)])
    return job


async def _claimed(store: Store, job: Job, *, owner: bytes = OWNER, now: int | None = None) -> Job:
    at = _now() if now is None else now
    await must(store, claim(job, owner=owner, now=at))
    return claimed(job, owner=owner, now=at)


async def test_a_job_is_planned_once(store: Store) -> None:
    job = await _planned(store)
    assert why(await store.writer.commit(plan("retain", dedupe="2026-11-23", run_at=1))) == "planned"
    assert (await store.reads.get(Job, [(job.id,)]))[job.id,].run_at == job.run_at
    assert (await _planned(store, dedupe="2026-11-24")).id != job.id


async def test_of_two_workers_with_one_job_in_hand_one_gets_it(store: Store) -> None:
    job = await _planned(store)
    answers = await store.writer.commit_each([claim(job, owner=owner, now=_now()) for owner in (OWNER, OTHER)])
    assert [why(answer) for answer in answers] == ["", "fenced"]
    assert (await store.reads.get(Job, [(job.id,)]))[job.id,].lease_owner == OWNER


async def test_two_workers_cannot_both_commit_a_step(store: Store) -> None:
    slept = await _claimed(store, await _planned(store))
    woke = await _claimed(store, slept, owner=OTHER, now=_now())
    records = [a_record(), a_record()]
    late, _ = step(slept, cursor=b"late", now=_now(), work=Work(puts=(put(records[0]),)))
    fresh, after = step(woke, cursor=b"fresh", now=_now(), work=Work(puts=(put(records[1]),)))
    answers = await store.writer.commit_each([late, fresh])
    assert [why(answer) for answer in answers] == ["fenced", ""]
    assert set(await store.reads.get(Record, [(record.id,) for record in records])) == {(records[1].id,)}
    assert (await store.reads.get(Job, [(woke.id,)]))[woke.id,] == after


async def test_without_the_fence_the_late_worker_would_write(store: Store) -> None:
    slept = await _claimed(store, await _planned(store))
    await _claimed(store, slept, owner=OTHER)
    record = a_record()
    late, _ = step(slept, cursor=b"late", now=_now(), work=Work(puts=(put(record),)))
    assert isinstance(await store.writer.commit(Change("record", puts=late.puts)), Committed)


async def test_a_step_after_its_lease_is_refused_though_nobody_took_the_job(store: Store) -> None:
    slept = await _claimed(store, await _planned(store), now=_now() - LEASE_MS - 1_000)
    change, _ = step(slept, cursor=b"late", now=_now())
    assert await store.writer.commit(change) == Conflict("", (), "deadline")


async def test_steps_go_on_from_each_other_until_the_last(store: Store) -> None:
    job = await _claimed(store, await _planned(store))
    for cursor in (b"1", b"2"):
        change, job = step(job, cursor=cursor, now=_now())
        await must(store, change)
    await must(store, finish(job))
    done = (await store.reads.get(Job, [(job.id,)]))[job.id,]
    assert (done.state, done.cursor, done.lease_owner) == (DONE, b"2", None)
    assert not may_claim(done, now=_now() + 10**9)


async def test_a_job_that_fails_waits_longer_each_time_and_then_stops(store: Store) -> None:
    job = await _planned(store)
    pauses = []
    for _ in range(MAX_ATTEMPTS):
        held = await _claimed(store, job)
        now = _now()
        await must(store, fail(held, now=now, fault="unavailable"))
        job = (await store.reads.get(Job, [(job.id,)]))[job.id,]
        pauses.append(job.run_at - now)
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_MS
    assert (job.state, job.fault, job.attempts) == (FAILED, "unavailable", MAX_ATTEMPTS)


def test_jobs_are_due_in_their_order_and_leases_that_ran_out_count() -> None:
    def job(number: int, *, state: int, run_at: int, lease_until: int | None = None) -> Job:
        return Job(bytes([number]) * 16, "k", None, b"", state, 0, run_at, OWNER, lease_until, 0, None)

    jobs = [
        job(1, state=WAITING, run_at=50),
        job(2, state=WAITING, run_at=101),
        job(3, state=RUNNING, run_at=10, lease_until=99),
        job(4, state=RUNNING, run_at=10, lease_until=100),
        job(5, state=DONE, run_at=1),
    ]
    assert [found_job.id[0] for found_job in due(jobs, now=100)] == [3, 1]
