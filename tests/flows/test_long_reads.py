"""A look at a great many records lets others have their turn, and shows nothing that ended while it was at it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Unavailable
from lockhouse.flows import request
from lockhouse.gates.disclose import Records, disclose
from lockhouse.gates.pace import STRETCH
from lockhouse.gates.refresh import refresh
from lockhouse.model.rows import EpochKey
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from lockhouse.gates.disclose import View

STRETCHES = 12
PEOPLE = 20
ORDERS = STRETCHES * STRETCH // PEOPLE


async def _shop(tmp_path: Path) -> World:
    """Enough orders to span several stretches, of a score of people."""
    world = await World.make(tmp_path)
    events: list[tuple[str, str, dict[str, Any]]] = [
        ("backend", "Order Completed", {"email": f"p{who}@example.com", "order_id": f"A-{who}-{n}", "country": "DE"})
        for n in range(ORDERS)
        for who in range(PEOPLE)
    ]
    await world.send_all(events)
    return world


async def _look(world: World, *, limit: int = 500) -> list[View]:
    persons = [await world.person(f"p{who}@example.com") for who in range(PEOPLE)]
    asked = await world.ask("support", action="timeline", purpose="fulfilment")

    async def each() -> AsyncIterator[bytes]:
        for person in persons:
            yield person

    return [view async for view in disclose(world.house, asked, each(), records=Records(limit=limit))]


async def _turns_during(work: Coroutine[Any, Any, Any]) -> int:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await work
    counting.cancel()
    return turns


async def _in_the_midst(world: World, act: Callable[[], Coroutine[Any, Any, Any]]) -> list[View]:
    """A look, and what somebody does when some of its records are opened and others are not."""

    async def do() -> None:
        noted = (await world.kinds()).count("disclosure")
        was = noted
        while was == noted:
            await asyncio.sleep(0)
            was = (await world.kinds()).count("disclosure")
        await act()

    doing = asyncio.create_task(do())
    await asyncio.sleep(0)
    try:
        return await _look(world)
    finally:
        assert doing.done()
        with contextlib.suppress(asyncio.CancelledError):
            await doing


async def test_others_have_a_turn_every_few_hundred_records(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    few = await _turns_during(_look(world, limit=1))
    assert await _turns_during(_look(world)) >= few + STRETCHES


async def test_a_person_who_is_shut_while_others_are_read_is_not_shown(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    first = await world.person("p0@example.com")
    views = await _in_the_midst(world, lambda: request.open_erasure(world.house, first, by="os-user:1000"))
    shown = {view.person: view for view in views}
    assert set(shown[first].refused) & {"being-erased", "erased"}
    assert shown[first].timeline == ()
    others = [view for person, view in shown.items() if person != first]
    assert [len(view.timeline) for view in others] == [ORDERS] * (PEOPLE - 1)
    assert all(one.fields["order_id"].state == "open" for view in others for one in view.timeline)


async def test_a_part_that_is_shut_while_the_rest_is_read_is_not_among_what_is_shown(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    first = await world.person("p0@example.com")
    [part] = {
        one.name
        for one in world.house.live().policy.compartments
        if one.class_ == "transactions" and "fulfilment" in one.purposes and "accounting" in one.purposes
    }
    views = await _in_the_midst(
        world,
        lambda: request.open_erasure(
            world.house, first, by="os-user:1000", compartment=part
        ),
    )  # fmt: skip
    shown = {view.person: view for view in views}
    assert not any("order_id" in one.fields and one.fields["order_id"].value for one in shown[first].timeline)
    assert sum(part.boxes for part in shown[first].shut) == ORDERS


async def test_what_was_begun_anew_is_noted_anew_before_it_is_shown(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    views = await _in_the_midst(world, lambda: world.house.epochs.announce(key=True))
    assert (await world.kinds()).count("disclosure") == 2
    assert sum(len(view.timeline) for view in views) == PEOPLE * ORDERS


async def test_keys_that_never_hold_still_show_nothing(tmp_path: Path) -> None:
    world = await _shop(tmp_path)

    async def endings() -> None:
        while True:
            await world.house.epochs.announce(key=True)
            await asyncio.sleep(0)

    ending = asyncio.create_task(endings())
    with pytest.raises(Unavailable, match="hold still"):
        await _look(world)
    ending.cancel()


class Lost:
    """The epochs of a process that hears nothing from its writer for a while, or any more."""

    def __init__(self, world: World) -> None:
        self._epochs = world.house.epochs
        self.confirmed = True

    def alive(self) -> bool:
        return self.confirmed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._epochs, name)

    async def lose(self) -> None:
        self.confirmed = False


async def test_a_lease_that_is_lost_in_the_midst_shows_nothing(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    lost = world.house.epochs = Lost(world)
    with pytest.raises(Unavailable, match="lease"):
        await _in_the_midst(world, lost.lose)


async def test_a_lease_that_is_confirmed_again_goes_on_and_shows_nobody_who_was_shut_meanwhile(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    first = await world.person("p0@example.com")
    lost = world.house.epochs = Lost(world)
    found: list[asyncio.Task[None]] = []

    async def find_again(*, shut: bool) -> None:
        await asyncio.sleep(0.01)
        if shut:
            await request.open_erasure(world.house, first, by="os-user:1000")
        lost.confirmed = True

    async def lose(*, shut: bool) -> None:
        await lost.lose()
        found.append(asyncio.create_task(find_again(shut=shut)))

    views = await _in_the_midst(world, lambda: lose(shut=False))
    assert sum(len(view.timeline) for view in views) == PEOPLE * ORDERS
    assert (await world.kinds()).count("disclosure") == 1
    views = await _in_the_midst(world, lambda: lose(shut=True))
    assert {len(view.timeline) for view in views if view.person != first} == {ORDERS}
    assert [view.timeline for view in views if view.person == first] == [()]


async def test_a_ring_that_made_room_for_others_is_admitted_again(tmp_path: Path) -> None:
    world = await _shop(tmp_path)

    async def crowd() -> None:
        for who in range(PEOPLE):
            world.house.keyring.forget(await world.person(f"p{who}@example.com"))

    views = await _in_the_midst(world, crowd)
    assert sum(len(view.timeline) for view in views) == PEOPLE * ORDERS
    assert all(one.fields["order_id"].state == "open" for view in views for one in view.timeline)


async def test_nobody_goes_on_with_keys_that_another_is_still_reading_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    house = world.house
    epochs = [(row.compartment, row.epoch) for row in await world.rows(EpochKey)]

    class Slow:
        """Reads of a store whose tables are long: between two chunks others have their turn."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def scan(self, row: Any, *, chunk: int = 1_000) -> AsyncIterator[Any]:
            async for rows in world.store.scan(row, chunk=chunk):
                await asyncio.sleep(0)
                yield rows

    house.reads = Slow()
    await house.epochs.announce(key=True)

    async def all_there() -> bool:
        await refresh(house)
        return all(house.keyring.has_epoch(*epoch) for epoch in epochs)

    assert all(await asyncio.gather(all_there(), all_there(), all_there()))
