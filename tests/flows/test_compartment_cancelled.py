"""The erasure of one compartment, called off or not, whatever came into it meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.ring import WHOLE
from lockhouse.errors import Conflict, Unavailable
from lockhouse.flows import link, request
from lockhouse.flows.request import find_case
from lockhouse.flows.sweep import sweep
from lockhouse.gates.disclose import ShutBoxes
from lockhouse.gates.ending import begin_person, open_cases
from lockhouse.gates.ending.person import limbo_rows
from lockhouse.gates.facts import SEAL_ENDED
from lockhouse.model.rows import (
    KeyRing,
    Limbo,
    Link,
    Person,
    Record,
    Seal,
    Tombstone,
)
from lockhouse.model.scale import PersonState
from lockhouse.wiring import jobs
from tests.flows.anna import EMAIL, anna, contact
from tests.world import Away, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_compartment_that_is_called_off_opens_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    live = world.house.live()
    parts = [live.compartments[one] for one in world.house.keyring.serials(person) if one]
    [name] = [one.name for one in parts if one.class_ == "contact" and "marketing" in one.purposes]
    case = await world.erase(person, compartment=name, now=False)
    view = await world.reveal(person)
    assert "email" not in view.fields
    shut = (ShutBoxes(request=case.id, destroy_at=case.destroy_at, boxes=1),)
    assert (view.ended, view.shut) == ({}, shut), "nothing is gone yet"
    await request.undo(world.house, case, by="os-user:1000")
    view = await world.reveal(person)
    assert (view.fields["email"].value, view.ended, view.shut) == (EMAIL, {}, ())


async def test_a_compartments_calling_off_that_a_crash_interrupted_ends_although_its_person_was_linked_since(
    tmp_path: Path,
) -> None:
    """The person lived on meanwhile: the links that events made are told already, and none of the case's."""
    world = await World.make(tmp_path)
    person = await anna(world)
    await world.send("account", "identify", email=EMAIL, loyalty_id="L-7001234")
    await world.send("web", "page", device_id="tablet-0042", page_path="/")
    case = await world.erase(person, compartment=await contact(world, person), now=False)
    await world.send("account", "identify", loyalty_id="L-7001234", device_id="tablet-0042")
    assert len(await world.rows(Link)) == 1
    officer = await world.second()
    officer.house.commits = Away(officer.store, nth=2)
    with pytest.raises(Unavailable):
        await request.undo(officer.house, case, by="os-user:1000")
    [left] = await open_cases(world.house)
    done = await request.fulfil(world.house, left, journal=world.journal)
    assert done.case.step == "cancelled"
    assert (await world.kinds()).count("link") == 1


async def test_no_key_of_an_erased_person_waits_in_an_earlier_compartments_limbo(tmp_path: Path) -> None:
    """What was shut first holds the compartment's key alone, and ends with the person, before the certificate."""
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await world.erase(person, compartment=await contact(world, person), now=False)
    [limbo] = await world.rows(Limbo)
    kept, _ = limbo_rows(world.house, part, limbo)
    world.house.keyring.forget(person)
    world.house.keyring.admit(person, limbo.generation, limbo.version, kept)
    assert list(world.house.keyring.serials(person)) == [part.compartment]
    world.house.keyring.forget(person)
    await world.erase(person)
    assert await world.rows(Limbo) == []
    assert (await find_case(world.house, part.id)).step == "done"
    with pytest.raises(Conflict):
        await request.undo(world.house, part, by="os-user:1000")
    assert await world.rows(KeyRing) == []


async def test_a_compartment_is_not_called_off_while_all_of_the_person_is_shut(tmp_path: Path) -> None:
    """Else a ring stood again for a person who is ending: with the keys of one compartment, or of all."""
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await world.erase(person, compartment=await contact(world, person), now=False)
    whole = await world.erase(person, now=False)
    with pytest.raises(Conflict, match="ending: expected living persons"):
        await request.undo(world.house, part, by="os-user:1000")
    assert await world.rows(KeyRing) == []
    await request.undo(world.house, whole, by="os-user:1000")
    await request.undo(world.house, await find_case(world.house, part.id), by="os-user:1000")
    assert (await world.reveal(person)).fields["email"].value == EMAIL


async def test_a_calling_off_that_the_persons_ending_overtook_ends_with_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await world.erase(person, compartment=await contact(world, person), now=False)
    officer = await world.second()
    stopped = Stopped(officer.store, store="identity")
    officer.house.commits = stopped
    undoing = asyncio.create_task(request.undo(officer.house, part, by="os-user:1000"))
    await stopped.reached.wait()
    await world.erase(person, now=False)
    stopped.go_on.set()
    with pytest.raises(Conflict):
        await undoing
    assert await world.rows(KeyRing) == []
    for case in await open_cases(world.house):
        if not case.compartment:
            await request.fulfil(world.house, case, journal=world.journal, now=True)
    assert await world.rows(Limbo) == []
    assert {case.step for case in await open_cases(world.house, also_closed=True)} == {"done"}


