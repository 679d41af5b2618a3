"""Who has a part of them erased leaves nothing of it in quarantine, where it would lie under keys that live on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.flows import confirm, lapse, request
from lockhouse.flows.quarantine import end_quarantine
from lockhouse.gates.cases import LAPSE, advance
from lockhouse.gates.ending import carry_on, steps
from lockhouse.gates.quarantine import box_of, ends_at
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Quarantined
from tests.attack.test_quarantine import accounting
from tests.flows.test_trial import ANNA, TRIAL, WIDER, order, replay
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from lockhouse.gates.ending import Case


async def test_a_part_that_was_erased_leaves_nothing_in_quarantine_and_its_certificate_names_the_copies(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon=None, order_total="twelve euro")
    await order(world, 2, email="ben@example.com")
    case = await world.erase(await world.person(ANNA), compartment=accounting(world), now=False)
    assert len(await world.rows(Quarantined)) == 2, "it can be called off"
    ends = ends_at(box_of((await world.rows(Quarantined))[0]).epoch)
    world.clock.pass_days(1.1)
    done = await request.fulfil(world.house, case, journal=world.journal)
    [left] = await world.rows(Quarantined)
    assert left.person == await world.person("ben@example.com")
    residues = msgspec.json.decode(done.case.statement)["residues"]
    [until] = [one["until"] for one in residues if "waited for a replay" in one["what"]]
    assert until == ends + DAY_MS // 24, "the key of the day ends in the round of the hour behind its 72 hours"
    world.clock.pass_days((until - world.clock.now_ms()) / DAY_MS)
    assert await end_quarantine(world.house, journal=world.journal) == (1, 1)


async def test_a_part_whose_erasure_is_called_off_keeps_what_waits_for_a_replay(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world)
    case = await world.erase(await world.person(ANNA), compartment=accounting(world), now=False)
    await request.undo(world.house, case, by="os-user:1000")
    await world.approve(WIDER)
    assert (await replay(world)).added == 1


async def test_a_part_of_many_events_is_taken_out_of_quarantine_in_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "STEP", 2)
    world = await World.make(tmp_path, TRIAL)
    for number in range(5):
        await order(world, number)
    await world.erase(await world.person(ANNA), compartment=accounting(world))
    assert await world.rows(Quarantined) == []


async def test_what_came_in_behind_a_lapse_that_waits_for_a_word_is_replayed_and_not_taken_away(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await world.send("account", "identify", email=ANNA)
    world.clock.pass_days(37 * 31)
    await world.new_epochs()
    world.house.demo = False
    run = await lapse.apply(world.house, by="os-user:0", journal=world.journal)
    assert all(case.is_unmeant for case in run.cases)
    world.house.demo = True  # so that a wider policy waits for nobody
    world.clock.pass_days(60)
    await world.new_epochs()
    for number in (1, 2):
        await order(world, number)
    await world.approve(WIDER)
    assert (await replay(world)).added == 2
    await order(world, 3, shoe_size="41")
    [waits] = await confirm.much(world.house)
    meant = await confirm.confirm(world.house, waits.extent.id, by="os-user:0", ends=waits.extent.boxes)
    world.clock.pass_days(2.05)
    for case in meant.cases:
        assert (await carry_on(world.house, case, journal=world.journal)).case.step == "done"
    assert len(await world.rows(Quarantined)) == 1
    shoe = "  shoe_size: {type: text, class: transactions, for: [fulfilment]}\nevents:"
    await world.approve(WIDER.replace("events:", shoe, 1).replace("country, coupon]", "country, coupon, shoe_size]"))
    assert (await replay(world)).added == 1


async def test_what_came_in_before_a_lapse_waits_and_goes_with_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, at=world.clock.at - 30 * DAY_MS)
    row = (await world.rows(Quarantined))[0]
    case = await _lapse_of(world, await world.person(ANNA), asked_at=row.at)
    await world.approve(WIDER)
    assert (await replay(world)).added == 0
    assert (await carry_on(world.house, case, journal=world.journal, now=True)).case.step == "done"
    assert await world.rows(Quarantined) == []


async def _lapse_of(world: World, person: bytes, *, asked_at: int) -> Case:
    """What an erasure of a part has shut, as a lapse would have."""
    case = await world.erase(person, compartment=accounting(world), now=False)
    lapsing = msgspec.structs.replace(case, reason=LAPSE, asked_at=asked_at)
    await advance(world.house, lapsing, was=case)
    return lapsing


async def test_a_part_erased_where_nothing_ever_waited_names_no_copies_of_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY)
    await order(world)
    case = await world.erase(await world.person(ANNA), compartment=accounting(world))
    assert b"waited for a replay" not in case.statement
