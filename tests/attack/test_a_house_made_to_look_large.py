"""A run that ends much is made to look like little: beside a flood or rows nobody can read, or of a small class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.flows import confirm, retain
from lockhouse.gates.ending import carry_on
from lockhouse.model.rows import Record
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.cases import Case

BOOKS = POLICY.replace("for: [fulfilment, accounting], find_by: [exact]", "for: [accounting], find_by: [exact]")
BOOKS = BOOKS.replace("class: transactions, for: [accounting, analytics]}", "class: transactions, for: [accounting]}")
BOOKS = BOOKS.replace("[device_id, order_total, page_path]", "[device_id, page_path]")


async def _view(world: World, number: int, *, channel: str = "web") -> None:
    await world.send(channel, "page", device_id=f"tablet-{number:04}", page_path="/")


async def _order(world: World, number: int) -> None:
    await world.send("backend", "Order Completed", device_id=f"tablet-{number:04}", order_id=f"A{number}",
                     order_total="5.00")  # fmt: skip


async def _run(world: World) -> list[Case]:
    return [one.case for one in await retain.apply(world.house, by="os-user:0", journal=world.journal)]


@pytest.mark.parametrize("flood", [0, 120])
async def test_strangers_who_flood_a_house_make_no_run_look_small(tmp_path: Path, flood: int) -> None:
    world = await World.make(tmp_path)
    await world.new_epochs()
    for number in range(3):
        await _order(world, number)
    world.clock.pass_days(15 * 31)
    await world.new_epochs()
    for number in range(flood):
        await _view(world, number)
    world.house.demo = False
    cases = await _run(world)
    assert cases
    assert all(case.is_unmeant for case in cases)
    assert len(await confirm.much(world.house)) == 1


async def test_rows_spoilt_for_the_moment_of_the_run_count_as_what_ends(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.new_epochs()
    for number in range(3):
        await _view(world, number)
    old = await world.rows(Record)
    world.clock.pass_days(15 * 31)
    await world.new_epochs()
    for number in range(2):
        await _view(world, 10 + number)
    world.house.demo = False
    for row in old:
        world.plant(msgspec.structs.replace(row, boxes=b"x"))
    cases = await _run(world)
    for row in old:
        world.plant(row)
    world.clock.pass_days(4)
    assert {(await carry_on(world.house, case, journal=world.journal)).case.step for case in cases} == {"shut"}
    assert world.journal.serials == []


async def _books(tmp_path: Path, *, orders: int) -> World:
    """Orders of two months ago, views of today that no stranger sent, and a keep that was cut to a month."""
    world = await World.make(tmp_path, BOOKS)
    await world.new_epochs()
    for number in range(orders):
        await _order(world, number)
    world.clock.pass_days(70)
    await world.new_epochs()
    for number in range(260):
        await _view(world, number, channel="backend")
    await world.approve(BOOKS.replace("keep: 84 months after event", "keep: 1 months after event"))
    world.house.demo = False
    return world


async def test_all_of_a_small_class_is_much_though_it_is_little_of_the_house(tmp_path: Path) -> None:
    world = await _books(tmp_path, orders=12)
    [case] = [one for one in await _run(world) if one.run is not msgspec.UNSET and one.run.boxes]
    assert case.run is not msgspec.UNSET
    assert case.run.share < 0.05
    assert case.is_unmeant


async def test_the_last_few_of_a_class_that_nobody_uses_any_more_are_routine(tmp_path: Path) -> None:
    world = await _books(tmp_path, orders=3)
    cases = await _run(world)
    assert cases
    assert await confirm.much(world.house) == []
