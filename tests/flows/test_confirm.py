"""A retention run that ends much is shut at once, and destroyed when two mean it, or one who is alone has waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import NotFound, Refused, Tampered
from lockhouse.flows import confirm, hold, lapse, request, retain
from lockhouse.gates.cases import row_of, sound_cases
from lockhouse.gates.ending import carry_on
from lockhouse.gates.holds import Terms
from lockhouse.gates.state import verify_state
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import EpochKey, LedgerEntry, PolicyVersion, Tombstone
from lockhouse.model.scale import KeyState
from tests.flows.anna import anna
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.ending import Case

BY, OTHER, WORKER = "os-user:0", "os-user:1000", "service:work"
DEVICE = "tablet-0042"


async def _views(world: World, many: int) -> None:
    await world.new_epochs()
    for number in range(many):
        await world.send("web", "page", device_id=f"{DEVICE}-{number % 7}", page_path="/")


async def _due(tmp_path: Path, *, old: int = 3, new: int = 2) -> World:
    """Page views of a month that is over by its keep, and of today."""
    world = await World.make(tmp_path)
    await _views(world, old)
    world.clock.pass_days(15 * 31)
    await _views(world, new)
    world.house.demo = False
    return world


async def _run(world: World, *, by: str = BY) -> list[Case]:
    return [one.case for one in await retain.apply(world.house, by=by, journal=world.journal)]


async def _states(world: World, cases: list[Case]) -> set[int]:
    places = {(case.compartment, case.epoch) for case in cases}
    return {row.state for row in await world.rows(EpochKey) if (row.compartment, row.epoch) in places}


async def _acts(world: World, by: str) -> None:
    """Another user of the machine opens a request here, and calls it off."""
    await world.send("account", "identify", email="bert@example.org", name="Bert")
    done = await request.open_erasure(world.house, await world.person("bert@example.org"), by=by)
    await request.undo(world.house, done.case, by=by)


async def test_what_ends_much_is_shut_at_once_and_waits_for_a_second_person(tmp_path: Path) -> None:
    world = await _due(tmp_path)
    await _acts(world, OTHER)
    cases = await _run(world)
    assert {case.step for case in cases} == {"shut"}
    assert await _states(world, cases) == {KeyState.SHUT}
    world.clock.pass_days(30)
    assert {(await carry_on(world.house, case, journal=world.journal)).case.step for case in cases} == {"shut"}
    assert {case.step for case in await _run(world)} <= {"shut"}, "a later month may be shut meanwhile"
    assert world.journal.serials == []

    [waits, *_] = await confirm.much(world.house)
    extent = waits.extent
    assert (extent.is_much, extent.meant, 0 < extent.boxes < extent.of_boxes) == (True, False, True)
    for number in (None, extent.boxes + 1):
        with pytest.raises(Refused, match="run: expected the number of boxes that end") as caught:
            await confirm.confirm(world.house, extent.id, by=OTHER, ends=number)
        assert caught.value.hint == f"--ends {extent.boxes}"
    first = await confirm.confirm(world.house, extent.id, by=BY, ends=extent.boxes)
    assert not first.extent.meant
    with pytest.raises(Refused, match="run: expected a second person, as much ends, got the same"):
        await confirm.confirm(world.house, extent.id, by=BY, ends=extent.boxes)
    meant = await confirm.confirm(world.house, extent.id, by=OTHER, ends=extent.boxes)
    assert (meant.extent.meant, meant.extent.told, meant.destroy_at) == (True, (BY, OTHER), waits.destroy_at)
    await _run(world)
    assert await _states(world, cases) == {KeyState.DESTROYED}
    assert len(world.journal.serials) == len(cases)
    with pytest.raises(NotFound, match="run: expected one that waits for a word"):
        await confirm.confirm(world.house, extent.id, by=BY, ends=extent.boxes)
    assert (await verify_state(world.house)).findings.kept == []
    assert [row.kind for row in await world.rows(LedgerEntry)].count("confirmation") == 2


async def test_who_is_alone_says_how_much_and_waits_two_days_more(tmp_path: Path) -> None:
    world = await _due(tmp_path)
    cases = await _run(world)
    [waits] = await confirm.much(world.house)
    world.clock.pass_days(1)
    meant = await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)
    assert meant.extent.meant
    world.clock.pass_days(3.9)
    await _run(world)
    assert await _states(world, cases) == {KeyState.SHUT}
    world.clock.pass_days(0.2)
    await _run(world)
    assert await _states(world, cases) == {KeyState.DESTROYED}


async def test_nobody_who_says_it_late_shortens_the_two_days(tmp_path: Path) -> None:
    world = await _due(tmp_path)
    cases = await _run(world)
    world.clock.pass_days(20)
    [waits, *_] = await confirm.much(world.house)
    await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)
    world.clock.pass_days(1.9)
    await _run(world)
    assert await _states(world, cases) == {KeyState.SHUT}
    world.clock.pass_days(0.2)
    await _run(world)
    assert await _states(world, cases) == {KeyState.DESTROYED}


async def test_what_the_worker_began_two_persons_mean_where_there_are_two(tmp_path: Path) -> None:
    world = await _due(tmp_path)
    await _acts(world, OTHER)
    cases = await _run(world, by=WORKER)
    [waits] = await confirm.much(world.house)
    first = await confirm.confirm(world.house, waits.extent.id, by=OTHER, ends=waits.extent.boxes)
    assert not first.extent.meant
    with pytest.raises(Refused, match="got the same"):
        await confirm.confirm(world.house, waits.extent.id, by=OTHER, ends=waits.extent.boxes)
    second = await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)
    assert (second.extent.meant, second.extent.told) == (True, (OTHER, BY))
    world.clock.pass_days(3.1)
    await _run(world)
    assert await _states(world, cases) == {KeyState.DESTROYED}


async def test_a_timer_that_runs_under_a_user_of_its_own_is_no_second_person(tmp_path: Path) -> None:
    world = await _due(tmp_path)
    cases = await _run(world, by="os-user:990")
    [waits] = await confirm.much(world.house)
    meant = await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)
    assert (meant.extent.meant, meant.is_alone) == (True, True)
    world.clock.pass_days(4.9)
    await _run(world, by="os-user:990")
    assert await _states(world, cases) == {KeyState.SHUT}
    world.clock.pass_days(0.2)
    await _run(world, by="os-user:990")
    assert await _states(world, cases) == {KeyState.DESTROYED}


async def test_who_placed_a_legal_hold_has_acted_here(tmp_path: Path) -> None:
    world = await _due(tmp_path)
    await world.send("account", "identify", email="bert@example.org", name="Bert")
    bert = await world.person("bert@example.org")
    due = world.clock.at + 30 * DAY_MS
    terms = Terms(reason="lawsuit", basis="AZ-7", persons=(bert,), compartments=(), review_at=due)
    await hold.place(world.house, terms, by=OTHER)
    await _run(world)
    [waits] = await confirm.much(world.house)
    assert not (await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)).extent.meant
    assert (await confirm.confirm(world.house, waits.extent.id, by=OTHER, ends=waits.extent.boxes)).extent.meant


async def test_a_routine_run_waits_for_nobody(tmp_path: Path) -> None:
    world = await _due(tmp_path, old=1, new=40)
    cases = await _run(world)
    assert await confirm.much(world.house) == []
    world.clock.pass_days(3.1)
    await _run(world)
    assert await _states(world, cases) == {KeyState.DESTROYED}


def _seen(cases: list[Case]) -> list[tuple[int, bool]]:
    """How many boxes of a hundred the runs of what is shut end, and whether that is much."""
    runs = {case.run for case in cases if case.step == "shut" and case.run is not msgspec.UNSET}
    return [(round(100 * run.share), run.is_much) for run in runs if run.boxes]


async def test_a_month_is_weighed_with_all_that_are_due_though_a_run_takes_one(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for _ in range(12):
        await _views(world, 1)
        world.clock.pass_days(31)
    world.clock.pass_days(14 * 31)
    await _views(world, 12)
    world.house.demo = False
    seen = []
    while cases := await _run(world):
        seen += _seen(cases)
        world.clock.pass_days(1.1)
    assert seen[0] == (4, True)
    assert {much for _, much in seen} == {True}
    assert world.journal.serials == [], "of none of them, however many days go by"


async def test_what_runs_of_the_last_weeks_ended_counts_along(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for days in (31, 31, 31):
        await _views(world, 2)
        world.clock.pass_days(days)
    world.clock.pass_days(10 * 31 - 20)
    await _views(world, 60)
    world.house.demo = False
    seen = []
    for keep in (13, 12, 11):
        world.house.demo = True
        await world.approve(POLICY.replace("keep: 13 months after event", f"keep: {keep} months after event"))
        world.house.demo = False
        seen += _seen(await _run(world))
        world.clock.pass_days(3)
    assert seen == [(3, False), (3, True)]


async def test_more_than_twice_the_usual_share_is_much_though_it_is_no_twentieth(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for many in (1, 1, 1, 1, 4):
        await _views(world, many)
        world.clock.pass_days(30)
    world.clock.pass_days(8 * 31 - 15)
    await _views(world, 100)
    world.house.demo = False
    seen = []
    for _ in range(5):
        world.clock.pass_days(31)
        await world.new_epochs()
        seen += _seen(await _run(world))
    assert seen == [(1, False), (1, False), (1, False), (1, False), (4, True)]


async def test_a_month_that_waits_for_a_word_comes_back_once_the_keep_is_put_right(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _views(world, 3)
    world.clock.pass_days(100)
    await _views(world, 2)
    await world.approve(POLICY.replace("keep: 13 months after event", "keep: 2 months after event"))
    world.house.demo = False
    cases = await _run(world)
    [waits] = await confirm.much(world.house)
    world.house.demo = True
    await world.approve(POLICY)
    world.house.demo = False
    world.clock.pass_days(10)
    assert {(await carry_on(world.house, case, journal=world.journal)).case.step for case in cases} == {"cancelled"}
    assert await _states(world, cases) == {KeyState.LIVE}
    with pytest.raises(NotFound, match="run: expected one that waits"):
        await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)


async def test_persons_who_were_not_seen_for_years_wait_for_a_word_where_they_are_many(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await anna(world)
    world.clock.pass_days(37 * 31)
    await world.new_epochs()
    await world.send("account", "identify", email="bert@example.org", name="Bert")
    world.house.demo = False
    run = await lapse.apply(world.house, by=BY, journal=world.journal)
    assert {case.step for case in run.cases} == {"shut"}
    [waits] = await confirm.much(world.house)
    assert {case.id for case in waits.cases} == {case.id for case in run.cases}
    world.clock.pass_days(4)
    for case in run.cases:
        assert (await request.fulfil(world.house, case, journal=world.journal)).case.step == "shut"
    meant = await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)
    world.clock.pass_days(2.1)
    done = [(await carry_on(world.house, case, journal=world.journal)).case.step for case in meant.cases]
    assert set(done) == {"done"}
    assert await world.rows(Tombstone)


async def test_some_of_many_idle_persons_are_weighed_with_all_of_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for number in range(30):
        await world.send("account", "identify", email=f"c{number}@example.org", name="Bert")
    world.clock.pass_days(37 * 31)
    await world.new_epochs()
    world.house.demo = False
    for _ in range(3):
        run = await lapse.apply(world.house, by=BY, journal=world.journal, most=1)
        assert (run.is_full, len(run.cases[0].persons), run.cases[0].is_unmeant) == (True, 1, True)
        world.clock.pass_days(1.1)


async def test_nobody_is_alone_by_taking_away_who_else_has_acted(tmp_path: Path) -> None:
    world = await _due(tmp_path)
    await _acts(world, OTHER)
    await _run(world)
    [waits] = await confirm.much(world.house)
    for case in (await sound_cases(world.house, also_closed=True))[0]:
        if case.by == OTHER:
            world.drop(row_of(case, world.house.integrity_key))
    assert not (await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)).extent.meant
    for row in await world.rows(LedgerEntry):
        if OTHER.encode() in row.body:
            world.drop(row)
    with pytest.raises(Tampered):
        await confirm.confirm(world.house, waits.extent.id, by=BY, ends=waits.extent.boxes)


async def test_a_demo_house_asks_nothing_and_counts_nothing(tmp_path: Path) -> None:
    world = await _due(tmp_path)
    world.house.demo = True
    cases = await _run(world)
    assert {case.run for case in cases} == {msgspec.UNSET}
    assert all(b"\xa3run" not in row_of(case, world.house.integrity_key).body for case in cases), (
        "a row of before is compared as it was written"
    )
    assert await world.rows(PolicyVersion)
