"""Groups of one process overlap: the next is decided while the persons of the one before are made durable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Unavailable
from lockhouse.gates.collect import collect_group
from lockhouse.gates.collect.turns import Flight, Turns
from lockhouse.model.rows import Identifier, KeyRing, Person, Record
from tests.flows.held import Held
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.event import Reply


async def two_groups(world: World, held: Held, turns: Turns) -> list[list[list[Reply]] | BaseException]:
    """One event of Anna in each of two groups; the second comes while the first one's persons are on their way."""
    world.house.commits = held
    batches = [world.batch("backend", "Order Completed", {"email": "anna@example.com"}) for _ in range(2)]
    first = asyncio.create_task(collect_group(world.house, batches[:1], turns=turns))
    await held.reached.wait()
    second = asyncio.create_task(collect_group(world.house, batches[1:], turns=turns))
    for _ in range(20):
        await asyncio.sleep(0)
    held.go_on.set()
    return list(await asyncio.gather(first, second, return_exceptions=True))


async def rows(world: World, row: Any) -> list[Any]:
    return [one async for chunk in world.store.scan(row) for one in chunk]


async def test_a_group_that_comes_while_somebody_is_being_made_makes_no_second_of_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    turns, held = Turns(), Held(world)
    answers = await two_groups(world, held, turns)
    assert [answer[0][0].outcome for answer in answers if not isinstance(answer, BaseException)] == ["stored", "stored"]
    [person] = await rows(world, Person)
    assert {record.person for record in await rows(world, Record)} == {person.id}
    assert len(await rows(world, Record)) == 2
    assert held.conflicts == []  # without the overlay the store would have had to turn the second Anna away


async def test_nobody_stays_in_flight(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    turns, held = Turns(), Held(world)
    await two_groups(world, held, turns)
    [index] = await rows(world, Identifier)
    assert turns.in_flight([(index.kind, index.generation, index.tag)]) == {}


async def test_somebody_who_was_not_made_after_all_is_made_by_the_group_behind(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    turns, held = Turns(), Held(world)
    held.fails = True
    first, second = await two_groups(world, held, turns)
    assert isinstance(first, Unavailable)
    assert not isinstance(second, BaseException)
    assert second[0][0].outcome == "stored"
    [person] = await rows(world, Person)
    [ring] = await rows(world, KeyRing)
    [record] = await rows(world, Record)
    assert ring.person == record.person == person.id


def test_an_owner_lands_once_for_each_time_it_took_off() -> None:
    turns = Turns()
    made = Flight([((1, 1, b"tag"), (3, b"person", 7))], {}, {})
    turns.take_off(made)
    turns.take_off(made)
    turns.land(made)
    assert turns.in_flight([(1, 1, b"tag"), (2, 1, b"tag")]) == {(1, 1, b"tag"): [(3, b"person", 7)]}
    turns.land(made)
    turns.land(made)
    assert turns.in_flight([(1, 1, b"tag")]) == {}


@pytest.mark.parametrize("count", [1, 3])
async def test_a_copy_of_what_is_in_flight_is_not_touched_by_what_lands(count: int) -> None:
    turns = Turns()
    made = Flight([((1, 1, b"tag"), (3, b"person %d" % number, 7)) for number in range(count)], {}, {})
    turns.take_off(made)
    copy = turns.in_flight([(1, 1, b"tag")])
    turns.land(made)
    assert len(copy[1, 1, b"tag"]) == count
