"""Who moved, or bought something, since an older identity store was copied: nothing stays open that their move shut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.state import verify_state
from tests.flows.restored import copied, restored
from tests.flows.test_regions import EMAIL, ORDER, later, may_write, region
from tests.flows.test_soft_opt_in import SOFT
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flows.restored import Restored, Tables

UNKNOWN_IS_US = POLICY.replace("unknown: strictest", "unknown: us")
BUT_FOR_GERMANY = UNKNOWN_IS_US.replace("{default: consent, us: opt_out}", "{default: opt_out, de: consent}")


async def _back(world: World, identity: Tables, *, size: int) -> Restored:
    return await restored(world, copied(world, "record") | identity, only="identity", size=size)


@pytest.mark.parametrize("policy", [POLICY, UNKNOWN_IS_US, BUT_FOR_GERMANY], ids=["strictest", "us", "default"])
async def test_who_moved_since_is_under_the_rules_of_every_region_until_an_event_says_where_they_are(
    tmp_path: Path, policy: str
) -> None:
    world = await World.make(tmp_path, policy)
    for email in (EMAIL, "ben@example.com"):
        await world.send("backend", "Order Completed", **ORDER | {"email": email}, country="US")
    assert await may_write(world)
    identity, size = copied(world, "identity"), (await world.store.seal_ledger()).size
    await later(world, "DE")
    back = await _back(world, identity, size=size)
    assert not await may_write(back)
    assert await may_write(back, "ben@example.com"), "nothing is told of him"
    assert back.forgotten is not None
    assert (back.forgotten.rows, back.forgotten.moved, back.forgotten.sales) == ({"consent": 1}, 1, 0)
    state = await verify_state(back.house)
    assert (state.untold, [one.kind for one in state.findings.kept]) == (0, ["missing-row"]), "the move, not the doubt"
    await later(back, "US", number="A-3")
    assert (await region(back), await may_write(back)) == ("us", True)


async def test_who_moved_twice_since_or_is_not_there_is_counted_once_or_not_at_all(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **ORDER, country="US")
    identity, size = copied(world, "identity"), (await world.store.seal_ledger()).size
    await later(world, "DE")
    await later(world, "FR", number="A-3")
    await world.send("backend", "identify", email="new@example.com")
    world.clock.pass_days(0.1)
    await world.send("backend", "Order Completed", email="new@example.com", order_id="B-1", country="US")
    back = await _back(world, identity, size=size)
    assert back.forgotten is not None
    assert (back.forgotten.rows, back.forgotten.moved) == ({"consent": 3}, 1)


async def test_who_bought_since_is_no_customer_by_that_until_they_buy_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path, SOFT)
    await world.send("backend", "identify", email=EMAIL, country="DE")
    identity, size = copied(world, "identity"), (await world.store.seal_ledger()).size
    await later(world, "DE")
    person = await world.person(EMAIL)
    assert (await facts_of_persons(world.house, [person], fresh=True))[person].sold_at
    back = await _back(world, identity, size=size)
    assert (await facts_of_persons(back.house, [person], fresh=True))[person].sold_at == {}
    assert back.forgotten is not None
    assert back.forgotten.sales == 1
    await later(back, "DE", number="A-3")
    assert (await facts_of_persons(back.house, [person], fresh=True))[person].sold_at
