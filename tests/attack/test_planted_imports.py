"""A database administrator would have the house itself take a customer's records back, or skip rows of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered
from lockhouse.gates.authority import signed
from lockhouse.gates.imports import UNDONE, batches
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Import, Imported, Record
from tests.flows.files import brought, orders, paper, undone
from tests.world import World

if TYPE_CHECKING:
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


async def test_a_batch_that_names_no_entry_of_the_ledger_is_found(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = await brought(world, paper(world, orders(3)))
    row = msgspec.structs.replace(told.row, entry=b"\1" * 16)
    world.plant(signed(row, world.house.integrity_key))
    assert await _found(world) == [("edited-row", "import_batch")]
