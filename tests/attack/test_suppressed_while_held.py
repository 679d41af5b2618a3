"""A suppression that becomes durable while an event is kept for replay, or replayed, is obeyed all the same."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lockhouse.flows import consent
from lockhouse.gates.refresh import refresh
from lockhouse.model.rows import Quarantined
from tests.flows.test_trial import ANNA, QUIZ, TRIAL, order, replay
from tests.world import Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.event import Reply

PHONE = "+4930901820"


async def quiz(world: World) -> Reply:
    """With a phone number that nobody has."""
    return await world.send("backend", "Quiz Done", email=ANNA, order_id="Q-1", page_path="/secret", phone=PHONE)


async def suppressed(world: World, other: World) -> None:
    """Who has this number is not analysed, and the other process has heard of it, as it does within its lease."""
    await consent.suppress(world.house, "phone", PHONE, purposes=["analytics"], by="os-user:1000", reason="asked")
    await refresh(other.house)


async def test_what_is_suppressed_while_a_replay_is_about_to_store_is_left_out(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon=None)
    await quiz(world)
    await world.approve(QUIZ.replace("Quiz Done: [email,", "Quiz Done: [email, phone, page_path,"))
    other = await world.second()
    other.house.commits = stopped = Stopped(other.house.commits, store="identity")  # its look-ups, behind the deciding
    late = asyncio.create_task(replay(other))
    await stopped.reached.wait()
    await suppressed(world, other)
    stopped.go_on.set()
    assert (await late).fields == {"Quiz Done": {"email": 1, "order_id": 1}}


async def test_what_is_suppressed_while_it_is_about_to_be_kept_is_not_kept(tmp_path: Path) -> None:
    world = await World.make(tmp_path, TRIAL)
    await order(world, coupon=None)
    other = await world.second()
    other.house.commits = stopped = Stopped(other.house.commits, store="identity")  # the day's key, behind the deciding
    late = asyncio.create_task(quiz(other))
    await stopped.reached.wait()
    await suppressed(world, other)
    stopped.go_on.set()
    assert (await late).code == "LH-2120"
    assert await world.rows(Quarantined) == []
