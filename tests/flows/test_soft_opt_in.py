"""A soft opt-in: who bought something may be written to about the like, until they say no (PECR reg. 22(3))."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.seal import decode_boxes
from lockhouse.flows import consent, look
from lockhouse.gates.customers import customer_for
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.state import verify_state
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Consent, LedgerEntry, Record
from lockhouse.model.scale import ConsentState
from tests.flows.files import brought, orders, paper, undone
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

RESTS = "marketing: {about: Tell you about products, basis: {default: consent, us: opt_out}, sold_or_shared: true,"
assert RESTS in POLICY
SOFT = POLICY.replace(
    RESTS,
    "marketing: {about: Tell you about products, basis: soft_opt_in, soft_opt_in: {after: [Order Completed]},",
)
EMAIL = "anna@example.com"
ORDER: dict[str, Any] = {"email": EMAIL, "order_id": "A-1", "order_total": "9.50"}
MONTH = 30.44


async def may_write(world: World, email: str = EMAIL) -> bool:
    """Whether the newsletter may write to whoever has this address."""
    found = await look.find(
        world.house, await world.ask("marketer", action="find", purpose="marketing"), by="email", value=email
    )
    return any("email" in view.fields and view.fields["email"].value == email for view in found.persons)


async def kept_for(world: World) -> list[set[str]]:
    """Of each record, oldest first, the purposes that its address was kept for."""
    live = world.house.live()
    found = []
    for row in sorted(await world.rows(Record), key=lambda one: one.id):
        parts = [live.compartments[box.compartment] for box in decode_boxes(row.boxes)]
        found.append({name for part in parts if part.class_ == "contact" for name in part.purposes})
    return found


async def sales_of(world: World) -> list[Consent]:
    return [row for row in await world.rows(Consent) if row.state == ConsentState.CUSTOMER]


async def test_who_bought_is_written_to_until_they_say_no_and_never_again_after(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SOFT)
    await world.send("backend", "identify", email=EMAIL)
    assert not await may_write(world), "an account alone makes nobody a customer"
    await world.send("backend", "Order Completed", **ORDER)
    assert await may_write(world)
    assert await kept_for(world) == [{"fulfilment"}, {"fulfilment", "marketing"}], "the address came with the sale"
    await world.send("web", "identify", email=EMAIL, consent={"Advertising": False})
    assert not await may_write(world)
    world.clock.pass_days(40)
    await world.new_epochs()
    await world.send("backend", "Order Completed", **ORDER | {"order_id": "A-2"})
    assert not await may_write(world), "no later sale opens what they refused"
    assert len(await sales_of(world)) == 1


async def test_a_sale_is_noted_once_a_month_and_stands_against_the_ledger(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SOFT)
    for number in range(3):
        await world.send("backend", "Order Completed", **ORDER | {"order_id": f"A-{number}"})
    [row] = await sales_of(world)
    entries = {entry.id: entry.kind for entry in await world.rows(LedgerEntry)}
    assert entries[row.entry] == "consent"
    state = await verify_state(world.house)
    assert (state.rows["consent"], state.untold, state.findings.kept) == (1, 0, [])
    world.clock.pass_days(31)
    await world.new_epochs()
    await world.send("backend", "Order Completed", **ORDER | {"order_id": "A-9"})
    assert len(await sales_of(world)) == 2
    person = await world.person(EMAIL)
    assert {(word.signal, word.customer, word.granted) for word in await consent.show(world.house, person)} == {
        ("sale", True, False)
    }


@pytest.mark.parametrize("said", [{"Advertising": False}, {}, {"newsletter": False}])
async def test_who_refused_with_the_sale_is_no_customer(tmp_path: Path, said: dict[str, bool]) -> None:
    """The box beside the address was left alone, or what the banner's object says cannot be read: it may be this."""
    world = await World.make(tmp_path, SOFT)
    await world.send("backend", "Order Completed", **ORDER, consent=said)
    assert await sales_of(world) == []
    assert not await may_write(world)
    assert await kept_for(world) == [{"fulfilment"}]


async def test_a_word_of_another_matter_that_was_said_yes_to_hinders_no_sale(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SOFT)
    await world.send("backend", "Order Completed", **ORDER, consent={"terms": True, "Analytics": False})
    assert await may_write(world)


async def test_a_sale_counts_for_the_items_behind_it_in_one_group(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SOFT)
    await world.send_all(
        [("backend", "Order Completed", ORDER), ("backend", "identify", {"email": EMAIL, "name": "Anna Schmidt"})]
    )
    assert await kept_for(world) == [{"fulfilment", "marketing"}] * 2


async def test_it_ends_with_the_purposes_keep_and_with_the_person(tmp_path: Path) -> None:
    """36 months after the last activity, and at once when they are erased: who comes back begins anew."""
    world = await World.make(tmp_path, SOFT)
    await world.send("backend", "Order Completed", **ORDER)
    await world.send("backend", "Order Completed", **ORDER | {"email": "eva@example.com"})
    await world.erase(await world.person("eva@example.com"))
    await world.send("backend", "identify", email="eva@example.com", at=world.clock.at + DAY_MS)
    assert not await may_write(world, "eva@example.com")
    live = world.house.live()
    [row] = await sales_of(world)
    [facts] = (await facts_of_persons(world.house, [row.person])).values()
    assert customer_for(live, facts, now=world.clock.at) == {"marketing"}
    assert customer_for(live, facts, now=world.clock.at + int(37 * MONTH * DAY_MS)) == frozenset()


async def test_a_device_is_nobodys_customer(tmp_path: Path) -> None:
    """A tablet in a shop has no address; what it is used for next is not opened by somebody's order on it."""
    world = await World.make(tmp_path, SOFT)
    await world.send("backend", "Order Completed", device_id="tablet-1", order_id="A-1", order_total="9.50")
    assert await sales_of(world) == []


async def test_what_an_import_made_of_people_is_taken_back_with_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SOFT)
    done = await brought(world, paper(world, orders(1)))
    assert await may_write(world, "c1@example.com")
    await undone(world, done.row.id)
    await world.send("backend", "identify", email="c1@example.com")
    assert await kept_for(world) == [{"fulfilment"}]
    assert not await may_write(world, "c1@example.com")
    await brought(world, paper(world, orders(1)))
    assert await may_write(world, "c1@example.com"), "it came again, mended, and stands again"
