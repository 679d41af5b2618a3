"""An erasure against writes of two processes, in many interleavings: nothing is lost, nothing is left behind.

What must hold, whichever way it went: an event sent after the erasure answered is stored and opens; no key, index,
link or word is left for the erased person's id (shared look-ups wait for the sweep); no identifier is stuck with them.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Unavailable
from lockhouse.gates.authority import bound
from lockhouse.gates.collect import collect_group
from lockhouse.model import codes
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Consent, Identifier, KeyRing, Limbo, Link, Person, Record, Tombstone
from lockhouse.model.scale import PersonState
from tests.world import Stopped, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from lockhouse.adapters.memory import MemoryStore
    from lockhouse.model.change import Committed, Conflict, KeyTuple
    from lockhouse.model.ports import RowT

EMAIL = "anna.schmidt@example.com"
SEEDS = [*range(12), *(pytest.param(seed, marks=pytest.mark.hammer) for seed in range(12, 1_000))]
"""The first in every run, a thousand in `make hammer`."""
PHONES = [f"+4930765{number:04}" for number in range(6)]


class Turns:
    """A store that lets the others go on before each call, as often as the dice say."""

    def __init__(self, store: MemoryStore, seed: int) -> None:
        self._store = store
        self._dice = random.Random(seed)  # noqa: S311  # an order of turns, not a secret

    async def _turn(self) -> None:
        for _ in range(self._dice.randrange(6)):
            await asyncio.sleep(0)

    async def get(self, row: type[RowT], keys: Sequence[KeyTuple]) -> dict[KeyTuple, RowT]:
        await self._turn()
        found = await self._store.get(row, keys)
        await self._turn()
        return found

    async def find(self, row: type[RowT], by: Sequence[str], values: Sequence[KeyTuple], **more: Any) -> list[RowT]:
        await self._turn()
        return await self._store.find(row, by, values, **more)

    def scan(self, row: type[RowT], *, chunk: int = 1_000) -> AsyncIterator[list[RowT]]:
        return self._store.scan(row, chunk=chunk)

    async def commit(self, change: Change) -> Committed | Conflict:
        await self._turn()
        return await self._store.commit(change)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        await self._turn()
        return await self._store.commit_each(changes)

    async def scrub(self) -> None:
        await self._turn()


def _slow(world: World, seed: int) -> World:
    turns = Turns(world.store, seed)
    world.house.reads, world.house.commits = turns, turns
    return world


async def _order(world: World, number: int) -> None:
    """One order with a phone number never seen before; a sender sends again what was not answered."""
    for _ in range(8):
        try:
            reply = await world.send(
                "account", "Order Completed", email=EMAIL, phone=PHONES[number], order_id=f"A-{number}",
                message_id=f"m-{number}", consent={"Advertising": bool(number % 2)},
            )  # fmt: skip
        except Unavailable:
            continue
        # What happened before the erasure was asked for and comes after it is the erased person's own: it stays out.
        assert reply.outcome in {"stored", "trimmed", "duplicate"} or reply.code == codes.ERASED_BEFORE
        return
    raise AssertionError("an order was never answered")


async def _nothing_left(world: World, erased: bytes) -> None:
    tables: tuple[type[Any], ...] = (KeyRing, Limbo, Consent, Identifier)  # shared look-ups wait for the sweep
    for row in tables:
        assert [one for one in await world.rows(row) if one.person == erased] == [], row.TABLE
    assert [one for one in await world.rows(Link) if erased in (one.a, one.b)] == []
    [person] = (await world.store.get(Person, [(erased,)])).values()
    assert person.state == PersonState.ERASED


async def _everything_opens(world: World, erased: bytes, later: set[bytes | None]) -> None:
    living = {row.person for row in await world.rows(KeyRing)}
    rows = {row.id: row for row in await world.rows(Record)}
    assert later <= rows.keys()
    assert {rows[one].person for one in later if one is not None}.isdisjoint({erased})
    for person in {row.person for row in rows.values()} - {erased}:
        assert person in living
        view = await world.reveal(person)
        assert view.refused == ()
        assert view.ended == {}
        assert view.fields["email"].value == EMAIL


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_the_order_nothing_is_lost_and_nothing_is_left_behind(tmp_path: Path, seed: int) -> None:
    world = await World.make(tmp_path)
    first, second = _slow(await world.second(), seed), _slow(await world.second(), seed + 1_000)
    await _order(first, 0)
    await second.find(EMAIL)
    await _order(second, 1)
    person = await world.person(EMAIL)
    dice = random.Random(seed)  # noqa: S311  # an order of turns, not a secret

    async def later(number: int) -> None:
        for _ in range(dice.randrange(150)):
            await asyncio.sleep(0)
        await _order((first, second)[number % 2], number)

    erasing = asyncio.create_task(_slow(await world.second(), seed + 2_000).erase(person))
    await asyncio.gather(*(later(number) for number in (2, 3, 4)), erasing)
    world.clock.at += 1_000
    fresh = [
        await (first, second)[at % 2].send("account", "identify", email=EMAIL, phone=PHONES[at]) for at in range(6)
    ]
    assert {reply.code for reply in fresh} <= {codes.STORED, codes.TRIMMED}
    await _nothing_left(world, person)
    await _everything_opens(world, person, {reply.record for reply in fresh})
    assert {row.serial for row in await world.rows(Tombstone) if row.person == person} == set(world.journal.serials)
    assert await world.findings() == []


async def test_a_process_that_was_stopped_across_an_erasure_stores_nothing_under_the_dead_key(tmp_path: Path) -> None:
    """The worker has sealed and is stopped before its commit; the erasure runs and answers; the worker goes on."""
    world = await World.make(tmp_path)
    worker = await world.second()
    await worker.send("account", "identify", email=EMAIL, phone=PHONES[0])
    person = await world.person(EMAIL)
    stopped = Stopped(worker.store)
    worker.house.commits = stopped
    at = world.clock.now_ms() + 60_000
    stale = asyncio.create_task(worker.send("account", "Order Completed", email=EMAIL, order_id="A-1", at=at))
    await stopped.reached.wait()
    assert (await world.erase(person)).step == "done"
    stopped.go_on.set()
    reply = await stale
    assert reply.outcome in {"stored", "trimmed"}
    rows = {row.id: row for row in await world.rows(Record)}
    assert [row.id for row in rows.values() if row.person == person] != [reply.record]
    new = rows[reply.record or b""].person
    assert new != person
    await _nothing_left(world, person)
    assert (await world.reveal(new)).fields["email"].value == EMAIL


async def test_an_identifier_is_not_stuck_with_a_person_who_was_erased_while_it_was_being_added(tmp_path: Path) -> None:
    """The worker knows whose event it is and is stopped before the new phone number is theirs."""
    world = await World.make(tmp_path)
    worker = await world.second()
    await worker.send("account", "identify", email=EMAIL)
    person = await world.person(EMAIL)
    stopped = Stopped(worker.store, store="identity")
    worker.house.commits = stopped
    at = world.clock.now_ms() + 60_000
    stale = asyncio.create_task(
        collect_group(
            worker.house, [worker.batch("account", "identify", {"email": EMAIL, "phone": PHONES[0], "at": at})]
        )
    )
    await stopped.reached.wait()
    await world.erase(person)
    stopped.go_on.set()
    [[reply]] = await stale
    assert reply.outcome in {"stored", "trimmed"}
    await _nothing_left(world, person)
    assert (await world.send("account", "identify", phone=PHONES[0], at=at)).outcome == "stored"


async def test_an_identifier_that_is_added_while_the_shutting_has_read_the_others_goes_with_them(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=EMAIL)
    person = await world.person(EMAIL)
    eraser = await world.second()
    stopped = Stopped(eraser.store, store="identity")
    eraser.house.commits = stopped
    erasing = asyncio.create_task(eraser.erase(person))
    await stopped.reached.wait()
    index = bound(Identifier(2, 1, b"t" * 16, 3, person, 0, b""), world.house.row_macs)
    adding = Change("identity", puts=(Put(Identifier.TABLE, index),))
    await world.store.commit(adding)
    stopped.go_on.set()
    assert (await erasing).step == "done"
    await _nothing_left(world, person)
