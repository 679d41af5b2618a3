"""What a house does once a day one worker does, under a fence; a fault or a stop lets another come to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters import jobs
from lockhouse.errors import Unavailable
from lockhouse.flows import daily as flow
from lockhouse.flows.daily import daily
from lockhouse.flows.sweep import odd_jobs
from lockhouse.gates.ending.steps import DAILY
from lockhouse.model.rows import Job
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = b"1" * 16, b"2" * 16


class Work:
    """Counts how often it was done; waits, or fails, when told to."""

    def __init__(self) -> None:
        self.done = 0
        self.fault: Unavailable | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.begun = asyncio.Event()

    async def __call__(self) -> None:
        self.begun.set()
        await self.go_on.wait()
        if self.fault is not None:
            raise self.fault
        self.done += 1


async def _daily(world: World, work: Work, *, owner: bytes = ONE) -> bool:
    return await daily(world.house, jobs, kind=DAILY, owner=owner, act=work)


async def _lived(tmp_path: Path) -> World:
    world = await World.make(tmp_path)
    world.clock.pass_days(2)  # a day was watched
    return world


async def test_a_day_is_done_once_whoever_asks_and_its_job_goes_the_next_day(tmp_path: Path) -> None:
    world, work = await _lived(tmp_path), Work()
    second = await world.second()
    assert [await _daily(world, work), await _daily(world, work), await _daily(second, work, owner=OTHER)] == [
        True, False, False,
    ]  # fmt: skip
    assert work.done == 1
    world.clock.pass_days(1)
    assert await _daily(world, work)
    [job] = await world.rows(Job)
    assert (job.kind, job.state, work.done) == (DAILY, jobs.DONE, 2)
    assert await odd_jobs(world.house, jobs.STATES) == []


async def test_a_fault_lets_the_day_go_and_it_is_done_later(tmp_path: Path) -> None:
    world, work = await _lived(tmp_path), Work()
    work.fault = Unavailable("store: expected an answer, got none")
    with pytest.raises(Unavailable, match="store"):
        await _daily(world, work)
    [job] = await world.rows(Job)
    assert (job.state, job.fault) == (jobs.WAITING, "unavailable")
    work.fault = None
    assert not await _daily(world, work), "it waits a moment first"
    world.clock.pass_days(1 / 24)
    assert await _daily(world, work)
    assert work.done == 1


async def test_a_worker_that_was_stopped_and_lost_its_lease_stops_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "RENEW_S", 0.01)
    world, work, theirs = await _lived(tmp_path), Work(), Work()
    work.go_on.clear()
    slow = asyncio.create_task(_daily(world, work))
    await work.begun.wait()
    assert not await _daily(world, theirs, owner=OTHER), "the lease is renewed while the work lasts"
    await asyncio.sleep(0.05)
    [job] = await world.rows(Job)
    claim = jobs.claim(job, owner=OTHER, now=world.clock.now_ms())  # its lease ran out while it was stopped
    await world.house.commits.commit(claim)
    assert not await slow
    assert work.done == 0
    [job] = await world.rows(Job)
    assert (job.lease_owner, job.state) == (OTHER, jobs.RUNNING)


async def test_nothing_is_done_under_a_clock_that_nobody_watched(tmp_path: Path) -> None:
    world, work = await World.make(tmp_path), Work()
    world.clock.pass_days(3)
    await world.send("account", "identify", email="anna@example.com")
    world.clock.pass_days(3)
    again = await world.restarted()
    assert not await _daily(again, work)
    world.clock.pass_days(1.1)
    assert await _daily(again, work)
    assert work.done == 1
