"""Items that fight over one row: who sends them costs nobody else of the group an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.identity.match import DEVICE_OF
from lockhouse.model.rows import LedgerEntry, Link
from tests.flows.held import Conflicts
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


TABLET = "tablet-0042"
INNOCENT = "innocent@example.com"


async def test_forty_guests_of_one_tablet_and_a_stranger_settle_in_one_passage(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "page", device_id=TABLET, page_path="/")
    await world.send("web", "identify", email="first@example.com", device_id=TABLET)
    conflicts = world.house.commits = Conflicts(world.store)
    guests = [("web", "identify", {"email": f"guest{n}@example.com", "device_id": TABLET}) for n in range(40)]
    replies = await world.send_all([*guests, ("backend", "Order Completed", {"email": INNOCENT, "order_id": "A-1"})])
    assert {reply.outcome for reply in replies} <= {"stored", "trimmed"}
    assert conflicts.seen == []
    standing = [row for row in await world.rows(Link) if row.kind == DEVICE_OF and row.until_at is None]
    assert [row.a for row in standing] == [await world.person("guest39@example.com")]
    assert (await world.kinds()).count("link") == 1 + 40 + 40, "each was made, and each but the last has ended"


async def test_who_comes_back_to_the_tablet_in_the_same_group_has_it_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "page", device_id=TABLET, page_path="/")
    people = ["anna@example.com", "bert@example.com", "anna@example.com"]
    await world.send_all([("web", "identify", {"email": email, "device_id": TABLET}) for email in people])
    [standing] = [row for row in await world.rows(Link) if row.kind == DEVICE_OF and row.until_at is None]
    assert standing.a == await world.person("anna@example.com")
    entries = {row.id for row in await world.rows(LedgerEntry)}
    assert {row.entry for row in await world.rows(Link)} <= entries
