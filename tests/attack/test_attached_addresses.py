"""Someone who knows a customer's number sends it beside an address of their own, with a key that anyone can read.

Their address does not become the customer's: whoever looks it up does not see the customer, and what erases whom it
finds erases nobody else. The same holds for what is typed beside what was proven. Everyday use goes on: what comes with
the number is the customer's, and an address that a better key shows becomes theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.model.rows import Link, Record
from lockhouse.model.scale import Belief, Proof
from lockhouse.policy.starter import starter
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

HERS, MINE = "anna@example.com", "mallory@example.net"
NUMBER, SECRET = "L-1001", "SECRET-1"


async def _erased_with(world: World, email: str) -> None:
    for view in await world.find(email):
        await world.erase(view.person)


async def _assert_hers_alone(world: World) -> None:
    """Whoever looks up my address sees nothing of hers, and what is erased with it leaves hers."""
    mine = await world.find(MINE)
    assert {one.person for one in mine}.isdisjoint({row.person for row in await world.indexes(HERS)})
    assert SECRET not in str(mine)
    await _erased_with(world, MINE)
    assert SECRET in str(await world.find(HERS))


async def test_in_a_house_as_init_makes_it_a_public_key_attaches_no_address_to_a_customer(tmp_path: Path) -> None:
    world = await World.make(tmp_path, starter("Northwind", ["eu"], ["web:segment:public", "shop"]))
    await world.send("shop", "Order Completed", email=HERS, customer_id="C-1001", order_id=SECRET, name="Anna Schmidt")
    await world.send("web", "identify", email=MINE, customer_id="C-1001")
    await _assert_hers_alone(world)


@pytest.mark.parametrize("first", ["she", "I"])
@pytest.mark.parametrize(("hers", "mine"), [("backend", "web"), ("account", "web"), ("account", "backend")])
async def test_a_lower_belief_attaches_no_address_to_a_customer(
    tmp_path: Path, hers: str, mine: str, *, first: str
) -> None:
    world = await World.make(tmp_path)
    events = [
        (hers, "Order Completed", {"email": HERS, "loyalty_id": NUMBER, "order_id": SECRET, "name": "Anna Schmidt"}),
        (mine, "identify", {"email": MINE, "loyalty_id": NUMBER}),
    ]
    for channel, event, values in events if first == "she" else reversed(events):
        await world.send(channel, event, **values)
    await _assert_hers_alone(world)


async def test_a_number_typed_into_an_account_of_my_own_does_not_bring_me_her_later_orders(tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY.replace("proves: [email, phone, loyalty_id]", "proves: [email]"))
    await world.send("account", "identify", email=MINE, loyalty_id=NUMBER)
    await world.send("backend", "Order Completed", loyalty_id=NUMBER, order_id=SECRET)
    assert SECRET not in str(await world.find(MINE))
    assert SECRET in str(await world.find(NUMBER, by="loyalty_id"))


async def test_what_a_site_sends_of_a_known_customer_is_theirs_and_its_address_finds_them_once_a_secret_key_shows_both(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", loyalty_id=NUMBER, order_id="A-1")
    her = await world.person(NUMBER, by="loyalty_id")
    reply = await world.send("web", "identify", loyalty_id=NUMBER, email=HERS, name="Anna Schmidt")
    assert [row.person for row in await world.rows(Record) if row.id == reply.record] == [her]
    assert (await world.reveal(her)).fields["email"].value == HERS
    assert await world.find(HERS) == []
    await world.send("backend", "Order Completed", loyalty_id=NUMBER, email=HERS, order_id="A-2")
    assert await world.person(HERS) == her


async def test_a_house_that_has_public_keys_only_knows_its_customers_by_all_they_type(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "identify", loyalty_id=NUMBER, email=HERS)
    await world.send("web", "identify", loyalty_id=NUMBER, phone="+4930123456")
    [row] = await world.indexes("+4930123456", by="phone")
    assert (row.person, row.proof) == (await world.person(HERS), Belief.PUBLIC)


async def test_records_and_links_call_a_claim_with_a_public_key_a_claim(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "identify", email=HERS)
    await world.send("web", "identify", loyalty_id=NUMBER)
    await world.send("web", "identify", email=HERS, loyalty_id=NUMBER)
    assert {row.proof for row in await world.rows(Record)} == {Proof.CLAIMED}
    assert [row.proof for row in await world.rows(Link)] == [Proof.CLAIMED]
