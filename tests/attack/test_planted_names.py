"""Someone plants names in an observed channel: values as keys, sent again and again until they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.gates import sights
from lockhouse.model.rows import Drop
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

WATCHED = POLICY.replace("stage: live}\n  account", "stage: observe}\n  account").replace(
    "origins: [https://shop.example], stage: live", "origins: [https://shop.example], stage: observe"
)
NAMES = ("jane_doe", "MaxMustermann", "anna_at_example_com", "deadbeefcafe" * 2 + "deadbeef")
EVENT = "Invited Jane Doe"
MANY = 3 * sights.SENDERS


async def planted(world: World, channel: str, number: int, **sender: Any) -> None:
    tree = {"order_id": f"A-{number}", "carts": dict.fromkeys(NAMES, 1), **sender}
    await world.send_all([(channel, "Order Completed", tree), (channel, EVENT, tree)])


async def shown(world: World) -> set[str]:
    stored = repr(await world.rows(Drop))
    assert "properties.*.*" in stored or "properties.carts.*" in stored
    return {name for name in (*NAMES, EVENT) if name in stored}


async def test_one_sender_cannot_make_a_key_or_an_event_shown(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    for number in range(MANY):
        await planted(world, "backend", number, email=("jane@example.com", "JANE@Example.com")[number % 2])
    assert await shown(world) == set()


async def test_one_person_on_many_devices_is_one_sender(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    for number in range(MANY):
        await planted(world, "backend", number, email="jane@example.com", device_id=f"d-{number}")
    assert await shown(world) == set()


@pytest.mark.parametrize("sender", [{}, {"device_id": "unknown"}, {"email": "not an address"}])
async def test_what_nobody_is_named_for_makes_no_key_shown(tmp_path: Path, sender: dict[str, str]) -> None:
    world = await World.make(tmp_path, WATCHED)
    for number in range(MANY):
        await planted(world, "backend", number, **sender)
    assert await shown(world) == set()


async def test_a_public_key_makes_no_key_and_no_event_shown(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    for number in range(MANY):
        await planted(world, "web", number, email=f"jane{number}@example.com", device_id=f"d-{number}")
    assert await shown(world) == set()


async def test_the_tags_of_senders_are_another_processes_no_more(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    other = await world.second()
    for one in (world, other):
        await planted(one, "backend", 1, email="jane@example.com")
    [mine], [theirs] = world.house.sighted.values(), other.house.sighted.values()
    assert mine.sender("jane@example.com") != theirs.sender("jane@example.com")
