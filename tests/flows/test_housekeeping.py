"""What is kept for a while only goes when its while is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.flows import request
from lockhouse.flows.housekeeping import end_marks
from lockhouse.model import codes
from lockhouse.model.rows import ErasedMark
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "eva@example.com"


async def test_a_retry_during_the_cooling_time_does_not_bring_the_person_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    sent = world.clock.now_ms()
    await world.send("backend", "identify", email=EMAIL, name="Eva")
    [view] = await world.find(EMAIL)
    world.clock.pass_days(0.01)
    await request.open_erasure(world.house, view.person, by="os-user:0")
    late = await world.send("backend", "identify", email=EMAIL, name="Eva", at=sent, message_id="another")
    assert (late.outcome, late.code) == ("refused", codes.ERASED_BEFORE)
    assert await world.find(EMAIL) == []


async def test_calling_an_erasure_off_lifts_its_marks(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    sent = world.clock.now_ms()
    await world.send("backend", "identify", email=EMAIL)
    [view] = await world.find(EMAIL)
    world.clock.pass_days(0.01)
    done = await request.open_erasure(world.house, view.person, by="os-user:0")
    await request.undo(world.house, done.case, by="os-user:1000")
    assert await world.rows(ErasedMark) == []
    late = await world.send("backend", "identify", email=EMAIL, name="Eva", at=sent, message_id="another")
    assert late.outcome == "stored"


async def test_marks_end_when_the_certificate_says_so(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "identify", email=EMAIL)
    [view] = await world.find(EMAIL)
    done = await request.open_erasure(world.house, view.person, by="os-user:0")
    await request.fulfil(world.house, done.case, journal=world.journal, now=True)
    assert await end_marks(world.house) == (0, 0)
    [mark] = await world.rows(ErasedMark)
    world.clock.pass_days((mark.until_at - world.clock.now_ms()) / 86_400_000)
    assert await end_marks(world.house) == (1, 0)
    assert await world.rows(ErasedMark) == []
