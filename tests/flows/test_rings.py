"""Which keys a new person is given, and how more come to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import KeyRing
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL, DEVICE = "anna@example.com", "tablet-0042"


def _classes(world: World, person: bytes) -> set[str]:
    live = world.house.live()
    return {live.compartments[number].class_ for number in world.house.keyring.serials(person) if number}


async def test_a_device_gets_keys_of_what_devices_send_and_a_customer_of_what_customers_send(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "page", device_id=DEVICE, page_path="/")
    await world.send("account", "identify", email=EMAIL, name="Anna")
    device, customer = await world.person(DEVICE, by="device_id"), await world.person(EMAIL)
    assert "behaviour" in _classes(world, device)
    assert "behaviour" not in _classes(world, customer)
    assert {"contact", "transactions"} <= _classes(world, customer), "an order of theirs needs no further commit"
    assert "location" not in _classes(world, customer), "a country is kept in the clear"
    [before] = [row for row in await world.rows(KeyRing) if row.person == customer]
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", order_total="1.50", country="DE")
    [after] = [row for row in await world.rows(KeyRing) if row.person == customer]
    assert after.version == before.version == 1


async def test_what_nobody_foresaw_extends_the_ring_once_and_opens(tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY.replace("events:", "events:\n  Review: [loyalty_id, page_path]"))
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", order_total="1")
    person = await world.person(EMAIL)
    assert "behaviour" not in _classes(world, person), "nothing that carries an e-mail address carries a page"
    await world.send("account", "identify", email=EMAIL, loyalty_id="L-7001234")
    for path in ("/shoes", "/boots"):
        assert (await world.send("account", "Review", loyalty_id="L-7001234", page_path=path)).outcome == "stored"
    [ring] = await world.rows(KeyRing)
    assert (ring.person, ring.version) == (person, 2)
    other = await world.second()
    shown = await other.reveal(person, role="analyst", reason=None)
    assert shown.fields["page_path"].value == "/boots"
    case = await world.erase(person)
    assert set(case.serials) == set(world.journal.serials)
    assert await world.rows(KeyRing) == []


async def test_nobody_is_given_a_key_for_what_only_data_of_years_ago_can_fill(tmp_path: Path) -> None:
    """An address that is too old to deliver by, and young enough for the newsletter, has a compartment of its own."""
    world = await World.make(tmp_path)
    live = world.house.live()
    [rare] = [one.compartment for one in live.policy.slots if one.name == "email@marketing"]
    sent = {"email": EMAIL, "consent": {"Advertising": True}}
    await world.send("account", "identify", **sent)
    person = await world.person(EMAIL)
    assert rare not in world.house.keyring.serials(person)
    late = {**sent, "email": "eva@example.com"}
    await world.send("account", "identify", **late, at=world.clock.at - 32 * 31 * DAY_MS)
    assert rare in world.house.keyring.serials(await world.person("eva@example.com"))
