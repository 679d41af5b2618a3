"""Who looked at a person: every look, as far back as it goes, and none that somebody wrote into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid, Refused
from lockhouse.flows import check, link, look
from lockhouse.flows.looked import looked
from lockhouse.gates.disclose import View
from lockhouse.model.rows import LedgerEntry, Note
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL, OTHER, PHONE = "anna@example.com", "anna@example.org", "+4915112345678"
CHECKING = POLICY.replace("transactions: full}\n    reveal", "transactions: full}\n    check: [contact]\n    reveal", 1)


async def _anna(tmp_path: Path) -> tuple[World, bytes]:
    world = await World.make(tmp_path, CHECKING)
    await world.send("account", "Order Completed", email=EMAIL, phone=PHONE, order_id="A-1", country="DE")
    return world, await world.person(EMAIL)


async def _seen(world: World, person: bytes) -> View:
    world.clock.at += 1_000
    return await look.show(world.house, await world.ask("support", mode="masked"), person)


async def test_each_look_is_told_with_purpose_reason_and_fields_the_newest_first(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    await world.reveal(anna, reason="call back: T-17")
    ask = await world.ask("support", action="check", fields=("phone",))
    world.clock.at += 1_000
    await check.check(world.house, ask, anna, check.readable(world.house, "phone", PHONE))
    view = await _seen(world, anna)
    found = await looked(world.house, view)
    assert [one.action for one in found.looks] == ["show", "check", "reveal"]
    assert {one.actor for one in found.looks} == {"os-user:1000"}
    newest, checked, revealed = found.looks
    assert newest.entry == view.entry
    assert "phone" in newest.masked
    assert "phone" not in newest.open
    assert checked.open == ("phone",)
    assert (revealed.reason, revealed.purpose, "phone" in revealed.open) == ("call-back: T-17", "fulfilment", True)
    assert (found.more, found.spoilt) == (False, 0)


async def test_a_page_goes_on_where_the_one_before_ended_and_leaves_none_out(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    for _ in range(6):
        view = await _seen(world, anna)
    every = [one.entry for one in (await looked(world.house, view, limit=50)).looks]
    first = await looked(world.house, view, limit=4)
    rest = await looked(world.house, view, limit=4, before=first.looks[-1].entry)
    assert [one.entry for one in (*first.looks, *rest.looks)] == every
    assert (first.more, rest.more) == (True, False)
    assert every == sorted(every, reverse=True)


async def test_a_look_at_several_who_are_one_is_told_once(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    await world.send("backend", "Order Completed", email=OTHER, order_id="B-1", country="DE")
    other = await world.person(OTHER)
    before = await _seen(world, other)
    await link.make(world.house, anna, other, by="os-user:0")
    view = await _seen(world, anna)
    assert [one.entry for one in (await looked(world.house, view)).looks] == [view.entry, before.entry]


async def test_of_whom_nothing_may_be_seen_it_is_not_told_who_looked(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    await _seen(world, anna)
    ask = await world.ask("analyst", mode="masked")
    refused = msgspec.structs.replace(await look.show(world.house, ask, anna), refused=("restricted",))
    with pytest.raises(Refused):
        await looked(world.house, refused)


async def test_a_note_that_somebody_wrote_or_moved_is_told_of_and_not_shown(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    await world.send("backend", "Order Completed", email=OTHER, order_id="B-1", country="DE")
    elsewhere = await _seen(world, await world.person(OTHER))
    view = await _seen(world, anna)
    [theirs] = [row for row in await world.rows(Note) if row.entry == elsewhere.entry]
    [own] = [row for row in await world.rows(Note) if row.entry == view.entry]
    world.plant(msgspec.structs.replace(theirs, ref=own.ref))  # as if somebody had looked at Anna, who did not
    world.plant(Note(b"\0" * 16, own.ref, own.salt, own.text))  # and one of no entry at all
    found = await looked(world.house, view)
    assert [one.entry for one in found.looks] == [view.entry]
    assert found.spoilt == 2


async def test_whatever_a_value_may_be_is_looked_for_by_one_look_which_counts_once(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    await world.send("backend", "Order Completed", email=OTHER, order_id="A-1", country="DE")
    before = len(await world.rows(LedgerEntry))
    found = await look.recognise(world.house, await world.ask("support", action="find"), value="A-1")
    assert {view.person for view in found.persons} == {anna, await world.person(OTHER)}
    assert set(found.ways.values()) == {"order_id"}
    assert len(await world.rows(LedgerEntry)) == before + 1
    [one] = (await look.recognise(world.house, await world.ask("support", action="find"), value=f" {EMAIL} ")).persons
    assert one.person == anna
    nobody = await look.recognise(world.house, await world.ask("support", action="find"), value="A-77")
    assert nobody.persons == []


async def test_what_reads_as_an_address_is_sought_as_one_alone(tmp_path: Path) -> None:
    world, anna = await _anna(tmp_path)
    await world.send("web", "Order Completed", email="evil@example.net", order_id=EMAIL, country="DE")
    found = await look.recognise(world.house, await world.ask("support", action="find"), value=EMAIL)
    assert [view.person for view in found.persons] == [anna]


async def test_nobody_is_recognised_by_what_a_role_may_not_see(tmp_path: Path) -> None:
    world, _ = await _anna(tmp_path)
    with pytest.raises(Refused):
        await look.recognise(
            world.house, await world.ask("accountant", action="find", purpose="marketing"), value=EMAIL
        )
    with pytest.raises(Invalid):
        await look.recognise(world.house, await world.ask("support", action="find"), value="  ")
    ways = look.whole_ways(world.house, await world.ask("accountant", action="find"))
    assert ways == ["order_id"]
