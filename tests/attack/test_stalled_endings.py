"""A process that is stopped in the midst of an ending, or of its undoing, and goes on when the world has moved.

What must hold: whoever was called off lives and can be read, whoever was erased has no ring, and every key is in a
ring, in the limbo of an open case, or gone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Conflict
from lockhouse.flows import request
from lockhouse.gates.authority import bound
from lockhouse.gates.ending import begin_epoch, begin_person, carry_on, open_cases
from lockhouse.model.change import Change, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import EpochKey, Identifier, KeyRing, Limbo, Tombstone
from lockhouse.model.scale import KeyState
from tests.flows.anna import EMAIL, anna, contact
from tests.world import POLICY, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

BY = "os-user:1000"


async def _lives(world: World, person: bytes) -> None:
    """The person is read and collected for, in a process that starts now, and nothing of theirs waits anywhere."""
    fresh = await world.second()
    assert (await fresh.reveal(person)).fields["email"].value == EMAIL
    assert (await fresh.send("account", "Order Completed", email=EMAIL, order_id="L-1")).outcome == "stored"
    assert await open_cases(world.house) == []
    assert await world.rows(Limbo) == []
    assert len(await world.rows(KeyRing)) == 1


@pytest.mark.parametrize("minutes", [0, 10])
@pytest.mark.parametrize("is_part", [False, True], ids=["person", "compartment"])
async def test_a_shutting_that_was_stopped_does_nothing_to_whom_another_process_shut_and_called_off(
    tmp_path: Path, *, is_part: bool, minutes: int
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await contact(world, person) if is_part else None
    worker = await world.second()
    stopped = Stopped(world.store, store="identity")
    world.house.commits = stopped
    opening = asyncio.create_task(request.open_erasure(world.house, person, by=BY, compartment=part))
    await stopped.reached.wait()
    [left] = await open_cases(worker.house)
    shut = (await carry_on(worker.house, left, journal=world.journal)).case
    await request.undo(worker.house, shut, by=BY)
    world.clock.pass_days(minutes / 1440)
    stopped.go_on.set()
    with pytest.raises(Conflict, match="ending: expected the case as it was read"):
        await opening
    await _lives(world, person)


async def test_an_undoing_that_was_stopped_brings_nobody_back_who_was_erased_since(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    other = await world.second()
    stopped = Stopped(world.store, store="identity")
    world.house.commits = stopped
    undoing = asyncio.create_task(request.undo(world.house, case, by=BY))
    await stopped.reached.wait()
    [left] = await open_cases(other.house)
    assert (await carry_on(other.house, left, journal=world.journal)).case.step == "cancelled"
    assert (await other.erase(person)).step == "done"
    stopped.go_on.set()
    with pytest.raises(Conflict):
        await undoing
    assert (await world.rows(KeyRing), await world.rows(Identifier), await world.rows(Limbo)) == ([], [], [])
    assert {row.serial for row in await world.rows(Tombstone)} == set(world.journal.serials)


async def test_indexes_are_not_gathered_for_an_ending_that_was_called_off_meanwhile(tmp_path: Path) -> None:
    """The gathering is stopped before its commit; another process finishes the shutting and calls it off."""
    world = await World.make(tmp_path)
    person = await anna(world)
    other = await world.second()
    case = await begin_person(world.house, person, by=BY, reason="erasure", destroy_at=world.clock.now_ms() + DAY_MS)
    shutting = Stopped(world.store, store="identity")
    gathering = Stopped(shutting, store="identity", nth=2)
    world.house.commits = gathering
    stale = asyncio.create_task(carry_on(world.house, case, journal=world.journal))
    await shutting.reached.wait()
    index = bound(Identifier(2, 1, b"t" * 16, 3, person, 0, b""), world.house.row_macs)
    await world.store.commit(Change("identity", puts=(Put(Identifier.TABLE, index),)))
    shutting.go_on.set()
    await gathering.reached.wait()
    [left] = await open_cases(other.house)
    shut = (await carry_on(other.house, left, journal=world.journal)).case
    await request.undo(other.house, shut, by=BY)
    gathering.go_on.set()
    with pytest.raises(Conflict):
        await stale
    assert index in await world.rows(Identifier)
    await _lives(world, person)


async def test_a_shutting_that_was_stopped_while_a_key_was_added_shuts_that_key_too(tmp_path: Path) -> None:
    """Else it were in no ring, no limbo and no journal, and what was sealed with it could neither be read nor ended."""
    world = await World.make(tmp_path, POLICY.replace("events:", "events:\n  Review: [loyalty_id, page_path]"))
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await world.send("account", "identify", email=EMAIL, loyalty_id="L-7001234")
    person = await world.person(EMAIL)
    collector, eraser = await world.second(), await world.second()
    adding, shutting = Stopped(world.store, store="identity"), Stopped(world.store, store="identity")
    collector.house.commits, eraser.house.commits = adding, shutting
    sent = asyncio.create_task(collector.send("account", "Review", loyalty_id="L-7001234", page_path="/boots"))
    await adding.reached.wait()
    erasing = asyncio.create_task(eraser.erase(person))
    await shutting.reached.wait()
    adding.go_on.set()
    for _ in range(200):
        await asyncio.sleep(0)
    [ring] = await world.rows(KeyRing)
    assert ring.version == 2
    world.house.keyring.admit(person, ring.generation, ring.version, ring.wrapped)
    serials = set(world.house.keyring.serials(person).values())
    shutting.go_on.set()
    assert (await erasing).step == "done"
    await sent
    assert serials <= set(world.journal.serials)
    assert person not in {row.person for row in await world.rows(KeyRing)}


async def test_a_request_that_was_stopped_for_longer_than_its_cooling_time_is_not_made(tmp_path: Path) -> None:
    """Else it was shut and destroyed in one breath."""
    world = await World.make(tmp_path)
    person = await anna(world)
    stopped = Stopped(world.store)
    world.house.commits = stopped
    opening = asyncio.create_task(request.open_erasure(world.house, person, by=BY))
    await stopped.reached.wait()
    world.clock.pass_days(1.5)
    stopped.go_on.set()
    with pytest.raises(Conflict):
        await opening
    await _lives(world, person)


async def test_a_month_that_was_destroyed_is_not_brought_back_by_whoever_was_stopped_while_shutting_it(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    [row, *_] = await world.rows(EpochKey)
    world.clock.pass_days(40)
    case = await begin_epoch(world.house, row.compartment, row.epoch, by=BY, reason="due", destroy_at=0)
    other = await world.second()
    stopped = Stopped(world.store, store="identity")
    world.house.commits = stopped
    shutting = asyncio.create_task(carry_on(world.house, case, journal=world.journal, now=True))
    await stopped.reached.wait()
    assert (await carry_on(other.house, case, journal=world.journal, now=True)).case.step == "done"
    stopped.go_on.set()
    with pytest.raises(Conflict):
        await shutting
    [now] = [one for one in await world.rows(EpochKey) if (one.compartment, one.epoch) == (row.compartment, row.epoch)]
    assert (now.wrapped, now.state) == (None, KeyState.DESTROYED)
