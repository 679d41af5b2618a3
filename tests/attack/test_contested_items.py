"""Items that fight over one row: who sends them costs nobody else of the group an answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.gates.collect import Intake, collect_group
from lockhouse.identity.match import DEVICE_OF
from lockhouse.model import codes
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import LedgerEntry, Link, Record, Seal
from tests.flows.held import Conflicts
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.model.change import Committed, Conflict
    from lockhouse.model.event import Batch
    from lockhouse.model.ports import Commits

TABLET = "tablet-0042"
INNOCENT = "innocent@example.com"


def together(*batches: Batch) -> Batch:
    """One request with the items of several."""
    return msgspec.structs.replace(batches[0], items=[item for batch in batches for item in batch.items])


class Fought:
    """Commits before each of which somebody else moves one person's seal."""

    def __init__(self, inner: Commits, person: bytes) -> None:
        self._inner = inner
        self._person = person
        self._moves = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """As the store does, a moment later."""
        if changes[0].store == "record":
            self._moves += 1
            seal = Seal(self._person, self._moves, 0)
            await self._inner.commit(Change("record", puts=(Put(Seal.TABLE, seal),)))
        return await self._inner.commit_each(changes)


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


async def test_an_item_that_stays_contested_is_answered_so_for_its_own_request_alone(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", email="fought@example.com", order_id="A-0")
    world.house.commits = Fought(world.store, await world.person("fought@example.com"))
    orders = [
        world.batch(
            "backend", "Order Completed", {"email": email, "order_id": f"A-{number}", "message_id": f"m{number}"}
        )
        for number, email in enumerate(("fought@example.com", "other@example.com", INNOCENT))
    ]
    contested, innocent = await collect_group(world.house, [together(*orders[:2]), orders[2]])
    assert [reply.code for reply in contested] == [codes.UNSETTLED, codes.STORED]
    assert [reply.code for reply in innocent] == [codes.STORED]
    world.house.commits = world.store
    [again, [other]] = await collect_group(world.house, [orders[0], orders[1]])
    assert ([reply.code for reply in again], other.code) == ([codes.STORED], codes.DUPLICATE)


@pytest.mark.parametrize("when", ["before", "between two tries"])
async def test_a_channel_that_leaves_the_policy_takes_nobody_elses_request_with_it(tmp_path: Path, when: str) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await world.send("backend", "identify", email=INNOCENT)
    page = world.batch("web", "page", {"device_id": "d-70012345", "page_path": "/", "message_id": "m-1"})
    order = world.batch("backend", "Order Completed", {"email": INNOCENT, "order_id": "A-1"})
    without = POLICY.replace("  web: {kind: segment, key: public, origins: [https://shop.example], stage: live}\n", "")

    class Meanwhile(Conflicts):
        async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
            if changes[0].store == "record" and not self.seen:
                self.seen.append("approved")
                await other.approve(without)
            return await super().commit_each(changes)

    if when == "before":
        await other.approve(without)
    else:
        world.house.commits = Meanwhile(world.store)
    intake = Intake(world.house)
    [paged], [ordered] = await asyncio.gather(intake.collect(page), intake.collect(order))
    assert (paged.outcome, paged.code) == ("refused", codes.NO_SUCH_EVENT)
    assert ordered.outcome in {"stored", "trimmed"}
    assert len(await world.rows(Record)) == 2
