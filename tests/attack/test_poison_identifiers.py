"""An address that stands on everybody's order joins nobody: a till's own e-mail, a shop's phone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.flows import link, look, request
from lockhouse.gates.collect import collect_group
from lockhouse.gates.collect.turns import Turns
from lockhouse.gates.disclose import Records
from lockhouse.gates.disclose.group import groups_of, held_apart
from lockhouse.identity.brake import MARKS
from lockhouse.identity.match import BRAKE
from lockhouse.model.rows import Identifier, Link, Person
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

SHOP, PHONE = "receipts@northwind.example", "+4930123456"
LISTED = POLICY.replace(
    "email: {type: email, class: contact, for: [fulfilment, marketing], identifies: person}",
    "email: {type: email, class: contact, for: [fulfilment, marketing], identifies: person, "
    "nobody: ['@northwind.example']}",
).replace("identifies: person, find_by: [exact, last4]}", f"identifies: person, nobody: ['{PHONE}']}}")


@pytest.mark.parametrize("channel", ["backend", "account", "web"])
async def test_what_the_policy_lists_leads_to_nobody_and_joins_nobody(tmp_path: Path, channel: str) -> None:
    world = await World.make(tmp_path, LISTED)
    for n in range(8):
        own = {"phone": f"+49301000{n:03}", "email": SHOP} if n % 2 else {"email": f"anna{n}@example.com"}
        await world.send(channel, "Order Completed", **{"phone": PHONE, **own}, order_id=f"o-{n}")
    await world.send(channel, "Order Completed", email=SHOP, order_id="till")
    assert len(await world.rows(Person)) == 9
    assert len(await world.rows(Identifier)) == 8
    assert await world.rows(Link) == []
    assert await world.find(SHOP) == []


async def test_what_is_listed_later_joins_nobody_from_then_on_and_can_still_be_found(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=SHOP, phone="+49301000001", order_id="before")
    [before] = await world.find(SHOP)
    await world.approve(LISTED)
    await world.send("account", "Order Completed", email=SHOP, phone="+49301000002", order_id="after")
    assert await world.person("+49301000002", by="phone") != before.person
    assert [one.person for one in await world.find(SHOP)] == [before.person]


def _phone(n: int) -> str:
    return f"+493020{n:05}"


async def _orders_of(world: World, person: bytes) -> set[str]:
    ask = await world.ask("support", action="timeline", reason="call back")
    view = await look.show(world.house, ask, person, records=Records(limit=500))
    return {str(one.fields["order_id"].value) for one in view.timeline if "order_id" in one.fields}


async def _order(world: World, channel: str, n: int, **more: str) -> None:
    await world.send(channel, "Order Completed", email=SHOP, phone=_phone(n), order_id=f"o-{n}", **more)


@pytest.mark.parametrize("at_once", [1, 100])
@pytest.mark.parametrize("channel", ["account", "backend"])
async def test_a_shops_own_address_on_a_thousand_orders_joins_no_more_than_a_household(
    tmp_path: Path, channel: str, at_once: int
) -> None:
    """Nobody listed it: the first three are taken for a household, and everybody else stays whoever they are."""
    world = await World.make(tmp_path)
    many = 1_000 if at_once > 1 else 40
    for start in range(0, many, at_once):
        await world.send_all(
            [
                (channel, "Order Completed", {"email": SHOP, "phone": _phone(n), "order_id": f"o-{n}"})
                for n in range(start, start + at_once)
            ]
        )
    assert len(await world.rows(Person)) == many - BRAKE + 1
    assert len(await world.rows(Link)) == MARKS
    shop = await world.person(SHOP)
    assert await groups_of(world.house, [shop]) == [(shop,)]
    assert await _orders_of(world, shop) == {"o-0", "o-1", "o-2"}
    for n in (3, 4, 12, many - 1):
        assert await _orders_of(world, await world.person(_phone(n), by="phone")) == {f"o-{n}"}


async def test_groups_that_overlap_count_what_the_one_before_is_still_making(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    groups = [
        [
            world.batch("account", "Order Completed", {"email": SHOP, "phone": _phone(n), "order_id": f"o-{n}"})
            for n in range(start, start + 10)
        ]
        for start in (0, 10, 20)
    ]
    turns = Turns()
    await asyncio.gather(*[collect_group(world.house, group, turns=turns) for group in groups])
    assert len(await world.rows(Person)) == 30 - BRAKE + 1
    assert len(await world.rows(Link)) == MARKS
    assert turns.brought() == {}


async def test_a_shops_own_phone_holds_apart_again_whom_it_joined_before_it_was_known(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    guests = [f"guest-{n}@example.com" for n in range(6)]
    for guest in guests:
        await world.send("account", "identify", email=guest, name=guest)
    for guest in guests[:3]:
        await world.send("account", "Order Completed", email=guest, phone=PHONE, order_id=f"of-{guest}")
    first = await world.person(guests[0])
    assert len((await groups_of(world.house, [first]))[0]) == 3
    await world.send("account", "Order Completed", email=guests[3], phone=PHONE, order_id=f"of-{guests[3]}")
    for guest in guests:
        person = await world.person(guest)
        assert await groups_of(world.house, [person]) == [(person,)]
    assert await _orders_of(world, first) == {f"of-{guests[0]}"}


async def test_what_staff_join_by_hand_no_brake_holds_apart(tmp_path: Path) -> None:
    """A customer with a fourth phone: staff have seen that it is theirs."""
    world = await World.make(tmp_path)
    for n in range(5):
        await _order(world, "account", n)
    owner, fourth, fifth = [await world.person(_phone(n), by="phone") for n in (0, 3, 4)]
    assert {(row.a, row.b) for row in await held_apart(world.house, [owner])} == {(fourth, owner), (fifth, owner)}
    await link.make(world.house, owner, fourth, by="os-user:1000")
    assert set((await groups_of(world.house, [owner]))[0]) == {owner, fourth}
    await link.make(world.house, fifth, owner, by="os-user:1000")
    assert set((await groups_of(world.house, [owner]))[0]) == {owner, fourth, fifth}
    assert await held_apart(world.house, [owner]) == []
    await _order(world, "account", 3)
    assert len(await world.rows(Link)) == 4
    await link.undo(world.house, owner, fourth, by="os-user:1000")
    assert fourth not in (await groups_of(world.house, [owner]))[0]


async def test_the_erasure_of_one_guest_lets_the_others_not_be_joined_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for n in range(BRAKE + 3):
        await _order(world, "account", n)
    shop = await world.person(SHOP)
    await world.erase(await world.person(_phone(BRAKE), by="phone"))
    assert await groups_of(world.house, [shop]) == [(shop,)]


async def _a_card_that_is_braked(world: World) -> tuple[bytes, bytes]:
    """She refused under her address; her card, joined to it by what she proved, then comes with a fourth phone."""
    await world.send("account", "identify", loyalty_id="L-1", name="Anna Schmidt")
    await world.send("account", "identify", email=SHOP)
    await world.send("account", "identify", email=SHOP, loyalty_id="L-1")
    await world.send("account", "identify", email=SHOP, consent={"Advertising": False})
    for n in range(BRAKE + 1):
        await world.send("account", "identify", loyalty_id="L-1", phone=_phone(n))
    return await world.person(SHOP), await world.person("L-1", by="loyalty_id")


async def test_the_brake_takes_no_refusal_from_what_it_covered(tmp_path: Path) -> None:
    world = await World.make(
        tmp_path, POLICY.replace("basis: {default: consent, us: opt_out}", "basis: {default: opt_out}")
    )
    address, card = await _a_card_that_is_braked(world)
    ask = await world.ask("marketer", purpose="marketing")
    view = await look.show(world.house, ask, card)
    assert (view.persons, view.refused) == ((card,), ("opted-out",))
    await world.send("account", "identify", loyalty_id="L-1", consent={"Advertising": True})
    assert (await look.show(world.house, ask, card)).refused == ("opted-out",), "the other's no stands"
    assert await groups_of(world.house, [address]) == [(address,)]


async def test_an_erasure_says_whom_the_brake_held_apart_from_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    address, _ = await _a_card_that_is_braked(world)
    done = await request.open_erasure(world.house, address, by="os-user:1000")
    assert done.case.persons == (address,)
    assert done.case.scope[1].startswith("except what is held about 2 source persons held apart"), "card and phone"


@pytest.mark.parametrize("before", [2, 5])
async def test_an_erasure_that_is_called_off_makes_one_person_of_no_crowd(tmp_path: Path, before: int) -> None:
    """Whoever came meanwhile got the shop's address: with it the brake would be loosed, and join the first to them."""
    world = await World.make(tmp_path)
    for n in range(before):
        await _order(world, "account", n)
    shop = await world.person(SHOP)
    case = (await request.open_erasure(world.house, shop, by="os-user:1000")).case
    world.clock.pass_days(0.01)
    for n in range(before, before + 3):
        await _order(world, "account", n)
    case = await request.find_case(world.house, case.id)
    await request.undo(world.house, case, by="os-user:1000")
    assert await world.person(SHOP) == shop
    persons = [await world.person(_phone(n), by="phone") for n in range(before + 3)]
    groups = await groups_of(world.house, persons)
    assert [len(group) for group in groups] == [1] * len(set(persons)), "nobody is joined to anybody"
    first = [_phone(n) for n, person in enumerate(persons) if person == shop]
    assert len(first) == min(before, BRAKE)
    await _order(world, "account", 50)
    assert await world.person(_phone(50), by="phone") not in persons


