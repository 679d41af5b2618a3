"""What is shut is what the case says, whose MAC is checked: no SQL on limbo opens it or changes what is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered, Unavailable
from lockhouse.flows import request
from lockhouse.gates.cases import sound_cases
from lockhouse.gates.ending import carry_on, open_cases
from lockhouse.model.rows import Identifier, Intent, KeyRing, Limbo, Person, Seal, Tombstone
from tests.flows.anna import EMAIL, anna, contact
from tests.world import Away, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.rows import Row


async def _kept(world: World, person: bytes) -> list[Row]:
    """What an administrator keeps from before, to put it back; with a seal that says open."""
    return [*await world.rows(KeyRing), *await world.rows(Identifier), *await world.rows(Person), Seal(person, 9, 0)]


@pytest.mark.parametrize("is_limbo_gone", [False, True], ids=["limbo stays", "limbo is taken away"])
@pytest.mark.parametrize("is_part", [False, True], ids=["person", "compartment"])
async def test_a_ring_put_back_while_its_keys_are_shut_opens_nothing(
    tmp_path: Path, *, is_part: bool, is_limbo_gone: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    kept = await _kept(world, person)
    await world.erase(person, compartment=await contact(world, person) if is_part else None, now=False)
    [limbo] = await world.rows(Limbo)
    for row in kept:
        world.plant(row)
    if is_limbo_gone:
        world.drop(limbo)
    again = await world.second()
    with pytest.raises(Tampered, match="expected a ring without the keys that have ended"):
        await again.find(EMAIL)
    with pytest.raises(Tampered):
        await again.reveal(person)


@pytest.mark.parametrize("is_gone", [False, True], ids=["edited", "taken away"])
async def test_what_waits_in_limbo_without_a_sound_intent_shows_nothing_of_its_person_and_everything_of_others(
    tmp_path: Path, *, is_gone: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    await world.send("account", "Order Completed", email="bert@example.com", order_id="B-1")
    bert = await world.person("bert@example.com")
    kept = await _kept(world, person)
    await world.erase(person, now=False)
    [intent] = await world.rows(Intent)
    for row in kept:
        world.plant(row)
    if is_gone:
        world.drop(intent)
    else:
        world.plant(msgspec.structs.replace(intent, state=1))
    again = await world.second()
    with pytest.raises(Tampered, match="intent"):
        await again.reveal(person)
    assert (await again.reveal(bert)).fields["email"].value == "bert@example.com"


async def test_one_intent_edited_by_hand_is_named_and_the_others_are_known(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.erase(await anna(world), now=False)
    [intent] = await world.rows(Intent)
    spoilt = msgspec.structs.replace(intent, id=bytes(16))
    world.plant(spoilt)
    [case], bad = await sound_cases(world.house)
    assert (case.id, bad) == (intent.id, [spoilt.id])
    with pytest.raises(Tampered):
        await open_cases(world.house)


async def test_the_serials_of_a_shutting_that_was_cut_off_are_those_sealed_in_limbo(tmp_path: Path) -> None:
    """Killed between the shutting and its note: the journal names the keys themselves, whatever lies beside them."""
    world = await World.make(tmp_path)
    person = await anna(world)
    serials = set(world.house.keyring.serials(person).values())
    kept = await _kept(world, person)
    world.house.commits = Away(world.store, nth=2)
    with pytest.raises(Unavailable) as cut_off:
        await request.open_erasure(world.house, person, by="os-user:1000")
    world.house.commits = world.store
    assert f"request show {(await open_cases(world.house))[0].id.hex()}" in cut_off.value.hint
    [limbo] = await world.rows(Limbo)
    world.plant(msgspec.structs.replace(limbo, destroy_at=0, shut_at=0))
    world.clock.pass_days(1.1)
    [case] = await open_cases(world.house)
    done = (await carry_on(world.house, case, journal=world.journal)).case
    assert (done.step, set(world.journal.serials)) == ("done", serials)
    assert {row.serial for row in await world.rows(Tombstone)} == serials
    for row in kept:
        world.plant(row)
    with pytest.raises(Tampered):
        await (await world.second()).find(EMAIL)


@pytest.mark.parametrize("column", ["wrapped", "version", "generation"])
async def test_a_limbo_row_that_was_edited_is_neither_shut_nor_destroyed(tmp_path: Path, column: str) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    [limbo] = await world.rows(Limbo)
    value = b"junk" if column == "wrapped" else getattr(limbo, column) + 1
    world.plant(msgspec.structs.replace(limbo, **{column: value}))
    with pytest.raises((Tampered, Unavailable)):
        await request.fulfil(world.house, case, journal=world.journal, now=True)
    assert (world.journal.serials, await world.rows(Tombstone)) == ([], [])
