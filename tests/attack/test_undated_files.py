"""A file from before, whose rows are said to happen now, brings who was erased back, or takes a no back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.model.rows import Consent
from lockhouse.model.scale import ConsentState
from tests.flows.files import ORDERS, brought, foreseen, orders, paper
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

UNDATED = ORDERS.replace("time: {column: when}", "time: now")


async def test_who_was_erased_is_not_brought_back_by_rows_that_say_no_time(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await brought(world, paper(world, orders(2)))
    await world.erase(await world.person("c1@example.com"))
    world.clock.pass_days(30)
    file = paper(world, orders(3), mapping=UNDATED)
    outlook = await foreseen(world, file)
    told = await brought(world, file)
    assert told.codes == outlook.codes == {"LH-2110": 1}
    assert (told.row.stored, told.row.refused) == (2, 1)
    assert await world.find("c1@example.com") == []
    assert await world.findings() == []


async def test_a_no_is_not_taken_back_by_rows_that_say_no_time(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await brought(world, paper(world, orders(1, rest=",yes,")))
    world.clock.pass_days(1)
    await world.send(
        "backend", "Order Completed", email="c1@example.com", order_id="B-1", consent={"Advertising": False}
    )
    world.clock.pass_days(1)
    told = await brought(world, paper(world, orders(1, rest=",yes,"), mapping=UNDATED))
    assert [one.expected for one in told.rejects] == ["a time beside a yes to Advertising: `time: now` says none"]
    words = sorted(await world.rows(Consent), key=lambda word: word.at)
    assert words[-1].state == ConsentState.DENIED


async def test_a_no_needs_no_time(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await brought(world, paper(world, orders(1, rest=",yes,")))
    world.clock.pass_days(1)
    told = await brought(world, paper(world, orders(1, rest=",no,"), mapping=UNDATED))
    assert (told.row.stored, told.row.rejected) == (1, 0)
    words = sorted(await world.rows(Consent), key=lambda word: word.at)
    assert words[-1].state == ConsentState.DENIED