async def test_a_household_that_was_parted_by_an_erasure_is_one_again_and_no_brake_is_loosed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _order(world, "account", 0)
    shop = await world.person(SHOP)
    case = (await request.open_erasure(world.house, shop, by="os-user:1000")).case
    await _order(world, "account", 1)
    await request.undo(world.house, await request.find_case(world.house, case.id), by="os-user:1000")
    newer = await world.person(SHOP)
    assert set((await groups_of(world.house, [newer]))[0]) == {newer, shop}
    for n in range(2, 6):
        await _order(world, "account", n)
    assert await groups_of(world.house, [newer]) == [(newer,)], "it counts what was parted"


async def test_whoever_types_a_customers_address_brakes_nothing_that_is_proven(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=SHOP, phone=_phone(0))
    owner = await world.person(SHOP)
    for n in range(1, 9):
        await _order(world, "backend" if n % 2 else "web", n)
    await world.send("account", "Order Completed", email=SHOP, phone=_phone(9), order_id="own")
    assert await world.person(_phone(9), by="phone") == owner
    assert "own" in await _orders_of(world, owner)


async def test_a_customer_with_a_number_of_every_kind_is_no_crowd(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for n in range(3):
        await world.send("account", "identify", email=SHOP, phone=_phone(n), loyalty_id=f"card-{n}")
    assert len(await world.rows(Person)) == 1
    assert await world.rows(Link) == []
