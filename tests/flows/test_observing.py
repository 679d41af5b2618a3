"""A channel that observes tells what it sends: paths, shapes, counts, and nobody's value."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from lockhouse.flows.observed import drops_of, observed
from lockhouse.gates import sights
from lockhouse.model.rows import Drop, Person, Receipt, Record
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.flows.observed import Observed

WATCHED = POLICY.replace("secret, stage: live}\n  account", "secret, stage: observe}\n  account")
ORDER = {"coupon_code": "SPRING", "gift": True, "products": [{"sku": "a1", "price": 9.5}]}


async def seen(world: World) -> Observed:
    return await observed(world.house, world.house.live().policy.channels["backend"].id)


def told(found: Observed) -> set[tuple[str, str]]:
    return {(one.path, one.shape) for one in found.seen}


async def orders(world: World, times: int, **more: object) -> None:
    for n in range(times):
        await world.send(
            "backend", "Order Completed", order_id=f"A-{n}", **ORDER | {"email": f"eva{n}@example.com"} | more
        )


async def test_an_observed_channel_tells_paths_shapes_and_counts_and_stores_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    await orders(world, 5)
    assert [reply.code for reply in world.replies] == ["LH-0002"] * 5
    found = await seen(world)
    assert told(found) >= {
        ("properties.email", "email"), ("properties.coupon_code", "text"), ("properties.gift", "boolean"),
        ("properties.products", "list"), ("properties.products[].sku", "id"),
        ("properties.products[].price", "decimal"), ("properties.order_id", "id"),
    }  # fmt: skip
    counts = {one.path: one.count for one in found.seen if one.shape in {"email", "text"}}
    assert counts["properties.email"] == 5
    assert dict(found.kept) == {"email": 5, "order_id": 5}
    for kind in (Record, Person, Receipt):
        assert await world.rows(kind) == []
    stored = repr(await world.rows(Drop))
    assert "eva" not in stored
    assert "SPRING" not in stored


async def test_a_key_that_is_a_value_is_never_shown(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    values = (
        "eva@example.com", "+4930123456", "4111111111111111", "DE89370400440532013000", "sku_10234", "Eva-Meier",
        "2026-11-30", "10.0.0.1", "x" * 41, "Eva Meier", "naïve", "a.b", "a|b",
    )  # fmt: skip
    await orders(world, 2 * sights.SENDERS, carts=dict.fromkeys(values, 1))
    assert {one.path for one in (await seen(world)).seen if one.path.startswith("properties.carts")} == {
        "properties.carts.*"
    }


async def test_a_key_is_shown_once_it_came_from_five_different_senders(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    await orders(world, 4, wrapping="red")
    await orders(world, 4, wrapping="red")
    assert ("properties.wrapping", "text") not in told(await seen(world))
    await orders(world, 5, wrapping="red")
    assert ("properties.wrapping", "text") in told(await seen(world))


async def test_an_object_with_very_many_keys_is_a_map_whose_keys_are_values(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    letters = "abcdefghijklmnop"
    people = {f"{one}{two}": 1 for one in letters for two in letters}
    await orders(world, 6, carts=dict(list(people.items())[:150]))
    shown = {one.path for one in (await seen(world)).seen if one.path.startswith("properties.carts.")}
    assert len(shown) <= sights.MAX_NAMES + 1


async def test_what_is_counted_of_a_channel_is_bounded_also_after_a_restart(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    keys = dict.fromkeys((f"{one}{two}" for one in "abcdef" for two in "abcdef"), 1)
    events = [
        ("backend", f"{one} {two} Seen", keys) for one in ("Red", "Blue", "Grey") for two in string.ascii_uppercase[:13]
    ]
    for number in range(12):
        if number == 10:
            world = await world.restarted()
        await world.send_all(
            [(channel, name, values | {"email": f"e{number}@x.example"}) for channel, name, values in events]
        )
    rows = [row for row in await world.rows(Drop) if row.reason.startswith(sights.REASON)]
    assert len(rows) == sights.MAX_PATHS + 1
    assert (await seen(world)).more > 0


async def test_an_event_that_the_policy_does_not_name_is_observed_too(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    for number in range(6):
        await world.send("backend", "Wish Made", wish="a bike", anonymousId=f"d-{number}", email=f"e{number}@x.example")
    found = await seen(world)
    assert {(one.event, one.path) for one in found.seen} >= {("Wish Made", "properties.wish")}
    assert {reply.code for reply in world.replies} == {"LH-0002"}


async def test_what_is_observed_is_not_counted_among_the_drops(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    await orders(world, 3)
    drops = await drops_of(world.house, world.house.live().policy.channels["backend"].id)
    assert {row.reason for row in drops} == {"undeclared"}


async def test_another_process_knows_the_names_that_are_shown(tmp_path: Path) -> None:
    world = await World.make(tmp_path, WATCHED)
    await orders(world, 5)
    other = await world.second()
    before = {one.path: one.count for one in (await seen(world)).seen}
    await other.send("backend", "Order Completed", order_id="B-1", coupon_code="AUTUMN")
    after = {one.path: one.count for one in (await seen(world)).seen}
    assert after["properties.coupon_code"] == before["properties.coupon_code"] + 1
