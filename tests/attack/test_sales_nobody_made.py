"""Nobody is made a customer by a key that anyone can read, by a row that was planted, or by a claim beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import consent, look
from lockhouse.model.rows import Consent
from lockhouse.model.scale import ConsentState
from tests.flows.test_soft_opt_in import EMAIL, ORDER, SOFT, kept_for, may_write, sales_of
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

VICTIM, PHONE = "eva@example.com", "+491701234500"
REACHED = SOFT.replace(
    "phone: {type: phone, class: contact, for: [fulfilment]",
    "phone: {type: phone, class: contact, for: [fulfilment, marketing]",
)


async def test_an_order_that_a_page_can_send_makes_nobody_a_customer(tmp_path: Path) -> None:
    """Whoever reads the page's key could put anybody on the newsletter's list."""
    world = await World.make(tmp_path, SOFT)
    await world.send("account", "identify", email=VICTIM)
    await world.send("web", "Order Completed", **ORDER | {"email": VICTIM})
    await world.send("account", "identify", email=VICTIM)
    assert await sales_of(world) == []
    assert not await may_write(world, VICTIM)
    assert await kept_for(world) == [{"fulfilment"}] * 3


async def test_a_sale_that_was_moved_to_another_person_is_noticed(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SOFT)
    await world.send("backend", "Order Completed", **ORDER)
    await world.send("backend", "identify", email=VICTIM)
    [row] = await sales_of(world)
    victim = await world.person(VICTIM)
    world.plant(msgspec.structs.replace(row, person=victim))
    with pytest.raises(Tampered):
        await may_write(world, VICTIM)


async def test_a_no_that_is_turned_into_a_sale_is_noticed(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SOFT)
    await world.send("backend", "Order Completed", **ORDER, consent={"Advertising": False})
    [row] = [one for one in await world.rows(Consent) if one.state == ConsentState.DENIED]
    world.plant(msgspec.structs.replace(row, state=int(ConsentState.CUSTOMER), signal="sale"))
    with pytest.raises(Tampered):
        await may_write(world, EMAIL)


async def test_a_no_on_a_page_stands_over_the_first_order_that_comes_after_it(tmp_path: Path) -> None:
    """The page's word makes somebody who is believed less, and the order somebody new: it is her no all the same."""
    world = await World.make(tmp_path, REACHED)
    await world.send("web", "identify", email=EMAIL, consent={"Advertising": False})
    world.clock.pass_days(1)
    await world.send("backend", "Order Completed", **ORDER, phone=PHONE)
    world.clock.pass_days(1)
    await world.send("backend", "identify", phone=PHONE, name="Anna Schmidt")
    assert await sales_of(world) == []
    assert await kept_for(world) == [{"fulfilment"}] * 3


async def test_a_suppression_stands_over_the_first_order_with_another_identifier(tmp_path: Path) -> None:
    world = await World.make(tmp_path, REACHED)
    await consent.suppress(world.house, "email", EMAIL, purposes=["marketing"], reason="asked", by="os-user:1000")
    await world.send("backend", "Order Completed", **ORDER, phone=PHONE)
    await world.send("backend", "identify", phone=PHONE, name="Anna Schmidt")
    assert (await sales_of(world), await kept_for(world)) == ([], [{"fulfilment"}] * 2)


async def test_whoever_is_typed_beside_a_customer_is_none(tmp_path: Path) -> None:
    """A link that rests on a claim joins nobody: the customer's sale stays theirs."""
    world = await World.make(tmp_path, SOFT)
    await world.send("account", "Order Completed", **ORDER)
    await world.send("account", "identify", email=VICTIM, loyalty_id="L-7001234")
    await world.send("backend", "identify", email=EMAIL, loyalty_id="L-7001234", name="Eva Braun")
    assert await may_write(world, EMAIL)
    assert not await may_write(world, VICTIM)
    victim = await world.person(VICTIM)
    asked = await world.ask("marketer", purpose="marketing")
    assert (await look.show(world.house, asked, victim)).refused
