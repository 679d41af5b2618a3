"""An erased person's rows leave the store, and the ledger accounts for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.flows import sweep as flow
from lockhouse.flows.sweep import odd_jobs, plan_again, sweep
from lockhouse.model.change import Change, Conflict
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Deletion, Job, LedgerEntry, Outbox, Record
from lockhouse.wiring import jobs
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.model.change import Committed
    from lockhouse.model.ports import Commits

ANNA, BERT = "anna@example.com", "bert@example.com"
WORKER = bytes(16)


async def erased(tmp_path: Path, *, orders: int) -> World:
    """A world in which Anna is erased with her rows still there, and Bert is not."""
    world = await World.make(tmp_path)
    await world.send_all(
        [
            ("backend", "Order Completed", {"email": ANNA, "order_id": f"A-{n}", "order_total": "1"})
            for n in range(orders)
        ]
    )
    await world.send("backend", "Order Completed", email=BERT, order_id="B-1", order_total="1")
    await world.erase(await world.person(ANNA))
    return world


async def test_the_rows_go_in_chunks_and_the_records_still_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "CHUNK", 2)
    world = await erased(tmp_path, orders=5)
    swept = await sweep(world.house, jobs, owner=WORKER)
    assert (swept.jobs, swept.records, swept.faults) == (1, 5, ())
    [left] = await world.rows(Record)
    assert left.person == await world.person(BERT)
    assert len(await world.rows(Deletion)) == 5
    assert (await world.kinds()).count("deletion") == 3
    assert await world.findings() == []
    assert {row.person for row in await world.rows(Outbox)} == {left.person}
    assert {row.state for row in await world.rows(Job)} == {jobs.DONE}


async def test_each_deletion_names_the_erasures_completion(tmp_path: Path) -> None:
    world = await erased(tmp_path, orders=1)
    await sweep(world.house, jobs, owner=WORKER)
    entries = await world.rows(LedgerEntry)
    [completion] = [entry for entry in entries if entry.kind == "completion"]
    [deletion] = [entry for entry in entries if entry.kind == "deletion"]
    assert completion.id.hex().encode() in deletion.body
    assert b'"erasure"' in deletion.body


async def test_a_sweep_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    world = await erased(tmp_path, orders=1)
    await sweep(world.house, jobs, owner=WORKER)
    before = await world.kinds()
    assert (await sweep(world.house, jobs, owner=WORKER)).jobs == 0
    assert await world.kinds() == before


async def test_a_worker_that_dies_between_two_chunks_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "CHUNK", 2)
    world = await erased(tmp_path, orders=5)
    dying = world.house.commits = Dying(world.house.commits, chunks=1)
    with pytest.raises(KilledError):
        await sweep(world.house, jobs, owner=WORKER)
    world.house.commits = dying.inner
    assert (await sweep(world.house, jobs, owner=b"b" * 16)).jobs == 0  # the dead one's lease still runs
    world.clock.pass_days((jobs.LEASE_MS + 1) / DAY_MS)
    swept = await sweep(world.house, jobs, owner=b"b" * 16)
    assert (swept.jobs, swept.records) == (1, 3)
    assert len(await world.rows(Deletion)) == 5
    assert await world.findings() == []


async def test_a_worker_that_woke_up_late_removes_nothing(tmp_path: Path) -> None:
    world = await erased(tmp_path, orders=1)
    [job] = await world.rows(Job)
    now = world.clock.now_ms()
    await world.store.commit(jobs.claim(job, owner=WORKER, now=now))
    late = jobs.claimed(job, owner=WORKER, now=now)
    world.clock.pass_days((jobs.LEASE_MS + 1) / DAY_MS)
    await world.store.commit(jobs.claim(late, owner=b"b" * 16, now=world.clock.now_ms()))
    change, _ = jobs.step(late, cursor=late.cursor, now=now)
    rows = [row for row in await world.rows(Record) if row.person == job.cursor[:16]]
    full = flow._with_deletions(world.house, change, rows, by=job.cursor[16:])
    answer = await world.store.commit(msgspec.structs.replace(full, deadline=0))
    assert isinstance(answer, Conflict)
    assert answer.because == "fenced"
    assert len(await world.rows(Deletion)) == 0


async def test_a_row_that_was_changed_before_it_was_swept_is_found(tmp_path: Path) -> None:
    world = await erased(tmp_path, orders=1)
    person = (await world.rows(Job))[0].cursor[:16]
    [row] = [row for row in await world.rows(Record) if row.person == person]
    world.plant(msgspec.structs.replace(row, occurred_at=row.occurred_at - 1))
    await sweep(world.house, jobs, owner=WORKER)
    assert len(await world.rows(Record)) == 1
    assert {finding.kind for finding in await world.findings()} >= {"unfounded-deletion"}


EDITS: dict[str, dict[str, object] | None] = {
    "kind": {"kind": "x"}, "state": {"state": 7}, "done": {"state": jobs.DONE}, "given up": {"state": jobs.FAILED},
    "cursor": {"cursor": bytes(32)}, "due": {"run_at": 2**60}, "fence": {"fence": 2**63 - 1},
    "lease": {"state": jobs.RUNNING, "lease_until": 2**60}, "name": {"kind": "x", "dedupe": None}, "gone": None,
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
async def test_an_erased_persons_rows_go_whatever_somebody_makes_of_their_sweep(
    tmp_path: Path, edit: dict[str, object] | None
) -> None:
    world = await erased(tmp_path, orders=2)
    [job] = await world.rows(Job)
    if edit is None:
        world.drop(job)
    else:
        world.plant(msgspec.structs.replace(job, **edit))
    assert await plan_again(world.house) == 1
    swept = await sweep(world.house, jobs, owner=WORKER)
    assert (swept.records, swept.faults) == (2, ())
    [left] = await world.rows(Record)
    assert left.person == await world.person(BERT)
    assert await world.findings() == []
    assert await plan_again(world.house) == 0


async def test_who_is_not_erased_is_not_swept_and_a_sweep_stands_once(tmp_path: Path) -> None:
    world = await erased(tmp_path, orders=1)
    await world.erase(await world.person(BERT), now=False)
    for _ in range(2):
        assert await plan_again(world.house) == 1
    assert len(await world.rows(Job)) == 1


async def test_a_sweep_under_way_that_is_planned_again_begins_anew(tmp_path: Path) -> None:
    world = await erased(tmp_path, orders=1)
    [job] = await world.rows(Job)
    now = world.clock.now_ms()
    await world.store.commit(jobs.claim(job, owner=WORKER, now=now))
    held = jobs.claimed(job, owner=WORKER, now=now)
    assert await plan_again(world.house) == 1
    change, _ = jobs.step(held, cursor=held.cursor, now=now)
    assert isinstance(await world.store.commit(change), Conflict)
    assert (await sweep(world.house, jobs, owner=WORKER)).records == 1


async def test_a_job_that_nobody_does_is_named(tmp_path: Path) -> None:
    world = await erased(tmp_path, orders=1)
    assert await odd_jobs(world.house, jobs.STATES) == []
    [job] = await world.rows(Job)
    others = [
        msgspec.structs.replace(job, id=b"k" * 16, kind="x"), msgspec.structs.replace(job, id=b"s" * 16, state=-1),
    ]  # fmt: skip
    for other in others:
        world.plant(other)
    assert await odd_jobs(world.house, jobs.STATES) == [other.id for other in others]


class KilledError(Exception):
    """The process ended here."""


class Dying:
    """Commits until so many chunks of records are removed; at the next one the process is gone."""

    def __init__(self, inner: Commits, *, chunks: int) -> None:
        self.inner = inner
        self._left = chunks

    async def commit(self, change: Change) -> Committed | Conflict:
        if change.entries and self._left == 0:
            raise KilledError
        self._left -= bool(change.entries)
        return await self.inner.commit(change)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        return [await self.commit(change) for change in changes]

    async def scrub(self) -> None:
        await self.inner.scrub()
