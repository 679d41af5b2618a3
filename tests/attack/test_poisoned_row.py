"""A row of one person's is edited by SQL: their events fail loudly, all others of the same group are stored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Tampered
from lockhouse.flows import consent
from lockhouse.gates.collect import Intake
from lockhouse.model.rows import Record
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.event import Batch, Reply

POISONED = "anna.schmidt@example.com"


async def _world(tmp_path: Path) -> World:
    """A second process of a house in which one person's consent does not verify."""
    world = await World.make(tmp_path)
    for number, email in enumerate((POISONED, "bert@example.com")):
        await world.send("account", "Order Completed", email=email, order_id=f"A-{number}")
    row = await consent.record(world.house, await world.person(POISONED), "marketing", granted=True)
    world.plant(msgspec.structs.replace(row, mac=bytes(32)))
    return await world.second()


def _order(world: World, email: str, number: int) -> Batch:
    return world.batch("account", "Order Completed", {"email": email, "order_id": f"B-{number}"})


async def _sent(world: World, emails: list[str]) -> list[list[Reply] | BaseException]:
    """All of them at once, so that they share a group."""
    intake = Intake(world.house)
    batches = [_order(world, email, number) for number, email in enumerate(emails)]
    return await asyncio.gather(*(intake.collect(batch) for batch in batches), return_exceptions=True)


async def test_one_persons_poisoned_row_fails_that_persons_batch_alone(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    emails = [f"p{number}@example.com" for number in range(9)] + ["bert@example.com"]
    emails.insert(4, POISONED)
    before = len(await world.rows(Record))
    answers = await _sent(world, emails)
    assert [isinstance(answer, Tampered) for answer in answers] == [email == POISONED for email in emails]
    others = [answer[0].outcome for answer in answers if isinstance(answer, list)]
    assert others == ["stored"] * 10
    assert len(await world.rows(Record)) == before + 10
    assert len(await world.indexes("p0@example.com")) == 1


async def test_every_batch_with_the_poisoned_row_is_told_so(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    answers = await _sent(world, [POISONED, "bert@example.com", POISONED])
    assert [type(answer) for answer in answers] == [Tampered, list, Tampered]


async def test_the_gate_goes_on_after_it(tmp_path: Path) -> None:
    world = await _world(tmp_path)
    intake = Intake(world.house)
    for number in range(3):
        [wrong] = await asyncio.gather(intake.collect(_order(world, POISONED, number)), return_exceptions=True)
        assert isinstance(wrong, Tampered)
        [reply] = await intake.collect(_order(world, "bert@example.com", 10 + number))
        assert reply.outcome == "stored"
