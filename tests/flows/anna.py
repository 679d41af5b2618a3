"""A customer of the tests of endings: two identifiers, an order, a yes."""

from __future__ import annotations

from tests.world import World

EMAIL, PHONE = "anna.schmidt@example.com", "+4930123456"


async def anna(world: World) -> bytes:
    """Her id, with all of that in the house."""
    await world.send(
        "account", "Order Completed", email=EMAIL, phone=PHONE, order_id="A-1", consent={"Advertising": True}
    )
    return await world.person(EMAIL)


async def contact(world: World, person: bytes) -> str:
    """The compartment of the person's that holds the e-mail address."""
    live = world.house.live()
    parts = [live.compartments[one] for one in world.house.keyring.serials(person) if one]
    [name] = [one.name for one in parts if one.class_ == "contact" and "marketing" in one.purposes]
    return name
