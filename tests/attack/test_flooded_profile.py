"""Many events with a key that anyone can read, about a customer who proved who they are: they hide nothing of theirs.

What is folded has a bound, so whoever sends more records than that must not choose which of them are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.boxkeys import BOX_KEYS_KEPT
from lockhouse.flows import link, look
from lockhouse.gates.disclose import FOLD_LIMIT, covered
from lockhouse.gates.pace import ROWS_A_STEP, Footing
from lockhouse.model.scale import Proof
from tests.flows.folded import ANNA, OPENED, ORDERS, folded, in_full, profile, shop, told
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

HERS, OTHER = "anna@example.com", "anna@example.org"


async def _flood(world: World, email: str) -> None:
    world.clock.pass_days(1)
    for first in range(0, FOLD_LIMIT, 100):
        await world.send_all(
            [
                ("web", "identify", {"email": email, "name": "Mallory", "message_id": f"{email}{number}"})
                for number in range(first, first + 100)
            ]
        )


async def test_what_she_proved_is_shown_after_more_typed_records_than_are_folded(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=HERS, name="Anna Schmidt", order_id="A-1")
    await _flood(world, HERS)
    [row] = [row for row in await world.indexes(HERS) if row.proof == Proof.PROVEN]
    view = await world.reveal(row.person)
    name, order = view.fields["name"], view.fields["order_id"]
    assert (name.value, name.proof, name.channel) == ("Anna Schmidt", Proof.PROVEN, "account")
    assert order.value == "A-1"
    assert (view.records, view.total, view.truncated) == (FOLD_LIMIT, FOLD_LIMIT + 1, True)


async def test_what_came_with_a_secret_key_is_shown_after_more_public_records_than_are_folded(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", email=HERS, name="Anna Schmidt", order_id="A-1")
    await _flood(world, HERS)
    view = await world.reveal(await world.person(HERS))
    assert (view.fields["name"].value, view.fields["name"].channel) == ("Anna Schmidt", "backend")


async def test_of_two_who_are_one_the_flooded_one_does_not_push_out_the_other(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", email=HERS, name="Anna Schmidt", order_id="A-1")
    await _flood(world, OTHER)
    person = await world.person(HERS)
    await link.make(world.house, person, await world.person(OTHER), by="os-user:0")
    view = await world.reveal(person)
    assert (view.fields["name"].value, view.fields["name"].channel) == ("Anna Schmidt", "backend")
    assert view.total == FOLD_LIMIT + 1


async def test_a_timeline_still_begins_with_the_newest(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=HERS, name="Anna Schmidt", order_id="A-1")
    await _flood(world, HERS)
    [row] = [row for row in await world.indexes(HERS) if row.proof == Proof.PROVEN]
    view = await look.show(world.house, await world.ask("support", action="timeline"), row.person)
    assert {one.channel for one in view.timeline} == {"web"}
    assert view.truncated


async def test_a_flood_of_new_devices_takes_no_more_memory_than_is_set_and_costs_no_customer_theirs(
    tmp_path: Path,
) -> None:
    """What a process holds in memory of persons is bounded; the rows of a flood stay until their keep has passed."""
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=HERS, order_id="A-1")
    keyring = world.house.keyring
    keyring._cache = 32
    for first in range(0, 240, 80):
        events = [("web", "page", {"device_id": f"d-{first + number}"}) for number in range(80)]
        assert {reply.outcome for reply in await world.send_all(events)} == {"stored"}
        assert len(keyring._rings) <= keyring._cache
        assert max(len(ring.box_keys) for ring in keyring._rings.values()) <= BOX_KEYS_KEPT
    assert not keyring._minted
    [view] = await world.find(HERS)
    assert view.fields["order_id"].value == "A-1"


async def _dated_ahead(world: World, many: int) -> None:
    """Each is believed more than those before it, and was collected before them: none covers another."""
    last = world.clock.now_ms() + many * 1000
    for number in range(many):
        world.clock.pass_days(0.1 / 86_400)
        await world.send("web", "Order Completed", email=ANNA, country="FR", at=last - number * 50)


@pytest.mark.parametrize("most", [50, 10])
async def test_a_look_decides_over_no_more_in_clear_than_it_has_a_bound_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(covered, "MOST_CLEAR", most)
    world, anna = await shop(tmp_path)
    await _dated_ahead(world, OPENED)
    await folded(world, anna)
    view = await profile(world, anna)
    if most > OPENED:
        assert told(view) == told(await in_full(world, anna))
    else:
        assert (view.records, view.total, view.truncated) == (OPENED, ORDERS + OPENED, True)
        assert view.fields["order_id"].channel == "backend", "what came with a secret key is believed more"


async def test_a_look_takes_a_step_for_every_few_records_that_it_walks_and_each_value_that_it_decides_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    steps = 0
    step = Footing.step

    async def counted(footing: Footing, steps_: int = 1) -> None:
        nonlocal steps
        steps += 1
        await step(footing, steps_)

    monkeypatch.setattr(Footing, "step", counted)
    await profile(world, anna)
    before, steps = steps, 0
    await _dated_ahead(world, OPENED)
    await profile(world, anna)
    assert steps >= before + OPENED + OPENED // ROWS_A_STEP
