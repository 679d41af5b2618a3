"""A burst of erasures stops and asks, of persons and of compartments alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.detection.burst import ERASURES
from lockhouse.errors import Refused
from lockhouse.flows import request
from tests.flows.anna import contact
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("is_part", [False, True], ids=["persons", "compartments"])
async def test_one_erasure_more_than_an_hour_is_likely_to_bring_stops_and_asks(
    tmp_path: Path, *, is_part: bool
) -> None:
    world = await World.make(tmp_path)
    emails = [f"person-{number}@example.com" for number in range(ERASURES.most + 1)]
    await world.send_all([("account", "Order Completed", {"email": one, "order_id": one}) for one in emails])
    persons = [await world.person(one) for one in emails]
    part = await contact(world, persons[0]) if is_part else None
    for person in persons[:-1]:
        await world.erase(person, compartment=part, now=False)
    with pytest.raises(Refused, match="erasures: expected at most 20 an hour"):
        await world.erase(persons[-1], compartment=part, now=False)
    done = await request.open_erasure(world.house, persons[-1], by="os-user:0", compartment=part, anyway=True)
    assert done.case.step == "shut"
    world.clock.pass_days(1 / 24)
    await world.send("account", "Order Completed", email="late@example.com", order_id="L-1")
    assert (await world.erase(await world.person("late@example.com"), compartment=part, now=False)).step == "shut"


@pytest.mark.parametrize("days", [1.5, 2.5])
async def test_erasures_asked_for_under_a_clock_that_was_days_behind_count_as_those_of_now(
    tmp_path: Path, days: float
) -> None:
    world = await World.make(tmp_path)
    emails = [f"person-{number}@example.com" for number in range(ERASURES.most + 1)]
    await world.send_all([("account", "Order Completed", {"email": one, "order_id": one}) for one in emails])
    world.clock.pass_days(3)
    await world.new_epochs()
    await world.send("account", "Order Completed", email="late@example.com", order_id="L-1")
    world.clock.jump_days(-days)
    world = await world.restarted()
    persons = [await world.person(one) for one in emails]
    for person in persons[:-1]:
        await request.open_erasure(world.house, person, by="os-user:0")
    world.clock.jump_days(days)
    world = await world.restarted()
    with pytest.raises(Refused, match="erasures: expected at most 20 an hour"):
        await request.open_erasure(world.house, persons[-1], by="os-user:0")
