"""The worker's rounds of endings: one that is spoilt holds up nobody's erasure, and a month a day is destroyed."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import msgspec
import pytest
from structlog.testing import capture_logs

from lockhouse import wiring
from lockhouse.faces.metrics import Tally
from lockhouse.faces.serve.desk import Answers
from lockhouse.faces.workers.task import Running, Task
from lockhouse.faces.workers.work import Worker
from lockhouse.flows import accept, approve, confirm, request, retain
from lockhouse.gates.cases import sound_cases
from lockhouse.gates.ending import begin_person
from lockhouse.gates.epochs import ensure_epochs
from lockhouse.model.change import Change, Delete, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import EpochKey, Identifier, Intent, Job, Record, Tombstone
from lockhouse.model.scale import KeyState
from lockhouse.policy.document import parse
from tests.attack.real_house import found, send, today
from tests.world import POLICY, Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.wiring import Opened

BY = "os-user:0"


@asynccontextmanager
async def _working(folder: Path, clock: Clock) -> AsyncIterator[tuple[Worker, Opened]]:
    """The worker as it has just been started, in this process."""
    async with wiring.opened(folder, role="work", lane="work", clock=clock) as one:
        task = Task(folder=folder, name="work", listener=-1, metrics=-1, lifeline=-1)
        running = Running(
            task=task,
            opened=one,
            tally=Tally("work"),
            answers=Answers(),
            ending=asyncio.Event(),
            leaving=asyncio.Event(),
        )
        yield Worker(running), one


async def _persons(one: Opened, emails: list[str]) -> list[bytes]:
    """Customers with an order each, in the order of their addresses."""
    persons = []
    for email in emails:
        known = {row.person async for rows in one.house.reads.scan(Identifier) for row in rows}
        await send(one.house, [("account", "Order Completed", {"email": email, "order_id": email})])
        now = {row.person async for rows in one.house.reads.scan(Identifier) for row in rows}
        [person] = now - known
        persons.append(person)
    return persons


async def _ended(one: Opened) -> set[bytes]:
    return {row.person async for rows in one.house.reads.scan(Tombstone) for row in rows}


async def _plant(one: Opened, case: bytes, **columns: object) -> None:
    """An administrator edits an intent."""
    row = (await one.house.reads.get(Intent, [(case,)]))[(case,)]
    await one.house.commits.commit(Change("record", puts=(Put(Intent.TABLE, msgspec.structs.replace(row, **columns)),)))


@pytest.mark.parametrize("at_start", [False, True], ids=["in its rounds", "at its start"])
async def test_an_ending_that_cannot_go_on_holds_up_nobody_elses(tmp_path: Path, *, at_start: bool) -> None:
    """Of one the intent was edited, of one a row was taken away; the third has asked for nothing but to be erased."""
    folder, clock = await found(tmp_path), today()
    async with wiring.opened(folder, role="console", clock=clock) as one:
        first, second, third = await _persons(one, ["a@example.com", "b@example.com", "c@example.com"])
        cases = []
        for person in (first, second, third):
            due = clock.now_ms() + DAY_MS
            cases.append(await begin_person(one.house, person, by=BY, reason="erasure", destroy_at=due))
        await _plant(one, cases[0].id, at=1)
    with sqlite3.connect(folder / "identity.db") as store:
        store.execute("DELETE FROM person WHERE id = ?", (second,))
    store.close()
    async with _working(folder, clock) as (worker, one):
        if at_start:
            await worker.replay()
        clock.pass_days(1.1)
        for _ in range(2):
            await worker.endings()
        assert await _ended(one) == {second, third}
        assert (await request.find_case(one.house, cases[2].id)).step == "done"


@pytest.mark.parametrize("state", [-1, 1, 7])
async def test_an_erasure_does_not_stall_by_the_state_of_its_intent(tmp_path: Path, state: int) -> None:
    """One column edited: it is named, mended by what its MAC proves, and carried out on its day."""
    folder, clock = await found(tmp_path), today()
    async with wiring.opened(folder, role="console", clock=clock) as one:
        [person] = await _persons(one, ["a@example.com"])
        case = (await request.open_erasure(one.house, person, by=BY)).case
        await _plant(one, case.id, state=state)
    with capture_logs() as lines:
        async with _working(folder, clock) as (worker, one):
            clock.pass_days(1.1)
            await worker.stalled()
            await worker.endings()
            assert await _ended(one) == {person}
            assert (await request.find_case(one.house, case.id)).step == "done"
    assert [line["event"] for line in lines if line.get("case") == case.id.hex()] == [
        "ending spoilt", "ending mended", "ending",
    ]  # fmt: skip


async def test_an_erasure_whose_intent_was_taken_away_is_named_once(tmp_path: Path) -> None:
    folder, clock = await found(tmp_path), today()
    async with wiring.opened(folder, role="console", clock=clock) as one:
        [person] = await _persons(one, ["a@example.com"])
        case = (await request.open_erasure(one.house, person, by=BY)).case
        await one.house.commits.commit(Change("record", deletes=(Delete(Intent.TABLE, (case.id,)),)))
    with capture_logs() as lines:
        async with _working(folder, clock) as (worker, _):
            for _ in range(2):
                await worker.stalled()
                await worker.endings()
    assert [line["case"] for line in lines if line["event"] == "ending spoilt"] == [case.id.hex()]


async def test_a_sweep_edited_by_hand_is_planned_again(tmp_path: Path) -> None:
    folder, clock = await found(tmp_path), today()
    async with wiring.opened(folder, role="console", clock=clock) as one:
        [person] = await _persons(one, ["a@example.com"])
        case = (await request.open_erasure(one.house, person, by=BY)).case
        await request.fulfil(one.house, case, journal=one.journal, now=True)
    with closing(sqlite3.connect(folder / "record.db")) as store, store:
        store.execute("UPDATE job SET kind = 'x'")
    async with _working(folder, clock) as (worker, one):
        await worker.jobs()
        assert await one.house.reads.find(Record, ("person",), [(person,)])
        await worker.sweeps()
        await worker.jobs()
        assert not await one.house.reads.find(Record, ("person",), [(person,)])


async def test_of_months_that_are_due_one_a_day_is_destroyed(tmp_path: Path) -> None:
    folder, clock = await found(tmp_path), today()
    async with wiring.opened(folder, role="console", clock=clock) as one:  # it has run all the time
        for _ in range(16):
            clock.pass_days(31)
            await ensure_epochs(one.house, one.house.live().policy.compartments)
            await send(one.house, [("account", "identify", {"email": "a@example.com"})])
    async with _working(folder, clock) as (worker, one):
        await accept.clock(one.house, by=BY)
        await ensure_epochs(one.house, one.house.live().policy.compartments)
        for _ in range(2):
            await retain.apply(one.house, by=BY, journal=one.journal)
        clock.pass_days(4)

        async def months() -> set[str]:
            rows = [row async for chunk in one.house.reads.scan(EpochKey) for row in chunk]
            return {retain.month(row.epoch) for row in rows if row.state == KeyState.DESTROYED}

        seen = []
        for _ in range(2):
            for _ in range(3):
                await worker.endings()
            seen.append(len(await months()))
            clock.pass_days(1.01)
    assert seen == [1, 2]


async def test_a_run_that_ends_much_waits_and_opens_again_once_its_keep_is_put_right(tmp_path: Path) -> None:
    folder, clock = await found(tmp_path), today()
    async with wiring.opened(folder, role="console", clock=clock) as one:  # it has run all the time
        await send(one.house, [("web", "page", {"device_id": "tablet-0042", "page_path": "/"})])
        for _ in range(4):
            clock.pass_days(31)
            await ensure_epochs(one.house, one.house.live().policy.compartments)
            await send(one.house, [("account", "identify", {"email": "a@example.com"})])
    async with _working(folder, clock) as (worker, one):
        await accept.clock(one.house, by=BY)
        await _approve(one, POLICY.replace("keep: 13 months after event", "keep: 2 months after event"))
        one.house.demo = False
        done = await retain.apply(one.house, by="service:work", journal=one.journal)
        places = [(one.case.compartment, one.case.epoch) for one in done if one.case.is_unmeant]

        async def states() -> set[int]:
            return {row.state for row in (await one.house.reads.get(EpochKey, places)).values()}

        for _ in range(10):
            clock.pass_days(1)
            await worker.endings()
            await worker.stalled()
        assert await states() == {KeyState.SHUT}
        one.house.demo = True  # so that the keep is put right at once
        await _approve(one, POLICY)
        await worker.stalled()
        assert await states() == {KeyState.LIVE}


async def test_once_a_day_the_worker_shuts_a_month_and_who_was_not_seen_and_destroys_much_only_when_meant(
    tmp_path: Path,
) -> None:
    folder, clock = await found(tmp_path), today()
    async with wiring.opened(folder, role="console", clock=clock) as one:  # it has run all the time
        persons = set(await _persons(one, [f"anna{number}@example.com" for number in range(12)]))
        for _ in range(40):
            clock.pass_days(31)
            await ensure_epochs(one.house, one.house.live().policy.compartments)
            await send(one.house, [("account", "identify", {"email": "bert@example.com"})])
    with capture_logs() as lines:
        async with _working(folder, clock) as (worker, one):
            await accept.clock(one.house, by=BY)
            await ensure_epochs(one.house, one.house.live().policy.compartments)
            one.house.demo = False
            for _ in range(3):
                await worker.retention()
            [first] = [line for line in lines if line["event"] == "retention run"]
            listed, _ = await sound_cases(one.house)
            assert {(case.by, case.step, case.what) for case in listed} == {
                ("service:work", "shut", "epoch"), ("service:work", "shut", "compartment"),
            }  # fmt: skip
            assert len({retain.month(case.epoch) for case in listed if case.what == "epoch"}) == 1
            assert first["endings"] == len(listed)
            assert first["unmeant"] == sum(case.is_unmeant for case in listed) > 0
            clock.pass_days(1)
            await worker.retention()
            assert len([line for line in lines if line["event"] == "retention run"]) == 2
            clock.pass_days(4)
            await worker.endings()
            assert persons.isdisjoint(await _ended(one))
            [lapse] = [run for run in await confirm.much(one.house) if run.cases[0].what == "compartment"]
            await confirm.confirm(one.house, lapse.extent.id, by=BY, ends=lapse.extent.boxes)
            clock.pass_days(2.1)
            await worker.endings()
            assert persons <= await _ended(one)


async def test_a_house_that_says_so_has_no_run_of_the_workers(tmp_path: Path) -> None:
    folder, clock = await found(tmp_path), today()
    settings = folder / "lockhouse.toml"
    settings.write_text(settings.read_text("utf-8") + "retention_runs = false\n", "utf-8")
    async with _working(folder, clock) as (worker, one):
        clock.pass_days(2)
        await worker.retention()
        assert [row async for rows in one.house.reads.scan(Job) for row in rows] == []


async def _approve(one: Opened, policy: str) -> None:
    document = parse({"policy.yaml": policy}, templates=wiring.template)
    draft = await approve.draft_of(one.house, document, wiring.KINDS)
    await approve.approve(one.house, draft, policy.encode(), by=BY)
