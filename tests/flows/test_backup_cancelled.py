"""A backup whose copies were taken while an ending was called off ends nobody who lives and leaves nothing open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Unavailable
from lockhouse.flows import request
from lockhouse.gates.ending import carry_on, open_cases
from lockhouse.gates.rings import admit_rings
from lockhouse.model.rows import KeyRing, Limbo, Tombstone
from tests.flows.anna import EMAIL, anna, contact
from tests.flows.restored import copied, restored
from tests.world import Away, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.ending import Case
    from tests.flows.restored import Tables


async def _across(world: World, case: Case, *, moment: str) -> Tables:
    """Copies of both stores, the record store's first, with the calling-off in between or cut off in its middle."""
    officer = await world.second()
    if moment == "between the copies":
        record = copied(world, "record")
        await request.undo(officer.house, case, by="os-user:1")
        return record | copied(world, "identity")
    officer.house.commits = Away(officer.store, nth=2)
    with pytest.raises(Unavailable):
        await request.undo(officer.house, case, by="os-user:1")
    both = copied(world, "record", "identity")
    [left] = await open_cases(world.house)
    assert (await carry_on(world.house, left, journal=world.journal)).case.step == "cancelled"
    return both


@pytest.mark.parametrize("moment", ["between the copies", "in the middle"])
@pytest.mark.parametrize("is_part", [False, True], ids=["person", "compartment"])
async def test_who_was_called_off_and_erased_later_is_erased_in_what_comes_back(
    tmp_path: Path, moment: str, *, is_part: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    name = await contact(world, person) if is_part else None
    tables = await _across(world, await world.erase(person, compartment=name, now=False), moment=moment)
    await admit_rings(world.house, [person])
    await world.erase(person, compartment=await contact(world, person) if is_part else None)
    back = await restored(world, tables)
    seen = await back.reveal(person)
    assert seen.refused == (() if is_part else ("erased",))
    assert "email" not in {field for field, one in seen.fields.items() if one.state != "shut"}
    assert await open_cases(back.house) == []


@pytest.mark.parametrize("moment", ["between the copies", "in the middle"])
async def test_who_was_called_off_and_lives_is_not_ended_by_what_comes_back(tmp_path: Path, moment: str) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    tables = await _across(world, await world.erase(person, now=False), moment=moment)
    back = await restored(world, tables)
    assert await open_cases(back.house) == []
    assert back.journal.serials == []
    assert (await back.reveal(person)).fields["email"].value == EMAIL


async def test_a_backup_with_an_ending_that_has_only_begun_comes_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    officer = await world.second()
    officer.house.commits = Away(officer.store, store="identity")
    with pytest.raises(Unavailable):
        await officer.erase(person, now=False)
    back = await restored(world, copied(world, "record", "identity"))
    [left] = await open_cases(back.house)
    assert left.step == "begun"


async def test_a_compartment_and_all_of_its_person_that_were_shut_in_a_backup_end_again_together(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await world.erase(person, compartment=await contact(world, person), now=False)
    whole = await world.erase(person, now=False)
    tables = copied(world, "record", "identity")
    await request.fulfil(world.house, whole, journal=world.journal, now=True)
    back = await restored(world, tables)
    assert [case.step for case in await open_cases(back.house, also_closed=True)] == ["done", "done"]
    assert (await back.rows(Limbo), await back.rows(KeyRing)) == ([], [])
    assert {row.serial for row in await back.rows(Tombstone)} == {*part.serials, *whole.serials}


async def test_a_compartment_whose_time_has_come_ends_while_all_of_its_person_still_waits(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await world.erase(person, compartment=await contact(world, person), now=False)
    world.clock.pass_days(0.9)
    whole = await world.erase(person, now=False)
    world.clock.pass_days(0.2)
    assert (await carry_on(world.house, part, journal=world.journal)).case.step == "done"
    assert set(world.journal.serials) == set(part.serials)
    await request.undo(world.house, whole, by="os-user:1")
    assert "email" not in (await world.reveal(person)).fields
