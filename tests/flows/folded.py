"""A customer with more records than a look opens here, so that tests of folds are short: a look opens twenty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.seal import decode_boxes
from lockhouse.flows import look
from lockhouse.gates.disclose import Records
from lockhouse.gates.rework import Snapshotted, snapshot_person
from lockhouse.model.rows import Record, Snapshot
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.disclose import View

BY = "os-user:0"
ANNA = "anna@example.com"
OPENED, ORDERS = 20, 30
ROLES = ("support", "marketer", "analyst", "accountant")


async def shop(tmp_path: Path, *, orders: int = ORDERS, days: float = 0.01) -> tuple[World, bytes]:
    """Her first order alone has her name, phone and country; a fold of twenty never comes to it."""
    world = await World.make(tmp_path)
    await world.send(
        "backend", "Order Completed", email=ANNA, name="Anna Schmidt", phone="+493012345678", order_id="A-0",
        country="DE",
    )  # fmt: skip
    for number in range(1, orders):
        world.clock.pass_days(days)
        await order(world, f"A-{number}")
    return world, await world.person(ANNA)


async def order(world: World, number: str, **values: Any) -> None:
    """One more of hers."""
    await world.send(
        "backend", "Order Completed", **{"email": ANNA, "order_id": number, "order_total": "12.50"} | values
    )


async def folded(world: World, person: bytes) -> Snapshotted:
    """Her records lie in snapshots, as the worker folds them for a look that opens twenty."""
    return await snapshot_person(world.house, person, by=BY, above=OPENED)


async def profile(world: World, person: bytes, *, role: str = "support", opened: int = OPENED) -> View:
    """A look that opens so many."""
    reason = "call back" if role == "support" else None
    ask = msgspec.structs.replace(await world.ask(role, action="reveal", reason=reason), mode="full")
    return await look.show(world.house, ask, person, records=Records(limit=opened))


async def in_full(world: World, person: bytes, *, role: str = "support") -> View:
    """A look that opens each of her records."""
    return await profile(world, person, role=role, opened=10_000)


def told(view: View) -> dict[str, object]:
    """All that a view tells, but for the entry that noted it."""
    return msgspec.structs.asdict(msgspec.structs.replace(view, entry=b""))


async def with_field(world: World, person: bytes, number: int = 0) -> Record:
    """Her record of this place in the order they came."""
    return sorted([row for row in await world.rows(Record) if row.person == person], key=lambda row: row.id)[number]


async def covering(world: World, row: Record) -> list[Snapshot]:
    """The snapshots that stand where this record has boxes."""
    places = {(row.person, box.compartment, box.epoch) for box in decode_boxes(row.boxes)}
    return [one for one in await world.rows(Snapshot) if (one.person, one.compartment, one.epoch) in places]


async def tells_the_same(world: World, person: bytes) -> None:
    """From snapshots each role is told what it is told of every record opened one by one."""
    for role in ROLES:
        assert told(await profile(world, person, role=role)) == told(await in_full(world, person, role=role)), role
