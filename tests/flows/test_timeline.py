"""A person's records page by page: each once, in both directions, and every page says how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.flows import link, look
from lockhouse.gates.disclose import Records
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.disclose import View

EMAIL, OTHER = "anna.schmidt@example.com", "anna@example.org"
MANY = 5


async def _orders(world: World) -> bytes:
    for number in range(MANY):
        world.clock.at += 1_000
        await world.send("backend", "Order Completed", email=EMAIL, order_id=f"A-{number}")
    return await world.person(EMAIL)


async def _page(world: World, person: bytes, *, before: bytes | None = None, after: bytes | None = None) -> View:
    ask = await world.ask("support", action="timeline")
    return await look.show(world.house, ask, person, records=Records(before=before, after=after, limit=2))


def _ids(view: View) -> list[bytes]:
    return [one.id for one in view.timeline]


async def test_pages_go_back_from_the_newest_and_forth_again_and_none_is_left_out(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _orders(world)
    ask = await world.ask("support", action="timeline")
    every = _ids(await look.show(world.house, ask, person))
    newest = await _page(world, person)
    middle = await _page(world, person, before=_ids(newest)[0])
    oldest = await _page(world, person, before=_ids(middle)[0])
    assert [*_ids(oldest), *_ids(middle), *_ids(newest)] == every
    assert len(every) == MANY
    assert [one.truncated for one in (newest, middle, oldest)] == [True, True, False]
    assert _ids(await _page(world, person, after=every[0])) == every[1:3]
    last = await _page(world, person, after=every[2])
    assert (_ids(last), last.truncated) == (every[3:], False)
    assert {one.total for one in (newest, middle, oldest, last)} == {MANY}
    assert [one.records for one in (newest, middle, oldest, last)] == [2, 2, 1, 2]


async def test_of_persons_who_are_one_the_records_of_all_are_counted(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _orders(world)
    await world.send("backend", "Order Completed", email=OTHER, order_id="B-1")
    await link.make(world.house, person, await world.person(OTHER), by="os-user:0")
    assert [view.total for view in [await _page(world, person), await world.reveal(person)]] == [MANY + 1, MANY + 1]
