"""What happens beside a run that waits for a word: requests, endings that are called off, and later lapses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Conflict
from lockhouse.flows import confirm, lapse, request
from lockhouse.gates.cases import sound_cases
from lockhouse.gates.ending import carry_on
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Tombstone
from tests.flows.anna import EMAIL, anna, contact
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.ending import Case

BY, OTHER, WORKER = "os-user:0", "os-user:1000", "service:work"
DEVICE = "tablet-0042"


async def _lapsed(tmp_path: Path, *others: str) -> tuple[World, bytes, Case]:
    """Anna and these others were not seen for years, and nobody has said yet that their lapse is meant."""
    world = await World.make(tmp_path)
    one = await anna(world)
    part = await contact(world, one)
    for email in others:
        await world.send("account", "identify", email=email, consent={"Advertising": True})
    world.clock.pass_days(37 * 31)
    await world.new_epochs()
    await world.send("account", "identify", email="bert@example.org", name="Bert")
    world.house.demo = False
    cases = (await lapse.apply(world.house, by=BY, journal=world.journal)).cases
    [case] = [case for case in cases if case.scope == (part,)]
    assert case.is_unmeant
    return world, one, case


@pytest.mark.parametrize("others", [(), ("carl@example.com",)])
@pytest.mark.parametrize("returned", ["before", "after", "never"])
async def test_who_asks_for_an_erasure_waits_for_no_word_on_a_run(
    tmp_path: Path, others: tuple[str, ...], returned: str
) -> None:
    world, one, waits = await _lapsed(tmp_path, *others)
    [part] = waits.scope
    if returned == "before":
        await world.send("account", "identify", email=EMAIL, consent={"Advertising": True})
    done = await request.open_erasure(world.house, one, by=BY, compartment=part)
    assert (done.case.step, done.case.persons) == ("shut", (one,))
    with pytest.raises(Conflict, match="expected none that is open for this person"):
        await request.open_erasure(world.house, one, by=BY, compartment=part)
    with pytest.raises(Conflict, match="expected no later request for the same"):
        await request.undo(world.house, waits, by=BY)
    if returned == "after":
        await world.send("account", "identify", email=EMAIL, consent={"Advertising": True})
    world.clock.pass_days(1.1)
    done = await request.fulfil(world.house, done.case, journal=world.journal)
    assert (done.case.step, len(done.case.serials)) == ("done", returned == "before")
    gone = {row.serial for row in await world.rows(Tombstone)}
    assert gone == {*done.case.serials, *waits.held[waits.persons.index(one)]}
    assert gone <= set(world.journal.serials)
    [left] = [case for case in (await sound_cases(world.house, also_closed=True))[0] if case.id == waits.id]
    assert left.step == ("shut" if others else "done"), "of nobody else anything ends"
    if others:
        assert (await request.undo(world.house, left, by=BY)).step == "cancelled"
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_run_that_is_meant_meanwhile_ends_beside_the_request(tmp_path: Path) -> None:
    world, one, waits = await _lapsed(tmp_path)
    await world.send("account", "identify", email=EMAIL, consent={"Advertising": True})
    done = await request.open_erasure(world.house, one, by=BY, compartment=waits.scope[0])
    [run] = await confirm.much(world.house)
    world.clock.pass_days(4)
    meant = await confirm.confirm(world.house, run.extent.id, by=BY, ends=run.extent.boxes)
    world.clock.pass_days(2.1)
    ended = [(await carry_on(world.house, case, journal=world.journal)).case.step for case in meant.cases]
    assert set(ended) == {"done"}
    done = await request.fulfil(world.house, done.case, journal=world.journal)
    assert (done.case.step, len(done.case.serials)) == ("done", 1)
    assert (await verify_state(world.house)).findings.kept == []


async def test_what_came_behind_a_lapse_that_waits_for_a_word_lapses_in_its_turn(tmp_path: Path) -> None:
    world, one, waits = await _lapsed(tmp_path)
    again = {"email": EMAIL, "consent": {"Advertising": True}}
    await world.send("account", "identify", **again)
    world.clock.pass_days(37 * 31)
    await world.new_epochs()
    run = await lapse.apply(world.house, by=BY, journal=world.journal)
    [later] = [case for case in run.cases if case.scope == waits.scope and one in case.persons]
    assert (later.step, set(later.serials) & set(waits.serials)) == ("shut", set())
    assert (await lapse.apply(world.house, by=BY, journal=world.journal)).cases == ()
    for waiting in await confirm.much(world.house):
        await confirm.confirm(world.house, waiting.extent.id, by=BY, ends=waiting.extent.boxes)
    world.clock.pass_days(5.1)
    for case in (await sound_cases(world.house))[0]:
        assert (await carry_on(world.house, case, journal=world.journal)).case.step == "done"
    gone = {row.serial for row in await world.rows(Tombstone)}
    assert gone >= {*waits.serials, *later.serials}
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_lapse_is_called_off_while_a_later_one_of_the_same_waits(tmp_path: Path) -> None:
    world, one, waits = await _lapsed(tmp_path)
    await world.send("account", "identify", email=EMAIL, consent={"Advertising": True})
    world.clock.pass_days(37 * 31)
    await world.new_epochs()
    run = await lapse.apply(world.house, by=BY, journal=world.journal)
    [later] = [case for case in run.cases if case.scope == waits.scope and one in case.persons]
    assert (await request.undo(world.house, waits, by=BY)).step == "cancelled"
    assert (await request.undo(world.house, later, by=BY)).step == "cancelled"
    await admit_rings(world.house, [one], again=True)
    held = world.house.keyring.every_serial(one)[waits.compartment]
    assert set(held) == {*waits.serials, *later.held[later.persons.index(one)]}
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_request_ends_what_waits_in_two_lapses(tmp_path: Path) -> None:
    world, one, waits = await _lapsed(tmp_path)
    await world.send("account", "identify", email=EMAIL, consent={"Advertising": True})
    world.clock.pass_days(37 * 31)
    await world.new_epochs()
    await lapse.apply(world.house, by=BY, journal=world.journal)
    done = await request.open_erasure(world.house, one, by=BY, compartment=waits.scope[0])
    world.clock.pass_days(1.1)
    assert (await request.fulfil(world.house, done.case, journal=world.journal)).case.step == "done"
    cases = [case for case in (await sound_cases(world.house, also_closed=True))[0] if case.scope == waits.scope]
    mine = [
        serial
        for case in cases
        for who, held in zip(case.persons, case.held, strict=True)
        if who == one
        for serial in held
    ]
    assert (len(cases), len(mine)) == (3, 2)
    assert {row.serial for row in await world.rows(Tombstone)} == set(mine)
    assert (await verify_state(world.house)).findings.kept == []