async def test_a_person_whose_compartments_all_ended_before_can_be_erased(tmp_path: Path) -> None:
    """No key is left that anything was sealed with, and still everything else of the person goes."""
    world = await World.make(tmp_path)
    person = await anna(world)
    live = world.house.live()
    for number in sorted(world.house.keyring.serials(person).keys() - {WHOLE}):
        await world.erase(person, compartment=live.compartments[number].name)
    case = await world.erase(person)
    assert (case.step, len(case.serials)) == ("done", 1), "the key that stands for all of the person"
    [done] = [one for one in await world.rows(Person) if one.id == person]
    assert done.state == PersonState.ERASED
    swept = await sweep(world.house, jobs, owner=world.house.ids.new())
    assert swept.faults == ()
    assert await world.rows(Record) == []


@pytest.mark.parametrize("channel", ["account", "web"])
async def test_a_compartment_that_was_filled_again_is_called_off_all_the_same(tmp_path: Path, channel: str) -> None:
    """Else whoever knows the address and the page's public key could make an undo impossible."""
    world = await World.make(tmp_path)
    other = await world.second()
    person = await anna(world)
    case = await world.erase(person, compartment=await contact(world, person), now=False)
    world.clock.at += 1_000
    await world.send(channel, "Order Completed", email=EMAIL, order_id="A-2", consent={"Advertising": True})
    await request.undo(world.house, case, by="os-user:1000")
    assert (await find_case(world.house, case.id)).step == "cancelled"
    for place in (world, other):
        seen = await place.reveal(person)
        assert (seen.fields["email"].value, seen.records, seen.ended, seen.shut) == (EMAIL, 2, {}, ())
    done = await world.erase(person)
    assert len(set(case.serials) & set(done.serials)) == 1, "the old key ended with the new ones"
    assert set(done.serials) == set(world.journal.serials)
    assert {stone.serial for stone in await world.rows(Tombstone)} == set(done.serials)


async def test_a_compartment_that_was_filled_again_and_not_called_off_loses_what_was_there_before(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, compartment=await contact(world, person), now=False)
    world.clock.at += 1_000
    await anna(world)
    done = await request.fulfil(world.house, case, journal=world.journal, now=True)
    assert done.case.step == "done"
    assert set(case.serials) == set(world.journal.serials)
    assert (await world.reveal(person)).fields["email"].value == EMAIL


@pytest.mark.parametrize("channel", ["account", "web"])
async def test_what_is_collected_while_a_calling_off_was_interrupted_does_not_hold_it_up(
    tmp_path: Path, channel: str
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, compartment=await contact(world, person), now=False)
    officer = await world.second()
    officer.house.commits = Away(officer.store, store="identity")
    with pytest.raises(Unavailable):
        await request.undo(officer.house, case, by="os-user:1000")
    await world.send(channel, "Order Completed", email=EMAIL, order_id="A-2", consent={"Advertising": True})
    [left] = await open_cases(world.house)
    assert left.step == "cancelling"
    await request.undo(world.house, left, by="os-user:1000")
    assert (await find_case(world.house, case.id)).step == "cancelled"
    assert await world.rows(Limbo) == []


async def test_of_a_compartment_shut_for_two_the_one_who_is_erased_ends_and_the_other_can_be_put_back(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    await world.send(
        "account", "Order Completed", email="bert@example.com", order_id="B-1", consent={"Advertising": True}
    )
    other = await world.person("bert@example.com")
    await link.make(world.house, person, other, by="os-user:1000")
    part = await world.erase(person, compartment=await contact(world, person), now=False)
    assert set(part.persons) == {person, other}
    await link.undo(world.house, person, other, by="os-user:1000")
    case = await world.erase(person)
    assert case.persons == (person,)
    assert {row.person for row in await world.rows(Limbo)} == {other}
    assert set(part.held[part.persons.index(person)]) <= set(world.journal.serials)
    await request.undo(world.house, await find_case(world.house, part.id), by="os-user:1000")
    assert (await world.reveal(other)).fields["email"].value == "bert@example.com"
    [seal] = [row for row in await world.rows(Seal) if row.person == person]
    assert seal.state == SEAL_ENDED
    assert await world.rows(Limbo) == []


async def test_a_compartment_whose_shutting_a_crash_cut_off_does_not_hold_up_the_person(tmp_path: Path) -> None:
    """Its case is begun, for two, and one of them has no ring any more when it is shut."""
    world = await World.make(tmp_path)
    person = await anna(world)
    await world.send("account", "Order Completed", email="bert@example.com", order_id="B-1")
    other = await world.person("bert@example.com")
    await link.make(world.house, person, other, by="os-user:1000")
    number = world.house.live().names.known("compartment", await contact(world, person))
    assert number is not None
    await begin_person(
        world.house, person, by="os-user:1000", reason="erasure", destroy_at=world.clock.at, compartment=number
    )
    await link.undo(world.house, person, other, by="os-user:1000")
    assert (await world.erase(person)).step == "done"
    [left] = await open_cases(world.house)
    assert (left.what, left.step, left.persons) == ("compartment", "begun", (person, other))
    assert (await request.fulfil(world.house, left, journal=world.journal, now=True)).case.step == "done"
    assert await world.rows(Limbo) == []
