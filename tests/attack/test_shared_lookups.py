"""A truncated look-up leads to strangers too: they are opened under a note, and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid, Refused
from lockhouse.flows import look
from lockhouse.flows.look import CANDIDATES, FOUND_LIMIT
from lockhouse.gates.lookups import lookup_tag, seek
from lockhouse.model.rows import Lookup, Note
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "anna.schmidt@example.com"
OTHER = "bert@example.com"
PHONE = "+491711234567"


def _tag(world: World, field: str, how: str, value: str) -> tuple[int, int, bytes]:
    sought = seek(world.house.live(), field, how, value)
    assert sought is not None
    place = lookup_tag(world.house, world.house.live(), sought)
    assert place is not None
    return place


def _pair(world: World, field: str, how: str, values: list[str]) -> tuple[str, str]:
    """Two values whose truncated tags are the same."""
    seen: dict[tuple[int, int, bytes], str] = {}
    for value in values:
        place = _tag(world, field, how, value)
        if place in seen:
            return seen[place], value
        seen[place] = value
    raise AssertionError("expected two values to share a tag, got none")


@pytest.mark.parametrize("typed", ["4567", PHONE, "0171 123-4567", " 4567 "])
async def test_the_last_four_digits_and_the_whole_number_find_the_same(tmp_path: Path, typed: str) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, phone=PHONE, name="Anna Schmidt", order_id="1")
    [view] = await world.find(typed, by="phone#last4")
    assert view.person == await world.person(EMAIL)
    assert view.fields["phone"].state == "masked"


@pytest.mark.parametrize("typed", ["Schmidt", "Anna Schmidt", "Schmidt, Anna", "SCHMIDT"])
async def test_a_surname_is_found_however_it_is_written(tmp_path: Path, typed: str) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, name="Anna Schmidt", order_id="1")
    assert [view.person for view in await world.find(typed, by="name#surname")] == [await world.person(EMAIL)]


async def test_who_only_shares_the_tag_of_an_ending_is_noted_and_not_shown(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    theirs, sought = _pair(world, "phone", "last4", [f"{number:04d}" for number in range(1_000, 10_000)])
    await world.send("account", "Order Completed", email=EMAIL, phone=f"+49171123{theirs}", order_id="1")
    assert await world.find(sought, by="phone#last4") == []
    assert len(await world.rows(Note)) == 1
    assert [len(await world.find(theirs, by="phone#last4"))] == [1]


async def test_who_only_shares_the_tag_of_a_surname_is_not_shown_beside_the_one_sought(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    theirs, sought = _pair(world, "name", "surname", [f"Name{number}" for number in range(9_000)])
    await world.send("account", "Order Completed", email=EMAIL, name=f"Anna {theirs}", order_id="1")
    await world.send("account", "Order Completed", email=OTHER, name=f"Bert {sought}", order_id="2")
    [view] = await world.find(sought, by="name#surname")
    assert view.person == await world.person(OTHER)
    assert len(await world.rows(Note)) == 2


async def test_who_may_not_see_a_field_finds_nobody_by_a_part_of_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, phone=PHONE, order_id="1")
    with pytest.raises(Refused):
        await world.find("4567", by="phone#last4", role="accountant")


async def test_twenty_strangers_before_them_do_not_hide_the_one_sought(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    theirs, sought = _pair(world, "phone", "last4", [f"{number:04d}" for number in range(1_000, 10_000)])
    for number in range(25):
        phone = f"+49171{100 + number}{theirs}"
        await world.send("account", "Order Completed", email=f"p{number}@example.com", phone=phone, order_id="1")
    await world.send("account", "Order Completed", email=EMAIL, phone=f"+49171900{sought}", order_id="2")
    [view] = await world.find(sought, by="phone#last4")
    assert view.person == await world.person(EMAIL)


async def test_an_order_number_that_many_typed_with_a_public_key_finds_whose_it_is_first(tmp_path: Path) -> None:
    """Order numbers follow each other: whoever knows today's can send tomorrow's beforehand, as often as they like."""
    world = await World.make(tmp_path)
    await _many(world, FOUND_LIMIT + 5)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-2000", name="Anna Schmidt")
    await world.send("backend", "Order Completed", email=OTHER, order_id="A-2000")
    for before in (0, CANDIDATES):
        await _many(world, before, first=100)
        found = await look.find(world.house, await world.ask("support", action="find"), by="order_id", value="A-2000")
        assert [view.person for view in found.persons[:2]] == [await world.person(EMAIL), await world.person(OTHER)]
        assert (len(found.persons), found.more) == (FOUND_LIMIT, True)


async def test_many_who_type_the_last_digits_with_a_public_key_do_not_hide_whose_they_are(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _many(world, CANDIDATES + 5)
    await world.send("account", "Order Completed", email=EMAIL, phone=PHONE, order_id="1")
    found = await look.find(world.house, await world.ask("support", action="find"), by="phone#last4", value="4567")
    assert found.persons[0].person == await world.person(EMAIL)
    assert found.more


async def test_among_equals_the_newest_come_first_and_fewer_than_a_page_leave_nothing_to_say(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for email in (EMAIL, OTHER):
        world.clock.at += 1_000
        await world.send("backend", "Order Completed", email=email, order_id="A-1")
    found = await look.find(world.house, await world.ask("support", action="find"), by="order_id", value="A-1")
    assert [view.person for view in found.persons] == [await world.person(OTHER), await world.person(EMAIL)]
    assert not found.more


async def _many(world: World, many: int, *, first: int = 0) -> None:
    """So many strangers who send the same order number and last digits with the key that stands in the page."""
    events = [
        ("web", "Order Completed",
         {"email": f"fake{number}@evil.example", "phone": f"+49171{number:04d}4567", "order_id": "A-2000"})
        for number in range(first, first + many)
    ]  # fmt: skip
    for at in range(0, many, 100):
        await world.send_all(events[at : at + 100])


async def test_a_short_part_or_an_unknown_way_is_no_look_up(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, phone=PHONE, order_id="1")
    assert {row.tag for row in await world.rows(Lookup)} >= {_tag(world, "phone", "last4", "4567")[2]}
    for by, typed in (("phone#last4", "567"), ("phone#first3", PHONE), ("name#last4", "4567")):
        with pytest.raises(Invalid):
            await world.find(typed, by=by)
