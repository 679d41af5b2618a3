"""What has been kept long enough ends: one month a run, shut first, destroyed three days later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Conflict, Refused, Unavailable
from lockhouse.flows import request, retain
from lockhouse.gates.epochs import ensure_epochs
from lockhouse.model.rows import EpochKey
from lockhouse.model.scale import KeyState
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

BY = "os-user:0"


async def _states(world: World) -> dict[tuple[int, int], int]:
    return {(row.compartment, row.epoch): row.state async for rows in world.store.scan(EpochKey) for row in rows}


async def test_the_plan_names_only_what_ends_for_everybody_at_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    plan = await retain.plan(world.house)
    assert plan
    assert {one.purposes for one in plan} <= {("analytics",), ("accounting",), ("accounting", "analytics")}
    assert [one.due_at for one in plan] == sorted(one.due_at for one in plan)
    assert retain.next_run(plan, now=world.clock.now_ms()) == []


async def test_a_run_shuts_one_month_and_a_later_one_destroys_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    world.clock.pass_days(15 * 31)
    await ensure_epochs(world.house, world.house.live().policy.compartments)
    due = retain.next_run(await retain.plan(world.house), now=world.clock.now_ms())
    assert due
    assert len({retain.month(one.epoch) for one in due}) == 1

    done = await retain.apply(world.house, by=BY, journal=world.journal)
    assert {one.case.step for one in done} == {"shut"}
    states = await _states(world)
    assert {states[one.compartment, one.epoch] for one in due} == {KeyState.SHUT}
    assert world.journal.serials == []

    world.clock.pass_days(3.1)
    later = await retain.apply(world.house, by=BY, journal=world.journal)
    states = await _states(world)
    assert {states[one.compartment, one.epoch] for one in due} == {KeyState.DESTROYED}
    assert len(world.journal.serials) == len(due) == sum(one.case.step == "done" for one in later)


async def test_a_month_that_is_shut_is_not_called_off_and_ends_when_it_is_due(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    world.clock.pass_days(15 * 31)
    await ensure_epochs(world.house, world.house.live().policy.compartments)
    [shut, *_] = await retain.apply(world.house, by=BY, journal=world.journal)
    with pytest.raises(Conflict, match="got one of a month"):
        await request.undo(world.house, shut.case, by="os-user:1000")
    world.clock.pass_days(3.1)
    await retain.apply(world.house, by=BY, journal=world.journal)
    assert (await _states(world))[shut.case.compartment, shut.case.epoch] == KeyState.DESTROYED


async def test_nobody_skips_the_cooling_time_of_a_real_house(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    world.house.demo = False
    with pytest.raises(Refused):
        await retain.apply(world.house, by=BY, journal=world.journal, at_once=True)


async def test_a_clock_that_was_set_ends_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await retain.apply(world.house, by=BY, journal=world.journal)
    before = await _states(world)
    world.clock.jump_days(15 * 31)
    with pytest.raises(Unavailable):
        await retain.apply(world.house, by=BY, journal=world.journal)
    assert await _states(world) == before
