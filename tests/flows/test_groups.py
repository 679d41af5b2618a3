"""How requests share a passage through the gate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.gates.collect import Intake
from lockhouse.gates.collect.intake import WORTH_A_GROUP
from lockhouse.model.rows import LedgerEntry, Record
from tests.world import Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.event import Batch


def _batch(world: World, number: int) -> Batch:
    return world.batch("backend", "Order Completed", {"email": f"p{number}@example.com", "order_id": f"A-{number}"})


async def _intakes(world: World) -> int:
    return [entry.kind for entry in await world.rows(LedgerEntry)].count("intake")


async def test_requests_of_one_moment_share_a_group_and_those_that_come_meanwhile_the_next(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    stopped = world.house.commits = Stopped(world.store)
    intake = Intake(world.house)
    first = [asyncio.create_task(intake.collect(_batch(world, number))) for number in range(5)]
    await stopped.reached.wait()
    later = [asyncio.create_task(intake.collect(_batch(world, number))) for number in range(5, 25)]
    await asyncio.sleep(0)
    stopped.go_on.set()
    await asyncio.gather(*first, *later)
    assert len(await world.rows(Record)) == 25
    assert await _intakes(world) == 2


async def test_a_group_waits_while_more_comes_in_turn_after_turn(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    intake = Intake(world.house)
    asked = []
    for number in range(10):  # one a turn of the loop
        asked.append(asyncio.create_task(intake.collect(_batch(world, number))))
        await asyncio.sleep(0)
    await asyncio.gather(*asked)
    assert await _intakes(world) == 1


async def test_who_was_just_answered_and_asks_again_shares_the_group_of_who_waited(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    stopped = world.house.commits = Stopped(world.store)
    intake = Intake(world.house)

    async def twice(number: int) -> None:
        await intake.collect(_batch(world, number))
        await intake.collect(_batch(world, number + 100))

    first = [asyncio.create_task(twice(number)) for number in range(5)]
    await stopped.reached.wait()
    later = [asyncio.create_task(intake.collect(_batch(world, number))) for number in range(5, 10)]
    await asyncio.sleep(0)
    stopped.go_on.set()
    await asyncio.gather(*first, *later)
    assert len(await world.rows(Record)) == 15
    assert await _intakes(world) == 2


@pytest.mark.parametrize(("waiting", "under_way"), [(WORTH_A_GROUP - 1, 1), (WORTH_A_GROUP, 2)])
async def test_what_waits_begins_beside_a_group_once_it_is_worth_one(
    tmp_path: Path, waiting: int, under_way: int
) -> None:
    world = await World.make(tmp_path)
    stopped = world.house.commits = Stopped(world.store)
    intake = Intake(world.house)
    first = asyncio.create_task(intake.collect(_batch(world, 0)))
    await stopped.reached.wait()
    many = [asyncio.create_task(intake.collect(_batch(world, number))) for number in range(1, waiting + 1)]
    for _ in range(3):  # the requests, and the beginning of what they asked for
        await asyncio.sleep(0)
    assert len(intake._tasks) == under_way
    stopped.go_on.set()
    await asyncio.gather(first, *many)
    assert len(await world.rows(Record)) == waiting + 1


async def test_a_lone_request_waits_for_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    [reply] = await asyncio.wait_for(Intake(world.house).collect(_batch(world, 1)), 10)
    assert reply.outcome in {"stored", "trimmed"}
