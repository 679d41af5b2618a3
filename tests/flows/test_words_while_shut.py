"""What is refused while all of a person is shut stands when the request is called off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.flows import consent, request
from lockhouse.flows.tell import tell_untold
from lockhouse.model.rows import Consent, Limbo
from tests.flows.anna import EMAIL, anna
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


async def _marketer_sees(world: World) -> bool:
    return any(EMAIL in str(view.fields) for view in await world.find(EMAIL, role="marketer"))


async def test_who_is_suppressed_while_shut_has_refused(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    world.clock.at += 1_000
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="objection", by="os-user:1")
    await request.undo(world.house, case, by="os-user:1")
    assert not await _marketer_sees(world)
    assert {word.granted for word in await consent.show(world.house, person) if word.signal == "suppression"} == {False}
    world.clock.pass_days(1)
    await tell_untold(world.house)
    assert (await world.kinds()).count("consent") == len(await world.rows(Consent))


async def test_a_limbo_row_that_was_edited_keeps_nobody_else_from_being_left_out(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email="ben@example.com", consent={"Advertising": True})
    await world.erase(await world.person("ben@example.com"), now=False)
    [of_ben] = await world.rows(Limbo)
    world.plant(msgspec.structs.replace(of_ben, wrapped=bytes(len(of_ben.wrapped))))
    case = await world.erase(await anna(world), now=False)
    world.clock.at += 1_000
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="objection", by="os-user:1")
    await request.undo(world.house, case, by="os-user:1")
    assert not await _marketer_sees(world)


@pytest.mark.parametrize("channel", ["web", "backend", "account"])
async def test_a_no_that_came_while_shut_stands_whoever_brought_it(tmp_path: Path, channel: str) -> None:
    world = await World.make(tmp_path)
    case = await world.erase(await anna(world), now=False)
    world.clock.at += 1_000
    await world.send(channel, "identify", email=EMAIL, device_id="d-1", consent={"Advertising": False})
    await request.undo(world.house, case, by="os-user:1")
    assert not await _marketer_sees(world)


async def test_a_yes_that_came_while_shut_is_not_the_persons(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    await consent.record(world.house, person, "marketing", granted=False)
    case = await world.erase(person, now=False)
    world.clock.at += 1_000
    await world.send("backend", "identify", email=EMAIL, consent={"Advertising": True})
    await request.undo(world.house, case, by="os-user:1")
    words = {word.purpose: word.granted for word in await consent.show(world.house, person)}
    assert words["marketing"] is False


async def test_who_is_destroyed_after_all_leaves_no_word_behind(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="objection", by="os-user:1")
    assert [row for row in await world.rows(Consent) if row.person == person]
    await request.fulfil(world.house, case, journal=world.journal, now=True)
    assert not [row for row in await world.rows(Consent) if row.person == person]
