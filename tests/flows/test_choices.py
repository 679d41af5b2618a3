"""What a person chose: told of one who may be seen, noted first, and never to themselves or of who was not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import NotFound, Refused, Unavailable
from lockhouse.flows import choices, consent, link, look
from lockhouse.gates.authority import signed
from lockhouse.ledger.entry import Disclosure, parse_entry
from lockhouse.model.change import Change, Conflict, Put
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Consent, LedgerEntry
from lockhouse.model.scale import Assurance, ConsentState
from tests.world import Away, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.flows.choices import Choice
    from lockhouse.gates.disclose import View

ANNA, OTHER = "anna.schmidt@example.com", "anna@other.example"
WHO = Actor(id="os-user:1000", kind="os-user", roles=("privacy_officer",))


async def _seen(world: World, email: str = ANNA) -> View:
    ask = await look.ask_of(world.house, msgspec.structs.replace(WHO, roles=("support",)), action="show", purpose=None)
    return await look.show(world.house, ask, await world.person(email))


async def _told(world: World, email: str = ANNA) -> dict[str, Choice]:
    _, found = await choices.choices(world.house, await _seen(world, email), actor=WHO)
    return {one.purpose: one for one in found}


async def _anna(tmp_path: Path) -> World:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=ANNA, order_id="A-1")
    return world


async def test_a_yes_of_a_key_that_anyone_can_read_is_told_and_does_not_count(tmp_path: Path) -> None:
    world = await _anna(tmp_path)
    number, now = world.house.live().names.number("purpose", "marketing"), world.clock.at
    row = Consent(
        await world.person(ANNA), number, now, world.house.ids.new(), ConsentState.GRANTED, 0, "banner",
        Assurance.PUBLIC, None, world.house.ids.new(), b"",
    )  # fmt: skip
    said = Change("identity", puts=(Put(Consent.TABLE, signed(row, world.house.integrity_key)),))
    assert not isinstance(await world.house.commits.commit(said), Conflict)
    told = (await _told(world))["marketing"]
    assert (told.denied, told.shut, [word.counts for word in told.words]) == (False, "region", [False])


async def test_of_joined_persons_the_no_of_one_is_told_of_all_and_a_refusal_stands_for_each(tmp_path: Path) -> None:
    world = await _anna(tmp_path)
    await world.send("account", "Order Completed", email=OTHER, order_id="A-2")
    one, other = await world.person(ANNA), await world.person(OTHER)
    await link.make(world.house, one, other, by="os-user:1000")
    await consent.record(world.house, one, "marketing", granted=True)
    await consent.record(world.house, other, "marketing", granted=False)
    assert (await _told(world))["marketing"].denied
    assert await choices.refuse(world.house, await _seen(world), "analytics", actor=WHO)
    said = [row for row in await world.rows(Consent) if row.signal == "staff" and row.state == 0]
    number = world.house.live().names.number("purpose", "analytics")
    assert {row.person for row in said if row.purpose == number} == {one, other}


async def test_words_beyond_what_is_told_are_counted_and_the_newest_are_told(tmp_path: Path) -> None:
    world = await _anna(tmp_path)
    person = await world.person(ANNA)
    for number in range(choices.MOST + 3):
        world.clock.at += 1
        await consent.record(world.house, person, "marketing", granted=bool(number % 2))
    told = (await _told(world))["marketing"]
    assert (len(told.words), told.older) == (choices.MOST, 3)
    assert [word.at for word in told.words] == sorted((word.at for word in told.words), reverse=True)
    assert told.words[0].at == world.clock.at


async def test_nobody_is_told_of_their_own_choices_nor_refuses_for_themselves_here(tmp_path: Path) -> None:
    world = await _anna(tmp_path)
    view = await _seen(world)
    with pytest.raises(Refused) as told:
        await choices.choices(world.house, view, actor=WHO, own=view.persons)
    with pytest.raises(Refused) as refused:
        await choices.refuse(world.house, view, "marketing", actor=WHO, own=view.persons)
    assert (told.value.reasons, refused.value.reasons) == (("own-record",), ("own-record",))
    assert await world.rows(Consent) == []
    assert not await _looks(world)


async def test_of_whom_a_look_showed_nothing_nothing_is_told_or_recorded(tmp_path: Path) -> None:
    world = await _anna(tmp_path)
    view = msgspec.structs.replace(await _seen(world), refused=("flagged",))
    with pytest.raises(Refused):
        await choices.choices(world.house, view, actor=WHO)
    with pytest.raises(Refused):
        await choices.refuse(world.house, view, "marketing", actor=WHO)
    assert await world.rows(Consent) == []


async def test_whoever_has_ended_since_the_look_chose_nothing_more(tmp_path: Path) -> None:
    world = await _anna(tmp_path)
    view = await _seen(world)
    await world.erase(view.person)
    with pytest.raises(NotFound):
        await choices.refuse(world.house, view, "marketing", actor=WHO)
    with pytest.raises(NotFound):
        await choices.choices(world.house, view, actor=WHO)
    assert await world.rows(Consent) == []


async def test_a_look_that_cannot_be_noted_tells_nothing(tmp_path: Path) -> None:
    world = await _anna(tmp_path)
    view = await _seen(world)
    world.house.commits = Away(world.house.commits)
    with pytest.raises(Unavailable):
        await choices.choices(world.house, view, actor=WHO)
    assert not await _looks(world)


async def _looks(world: World) -> list[Disclosure]:
    bodies = [parse_entry(row.body).body for row in await world.rows(LedgerEntry)]
    return [one for one in bodies if isinstance(one, Disclosure) and one.action == "consent"]
