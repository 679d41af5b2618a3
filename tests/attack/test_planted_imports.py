"""A database administrator would have the house itself take a customer's records back, or skip rows of a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from lockhouse.errors import Tampered, Unavailable
from lockhouse.gates.authority import signed
from lockhouse.gates.imports import UNDONE, batches
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Import, Imported, Record
from tests.flows.files import brought, orders, paper, undone
from tests.flows.test_bring import PowerCut
from tests.flows.test_state import AtWork
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


async def test_a_record_that_is_said_to_have_come_with_a_batch_is_not_taken_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    kept = await world.send("backend", "Order Completed", email="c1@example.com", order_id="L-1")
    told = await brought(world, paper(world, orders(3)))
    [one, *_] = await world.rows(Imported)
    assert kept.record is not None
    world.plant(Imported(told.row.id, kept.record, one.message, one.mac))
    with pytest.raises(Tampered, match="import_record"):
        await undone(world, told.row.id)
    assert len(await world.rows(Record)) == 4
    assert await world.findings() == []


async def test_a_record_whose_row_was_taken_away_is_missed_by_the_undo(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(600)))
    [one, *_] = await world.rows(Imported)
    world.drop(one)
    done = await undone(world, told.row.id)
    assert (done.records, done.row.stored) == (599, 1)
    assert [row.id for row in await world.rows(Record)] == [one.record]
    assert await world.findings() == []


@pytest.mark.parametrize("change", [{"line": 10_000}, {"state": 3}, {"channel": 7}, {"fence": 9}, {"stored": 2}])
async def test_a_batch_whose_row_was_edited_is_neither_gone_on_with_nor_taken_back(
    tmp_path: Path, change: dict[str, int]
) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(3))
    told = await brought(world, file)
    world.plant(msgspec.structs.replace(told.row, **change))
    for act in (brought(world, file), undone(world, told.row.id), batches(world.house)):
        with pytest.raises(Tampered, match="import_batch"):
            await act
    assert len(await world.rows(Record)) == 3


async def test_an_older_row_of_a_batch_put_back_stores_no_row_twice(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(600))
    told = await brought(world, file)
    await undone(world, told.row.id)
    [row] = await world.rows(Import)
    assert row.state == UNDONE
    again = await brought(world, file)
    world.plant(row)  # as if it had been taken back: nothing is asked of the file's rows
    once_more = await brought(world, file)
    assert (once_more.row.stored, once_more.row.duplicate) == (again.row.stored, 0)
    assert len(await world.rows(Record)) == 600
    assert await world.findings() == []


async def _found(world: World) -> list[tuple[str, str]]:
    state = await verify_state(world.house)
    return [(one.kind, one.where.partition(",")[0]) for one in state.findings.kept]


async def test_a_batch_whose_row_was_taken_away_or_put_back_is_found(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(3))
    begun = (await brought(world, file)).row
    assert await _found(world) == []
    world.drop(begun)
    assert await _found(world) == [("missing-row", "import")]
    world.plant(begun)
    await undone(world, begun.id)
    [row] = await world.rows(Import)
    assert (row.state, await _found(world)) == (UNDONE, [])
    world.plant(begun)  # as if nobody had taken it back
    assert await _found(world) == [("rolled-back-row", "import_batch")]
    world.plant(row)
    world.clock.pass_days(1)
    again = await brought(world, file)
    assert await _found(world) == []
    world.plant(row)
    assert await _found(world) == [("rolled-back-row", "import_batch")]
    world.plant(msgspec.structs.replace(again.row, stored=1))
    assert await _found(world) == [("edited-row", "import_batch")]


@pytest.mark.parametrize("state", ["done", "being taken back", "taken back", "cut off"])
async def test_of_a_batch_it_is_found_that_records_are_not_said_any_more_to_have_come_with_it(
    tmp_path: Path, state: str
) -> None:
    world = await World.make(tmp_path)
    if state == "cut off":
        world.house.commits = PowerCut(world.store, after=12)
        with pytest.raises(Unavailable):
            await brought(world, paper(world, orders(3_000)))
        world.house.commits = world.store
    else:
        await brought(world, paper(world, orders(600)))
    [batch] = await world.rows(Import)
    if state == "being taken back":
        world.house.commits = PowerCut(world.store, after=2)
        with pytest.raises(Unavailable):
            await undone(world, batch.id)
        world.house.commits = world.store
    [batch] = await world.rows(Import)
    assert batch.stored >= 100
    assert await _found(world) == []
    [gone, other, *_] = await world.rows(Imported)
    world.drop(gone)
    world.drop(other)
    uncounted = len(await world.rows(Imported)) + 2 - batch.stored
    for row in (await world.rows(Imported))[:uncounted]:  # which the batch's row does not count yet
        world.drop(row)
    if state == "taken back":
        await undone(world, batch.id)
    [one] = (await verify_state(world.house)).findings.kept
    assert (one.kind, one.where) == ("missing-row", f"import_record, batch {batch.id.hex()}")
    assert one.sentence.startswith(f"2 of the {2 if state == 'taken back' else batch.stored} records that came with it")


async def test_of_whom_a_batch_brought_and_who_was_erased_since_nothing_is_missed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    file = paper(world, orders(3))
    told = await brought(world, file)
    await world.erase(await world.person("c2@example.com"))
    assert await _found(world) == []
    await undone(world, told.row.id)
    assert await _found(world) == []


async def test_what_a_batch_at_work_brings_or_takes_back_meanwhile_is_no_finding(tmp_path: Path) -> None:
    for after in range(1, 22):
        (tmp_path / f"{after}").mkdir()
        world = await World.make(tmp_path / f"{after}")
        file, busy = paper(world, orders(3)), await world.second()
        told = await brought(world, file)
        deeds: list[Callable[[], Awaitable[Any]]] = [
            partial(undone, busy, told.row.id), partial(brought, busy, file), partial(undone, busy, told.row.id),
        ]  # fmt: skip
        world.clock.at += 1_000
        world.house.reads = cast("Any", AtWork(world, deeds, after=after))
        assert await _found(world) == [], after


async def test_a_batch_that_names_no_entry_of_the_ledger_is_found(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(3)))
    row = msgspec.structs.replace(told.row, entry=b"\1" * 16)
    world.plant(signed(row, world.house.integrity_key))
    assert await _found(world) == [("edited-row", "import_batch")]
