"""Whom a kill between the two commits of collecting left with keys and nothing stored is ended, and nobody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Unavailable
from lockhouse.flows import consent
from lockhouse.flows.orphans import end_orphans
from lockhouse.flows.sweep import sweep
from lockhouse.gates.ending import begin_orphans, carry_on, open_cases
from lockhouse.gates.facts import SEAL_ENDED, SEAL_OPEN
from lockhouse.model.rows import ErasedMark, Identifier, KeyRing, Limbo, Lookup, Person, Record, Seal, Tombstone
from lockhouse.model.scale import PersonState
from lockhouse.wiring import jobs
from tests.flows.anna import EMAIL
from tests.world import Away, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.event import Reply


async def _order(world: World, number: str = "A-1", **more: object) -> Reply:
    return await world.send("account", "Order Completed", email=EMAIL, order_id=number, message_id=number, **more)


async def _orphan(tmp_path: Path, *, hours: float = 25.0) -> tuple[World, bytes]:
    """The record store goes away between the two commits, and so does the process."""
    world = await World.make(tmp_path)
    dying = await world.second()
    dying.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await _order(dying, at=world.clock.now_ms())
    person = await world.person(EMAIL)
    assert await world.rows(Record) == []
    world.clock.pass_days(hours / 24)
    return world, person


async def test_an_orphan_is_ended_after_a_day_and_its_keys_are_in_the_journal(tmp_path: Path) -> None:
    world, person = await _orphan(tmp_path, hours=23)
    assert await end_orphans(world.house, journal=world.journal) == 0
    world.clock.pass_days(2 / 24)
    assert await end_orphans(world.house, journal=world.journal) == 1
    assert (await world.rows(KeyRing), await world.rows(Identifier), await world.rows(Limbo)) == ([], [], [])
    assert {row.serial for row in await world.rows(Tombstone)} == set(world.journal.serials) != set()
    assert [(row.id, row.state) for row in await world.rows(Person)] == [(person, PersonState.ERASED)]
    assert (await sweep(world.house, jobs, owner=bytes(16))).faults == ()
    assert await world.rows(Lookup) == []
    assert await end_orphans(world.house, journal=world.journal) == 0


async def test_the_event_that_was_cut_off_is_stored_when_it_comes_again_before_or_after(tmp_path: Path) -> None:
    """Nothing of it was ever stored: it is no replay of what was erased."""
    world, person = await _orphan(tmp_path)
    then = world.clock.now_ms() - 3_600_000 * 25
    assert await end_orphans(world.house, journal=world.journal) == 1
    assert await world.rows(ErasedMark) == []
    assert (await _order(world, at=then)).outcome == "stored"
    assert await world.person(EMAIL) != person
    assert await end_orphans(world.house, journal=world.journal) == 0


async def test_whoever_has_anything_is_no_orphan(tmp_path: Path) -> None:
    world, person = await _orphan(tmp_path)
    await consent.record(world.house, person, "marketing", granted=False)
    await world.send("account", "Order Completed", email="bert@example.com", order_id="B-1")
    world.clock.pass_days(2)
    assert await end_orphans(world.house, journal=world.journal) == 0
    assert len(await world.rows(KeyRing)) == 2


async def test_who_is_collected_for_just_before_the_intent_is_put_back(tmp_path: Path) -> None:
    """A record moves no seal: what came between the look and the intent is found once nothing more can come."""
    world, person = await _orphan(tmp_path)
    keeper = await world.second()
    stopped = Stopped(world.store)
    keeper.house.commits = stopped
    ending = asyncio.create_task(end_orphans(keeper.house, journal=world.journal))
    await stopped.reached.wait()
    assert (await _order(world)).outcome == "stored"
    stopped.go_on.set()
    assert await ending == 0
    assert world.journal.serials == []
    fresh = await world.second()
    assert (await fresh.reveal(person)).fields["email"].value == EMAIL
    assert (await _order(fresh, "A-2")).outcome == "stored"
    assert {row.person for row in await world.rows(Record)} == {person}
    assert {row.state for row in await world.rows(Seal)} == {SEAL_OPEN}


async def test_a_process_that_holds_an_orphans_ring_stores_nothing_for_them_any_more(tmp_path: Path) -> None:
    world, person = await _orphan(tmp_path)
    sender = await world.second()
    stopped = Stopped(world.store)
    sender.house.commits = stopped
    sending = asyncio.create_task(_order(sender))
    await stopped.reached.wait()  # sealed under the orphan's keys
    assert await end_orphans(world.house, journal=world.journal) == 1
    stopped.go_on.set()
    assert (await sending).outcome == "stored"
    [record] = await world.rows(Record)
    assert record.person != person
    assert (await world.reveal(record.person)).fields["email"].value == EMAIL
    assert {(row.person, row.state) for row in await world.rows(Seal)} == {(person, SEAL_ENDED)}


async def test_an_ending_of_orphans_that_was_cut_off_looks_again_when_it_is_carried_on(tmp_path: Path) -> None:
    world, person = await _orphan(tmp_path)
    keeper = await world.second()
    stopped = Stopped(world.store)
    keeper.house.commits = stopped
    beginning = asyncio.create_task(begin_orphans(keeper.house, [person], by="service:work"))
    await stopped.reached.wait()
    await _order(world)
    stopped.go_on.set()
    await beginning
    [left] = await open_cases(world.house)
    assert (await carry_on(world.house, left, journal=world.journal)).case.step == "cancelled"
    assert (await (await world.second()).reveal(person)).fields["email"].value == EMAIL
