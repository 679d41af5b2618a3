"""Nobody is moved to a region with looser rules by a key that anyone can read, or by a row that was planted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered
from tests.flows.test_regions import EMAIL, ORDER, may_write, moves, region
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("known", ["DE", None])
async def test_a_page_that_claims_a_looser_region_changes_nothing(tmp_path: Path, known: str | None) -> None:
    """In the United States marketing needs no yes: whoever reads the page's key could say that everybody is there."""
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, **({"country": known} if known else {}))
    for number in range(3):
        world.clock.pass_days(1)
        claimed = ORDER | {"order_id": f"W-{number}", "country": "US"}
        await world.send("web", "Order Completed", **claimed)
        await world.send("web", "Order Completed", **claimed, at=world.clock.at + 86_400_000)
    await world.send("backend", "identify", email=EMAIL)
    assert (await region(world), await moves(world)) == (known and known.lower(), [])
    assert not await may_write(world)


async def test_an_address_typed_at_a_till_gives_nobody_who_proved_it_their_first_region(tmp_path: Path) -> None:
    """Of her account nothing was known: what somebody typed counts for its own event, and for nothing after it."""
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=EMAIL, name="Anna")
    world.clock.pass_days(1)
    await world.send("backend", "Order Completed", **ORDER, country="US")
    await world.send("account", "identify", email=EMAIL, name="Anna Schmidt")
    assert (await region(world), await moves(world)) == (None, [])
    assert not await may_write(world)
    await world.send("account", "Order Completed", **ORDER | {"order_id": "A-2"}, country="US")
    assert (await region(world), len(await moves(world))) == ("us", 1)


@pytest.mark.parametrize("changed", [{"notice": "us"}, {"at": 1}])
async def test_a_region_that_was_edited_is_noticed(tmp_path: Path, changed: dict[str, object]) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, country="US")
    world.clock.pass_days(1)
    await world.send("backend", "Order Completed", **ORDER | {"order_id": "A-2"}, country="DE")
    [row] = await moves(world)
    world.drop(row)
    world.plant(msgspec.structs.replace(row, **changed))
    with pytest.raises(Tampered):
        await may_write(world)
