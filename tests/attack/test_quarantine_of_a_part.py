"""Who has a part of them erased leaves nothing of it in quarantine, where it would lie under keys that live on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.flows import request
from lockhouse.flows.quarantine import end_quarantine
from lockhouse.gates.ending import steps
from lockhouse.gates.quarantine import box_of, ends_at
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Quarantined
from tests.attack.test_quarantine import accounting
from tests.flows.test_trial import ANNA, TRIAL, WIDER, order, replay
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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


async def test_a_part_erased_where_nothing_ever_waited_names_no_copies_of_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY)
    await order(world)
    case = await world.erase(await world.person(ANNA), compartment=accounting(world))
    assert b"waited for a replay" not in case.statement
