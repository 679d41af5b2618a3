"""The event that a banner sends when its answer changes counts in a house that took the template as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import consent
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

HOUSE = """
policy: 1
extends: retail@1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr]}
channels:
  web: {kind: segment, key: public, origins: [https://shop.example], stage: live}
  backend: {kind: segment, key: secret, stage: live}
"""
BANNER = "Segment Consent Preference Updated"


async def _words(world: World, by: str, value: str) -> dict[str, bool]:
    person = await world.person(value, by=by)
    return {word.purpose: word.granted for word in await consent.show(world.house, person)}


async def test_a_customer_who_withdraws_and_leaves_has_withdrawn(tmp_path: Path) -> None:
    world = await World.make(tmp_path, HOUSE)
    await world.send("backend", "identify", customer_id="c-1", consent={"Advertising": True})
    assert await _words(world, "customer_id", "c-1") == {"marketing": True}
    world.clock.pass_days(1)
    reply = await world.send("backend", BANNER, customer_id="c-1", consent={"Advertising": False})
    assert reply.outcome != "refused"
    assert await _words(world, "customer_id", "c-1") == {"marketing": False}


@pytest.mark.parametrize("channel", ["web", "backend"])
async def test_a_visitor_who_objects_to_analytics_has_objected(tmp_path: Path, channel: str) -> None:
    world = await World.make(tmp_path, HOUSE)
    await world.send("web", "page", device_id="d-1", page_path="/", consent={"Analytics": True})
    world.clock.pass_days(1)
    await world.send(channel, BANNER, device_id="d-1", consent={"Analytics": False, "Advertising": False})
    assert (await _words(world, "device_id", "d-1"))["analytics"] is False
