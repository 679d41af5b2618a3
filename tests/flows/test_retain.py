"""What has been kept long enough ends: one month a run, shut first, destroyed three days later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Conflict, Refused, Tampered, Unavailable
from lockhouse.flows import look, request, retain, wait
from lockhouse.gates.ending import begin_epoch, carry_on
from lockhouse.gates.epochs import ensure_epochs
from lockhouse.gates.live import load_live
from lockhouse.gates.state import verify_state
from lockhouse.gates.versions import withdraw
from lockhouse.model.rows import EpochKey, PolicyVersion, Tombstone
from lockhouse.model.scale import KeyState
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.ending import Case

BY = "os-user:0"
EMAIL = "anna.schmidt@example.com"
MID_MONTH = int(datetime(2027, 1, 10, tzinfo=UTC).timestamp() * 1000)


async def _states(world: World) -> dict[tuple[int, int], int]:
    return {(row.compartment, row.epoch): row.state async for rows in world.store.scan(EpochKey) for row in rows}


async def test_the_plan_names_only_what_ends_for_everybody_at_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    plan = await retain.plan(world.house)
    assert plan
    assert {one.purposes for one in plan} <= {("analytics",), ("accounting",), ("accounting", "analytics")}
    assert [one.due_at for one in plan] == sorted(one.due_at for one in plan)
    assert retain.next_run(plan, now=world.clock.now_ms()) == []


@pytest.mark.asvs("14.2.7")
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
    with pytest.raises(Conflict, match="got one of a month it does not"):
        await request.undo(world.house, shut.case, by="os-user:1000")
    world.clock.pass_days(3.1)
    await retain.apply(world.house, by=BY, journal=world.journal)
    assert (await _states(world))[shut.case.compartment, shut.case.epoch] == KeyState.DESTROYED


SHORTER = POLICY.replace("keep: 13 months after event", "keep: 2 months after event")


async def _shortened(tmp_path: Path) -> tuple[World, dict[tuple[int, int], int], list[Case]]:
    """A page view of three months ago, a keep that was shortened to two by mistake, and a run that shut its month."""
    world = await World.make(tmp_path, at=MID_MONTH)
    await world.send("account", "identify", email=EMAIL, device_id="tablet-0042")
    await world.send("web", "page", device_id="tablet-0042", page_path="/")
    world.clock.pass_days(100)
    await world.new_epochs()
    before = await _states(world)
    assert await _paths(world) == ["/"]
    await world.approve(SHORTER)
    assert await _paths(world) == [], "a shortened keep counts at once"
    done = await retain.apply(world.house, by=BY, journal=world.journal)
    assert {one.case.step for one in done} == {"shut"}
    return world, before, [one.case for one in done]


async def _carried(world: World, cases: list[Case]) -> set[str]:
    return {(await carry_on(world.house, case, journal=world.journal)).case.step for case in cases}


async def _paths(world: World) -> list[Any]:
    ask = await world.ask("analyst", purpose="analytics", mode="full")
    view = await look.show(world.house, ask, await world.person("tablet-0042", by="device_id"))
    return [one.value for name, one in view.fields.items() if name == "page_path" and one.state == "open"]


async def test_a_month_that_a_shortened_keep_ended_opens_again_once_the_keep_is_put_right(tmp_path: Path) -> None:
    world, before, shut = await _shortened(tmp_path)
    for case in shut:
        with pytest.raises(Conflict, match="got one of a month it does not"):
            await request.undo(world.house, case, by=BY)
    await world.approve(POLICY)
    assert await _paths(world) == [], "its key is shut"
    assert {(await request.undo(world.house, case, by=BY)).step for case in shut} == {"cancelled"}
    assert await _paths(world) == ["/"]
    assert before.items() <= (await _states(world)).items()
    assert (await verify_state(world.house)).findings.kept == []
    world.clock.pass_days(4)
    assert await retain.apply(world.house, by=BY, journal=world.journal) == []
    assert world.journal.serials == []


async def test_a_month_is_put_back_by_itself_where_the_keep_was_put_right_before_its_destruction(
    tmp_path: Path,
) -> None:
    world, before, shut = await _shortened(tmp_path)
    await world.approve(POLICY)
    world.clock.pass_days(3.1)
    assert await _carried(world, shut) == {"cancelled"}
    assert before.items() <= (await _states(world)).items()
    assert await _paths(world) == ["/"]


async def test_nothing_is_destroyed_that_a_policy_which_waits_would_keep(tmp_path: Path) -> None:
    world, before, shut = await _shortened(tmp_path)
    world.clock.pass_days(2)
    world.house.demo = False
    await world.approve(POLICY)
    assert world.house.live().waiting is not None
    world.clock.pass_days(1.5)
    assert await _carried(world, shut) == {"shut"}
    assert world.journal.serials == []
    world.clock.pass_days(1)
    assert await wait.come_due(world.house) == 3
    assert await _carried(world, shut) == {"cancelled"}
    assert before.items() <= (await _states(world)).items()


async def test_what_a_policy_that_was_withdrawn_would_have_kept_is_destroyed(tmp_path: Path) -> None:
    world, _, shut = await _shortened(tmp_path)
    world.clock.pass_days(2)
    world.house.demo = False
    await world.approve(POLICY)
    await withdraw(world.house, 3, by=BY)
    world.clock.pass_days(1.5)
    assert await _carried(world, shut) == {"done"}
    assert sorted(world.journal.serials) == sorted(serial for case in shut for serial in case.serials)


async def test_a_policy_that_was_withdrawn_and_put_back_holds_no_destruction_up(tmp_path: Path) -> None:
    world, _, shut = await _shortened(tmp_path)
    world.clock.pass_days(2)
    world.house.demo = False
    await world.approve(POLICY)
    [waited] = [row for row in await world.rows(PolicyVersion) if row.id == 3]
    await withdraw(world.house, 3, by=BY)
    world.plant(waited)
    await load_live(world.house)
    world.clock.pass_days(2.5)
    with pytest.raises(Tampered, match="expected the version as it was left last"):
        await wait.come_due(world.house)
    assert await _carried(world, shut) == {"done"}


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


async def test_days_of_a_compartment_of_a_former_policy_end_as_days(tmp_path: Path) -> None:
    """Kept for five days, then a policy keeps for longer: what the first collected ends as was promised then."""
    short = POLICY.replace("keep: 13 months after event", "keep: 5 days after event")
    world = await World.make(tmp_path, short, at=MID_MONTH)
    await world.send("web", "page", device_id="tablet-0042", page_path="/")
    await world.approve(POLICY)
    world.clock.pass_days(8)
    await world.new_epochs()
    due = retain.next_run(await retain.plan(world.house), now=world.clock.now_ms())
    assert len(due) > 1
    done = await retain.apply(world.house, by=BY, journal=world.journal)
    assert {(one.case.compartment, one.case.epoch) for one in done} == {(one.compartment, one.epoch) for one in due}
    assert {one.case.step for one in done} == {"shut"}


async def test_an_epoch_that_cannot_go_holds_up_none_of_the_others(tmp_path: Path) -> None:
    """The key of one was taken away after its intent and before it was shut: nobody can say which key ends."""
    world = await World.make(tmp_path)
    world.clock.pass_days(15 * 31)
    await ensure_epochs(world.house, world.house.live().policy.compartments)
    [one, *others] = retain.next_run(await retain.plan(world.house), now=world.clock.now_ms())
    assert others
    await begin_epoch(world.house, one.compartment, one.epoch, by=BY, reason="retention", destroy_at=0)
    [row] = [row for row in await world.rows(EpochKey) if (row.compartment, row.epoch) == (one.compartment, one.epoch)]
    world.drop(row)
    with pytest.raises(Tampered, match="epoch: expected the row of a key that is to end, got none"):
        await retain.apply(world.house, by=BY, journal=world.journal)
    states = await _states(world)
    assert {states[other.compartment, other.epoch] for other in others} == {KeyState.SHUT}


async def test_an_epoch_whose_key_was_taken_away_is_certified_by_what_its_case_says(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    world.clock.pass_days(15 * 31)
    await ensure_epochs(world.house, world.house.live().policy.compartments)
    done = await retain.apply(world.house, by=BY, journal=world.journal)
    for row in await world.rows(EpochKey):
        if row.state == KeyState.SHUT:
            world.drop(row)
    world.clock.pass_days(3.1)
    later = await retain.apply(world.house, by=BY, journal=world.journal)
    assert [one.case.step for one in later[: len(done)]] == ["done"] * len(done)
    serials = {serial for one in done for serial in one.case.serials}
    assert serials == set(world.journal.serials) == {row.serial for row in await world.rows(Tombstone)}


async def test_a_month_that_an_open_case_ends_is_not_begun_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    [row, *_] = await world.rows(EpochKey)
    world.clock.pass_days(40)
    await begin_epoch(world.house, row.compartment, row.epoch, by=BY, reason="due", destroy_at=0)
    with pytest.raises(Conflict, match="epoch: expected one that no open case ends"):
        await begin_epoch(world.house, row.compartment, row.epoch, by=BY, reason="due", destroy_at=0)
