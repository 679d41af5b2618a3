"""Somebody with SQL stalls a person's erasure, or the sweeping of their rows: it is named, and goes on where it can."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import request
from lockhouse.gates.cases import checked_case, open_cases, sound_cases
from lockhouse.gates.ending import begin_epoch, begin_person, carry_on
from lockhouse.gates.ending.seals import closed_by_none
from lockhouse.gates.ending.spoilt import mend, spoilt_endings
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import EpochKey, Intent, LedgerEntry, Limbo, Seal
from lockhouse.model.scale import KeyState
from tests.faces.cli.house import EMAIL, Desk
from tests.flows.anna import anna, contact
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

BY = "os-user:1000"
ODD = pytest.mark.parametrize("state", [-1, 1, 7])


async def _shut(world: World) -> tuple[bytes, Intent]:
    """Anna is shut; her request and its intent."""
    case = await world.erase(await anna(world), now=False)
    [intent] = await world.rows(Intent)
    return case.id, intent


async def _month(world: World) -> bytes:
    """A month that is shut; its request."""
    [row, *_] = await world.rows(EpochKey)
    world.clock.pass_days(40)
    case = await begin_epoch(
        world.house, row.compartment, row.epoch, by=BY, reason="due", destroy_at=world.clock.now_ms() + 1
    )
    return (await carry_on(world.house, case, journal=world.journal)).case.id


async def _names(world: World) -> list[str]:
    return [one.name for one in await spoilt_endings(world.house)]


@ODD
async def test_an_intent_whose_state_was_edited_is_spoilt_wherever_all_are_read(tmp_path: Path, state: int) -> None:
    world = await World.make(tmp_path)
    case, intent = await _shut(world)
    planted = msgspec.structs.replace(intent, state=state)
    world.plant(planted)
    assert await sound_cases(world.house, also_closed=True) == ([], [case])
    with pytest.raises(Tampered, match="intent"):
        checked_case(world.house, planted)
    with pytest.raises(Tampered, match="intent"):
        await open_cases(world.house, also_closed=True)
    with pytest.raises(Tampered, match="intent"):
        await request.find_case(world.house, case)


@pytest.mark.parametrize("how", ["state", "taken away", "closed by nobody"])
async def test_what_waits_in_limbo_by_no_open_request_is_spoilt(tmp_path: Path, how: str) -> None:
    world = await World.make(tmp_path)
    case, intent = await _shut(world)
    assert await _names(world) == []
    if how == "taken away":
        world.drop(intent)
    elif how == "state":
        world.plant(msgspec.structs.replace(intent, state=7))
    else:  # the request was called off, and what it had shut is brought back into limbo
        [limbo] = await world.rows(Limbo)
        await request.undo(world.house, await request.find_case(world.house, case), by=BY)
        assert await _names(world) == []
        world.plant(limbo)
    assert await _names(world) == [case.hex()]


async def test_a_request_that_is_done_leaves_nothing_that_is_spoilt(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.erase(await anna(world))
    assert await _names(world) == []


@pytest.mark.parametrize("by", ["the ledger's intent", "its place", "its place, its entry edited"])
async def test_a_month_that_is_shut_by_no_open_request_is_spoilt(tmp_path: Path, by: str) -> None:
    world = await World.make(tmp_path)
    case = await _month(world)
    assert await _names(world) == []
    [intent] = await world.rows(Intent)
    world.drop(intent)
    [key] = [row for row in await world.rows(EpochKey) if row.state == KeyState.SHUT]
    [entry] = [row for row in await world.rows(LedgerEntry) if row.id == key.entry]
    if by == "its place":
        world.plant(msgspec.structs.replace(key, entry=None))
    elif by == "its place, its entry edited":
        world.plant(msgspec.structs.replace(entry, body=b"{}"))
    place = f"epoch {key.epoch} of compartment {key.compartment}"
    assert await _names(world) == [place if by.startswith("its place") else case.hex()]


@pytest.mark.parametrize("state", [1, 2, 9])
async def test_a_month_that_nobody_ended_but_is_called_ended_is_spoilt(tmp_path: Path, state: int) -> None:
    """Every event of that month is refused from then on: somebody must hear of it."""
    world = await World.make(tmp_path)
    [key, *_] = await world.rows(EpochKey)
    world.plant(msgspec.structs.replace(key, state=state))
    assert await _names(world) == [f"epoch {key.epoch} of compartment {key.compartment}"]


async def test_a_month_that_was_destroyed_as_it_is_done_is_not_spoilt(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    case = await request.find_case(world.house, await _month(world))
    world.clock.pass_days(1)
    await carry_on(world.house, case, journal=world.journal)
    assert KeyState.DESTROYED in {row.state for row in await world.rows(EpochKey)}
    assert await _names(world) == []


@ODD
@pytest.mark.parametrize("is_month", [False, True], ids=["person", "month"])
async def test_an_intent_of_which_only_the_state_was_edited_is_again_as_the_house_made_it(
    tmp_path: Path, state: int, *, is_month: bool
) -> None:
    """Its MAC is of another state, and says of which: nobody's erasure stalls by one column."""
    world = await World.make(tmp_path)
    if is_month:
        await _month(world)
    else:
        await _shut(world)
    [intent] = await world.rows(Intent)
    world.plant(msgspec.structs.replace(intent, state=state))
    [one] = await spoilt_endings(world.house)
    assert await mend(world.house, one)
    assert await world.rows(Intent) == [intent]
    assert await spoilt_endings(world.house) == []


@pytest.mark.parametrize("how", ["taken away", "of another day", "sound"])
async def test_what_nobody_can_prove_is_not_mended(tmp_path: Path, how: str) -> None:
    world = await World.make(tmp_path)
    case, intent = await _shut(world)
    if how == "taken away":
        world.drop(intent)
    elif how == "of another day":
        world.plant(msgspec.structs.replace(intent, at=intent.at - 1))
    else:
        [limbo] = await world.rows(Limbo)
        await request.undo(world.house, await request.find_case(world.house, case), by=BY)
        world.plant(limbo)
    before = await world.rows(Intent)
    [one] = await spoilt_endings(world.house)
    assert not await mend(world.house, one)
    assert await world.rows(Intent) == before


async def test_a_request_that_is_carried_on_while_it_is_looked_at_is_not_spoilt(tmp_path: Path) -> None:
    """Its limbo row was read, and then it was done: nothing waits any more."""
    world = await World.make(tmp_path)
    await _shut(world)
    other = await world.second()

    class Meanwhile:
        """Reads of a process that is overtaken between the looks at limbo and at the requests."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

        async def find(self, *args: object, **named: object) -> object:
            for one in await open_cases(other.house):
                await carry_on(other.house, one, journal=world.journal, now=True)
            return await world.store.find(*args, **named)  # type: ignore[arg-type]

    world.house.reads = Meanwhile()  # type: ignore[assignment]
    assert await spoilt_endings(world.house) == []


def _edit(desk: Desk, text: str, *values: object) -> None:
    with closing(sqlite3.connect(desk.house / "record.db")) as store, store:
        store.execute(text, values)


@pytest.mark.parametrize("how", ["SET state = -1", "SET state = 1", "gone"])
def test_a_stalled_request_is_named_by_the_list_and_by_the_doctor(tmp_path: Path, how: str) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    case = desk.call(f"request open {desk.person()}", json=True).value["request"]
    edit = "DELETE FROM intent WHERE id = ?" if how == "gone" else f"UPDATE intent {how} WHERE id = ?"
    _edit(desk, edit, bytes.fromhex(case))
    [told] = desk.call("request list", json=True).value
    assert (told["request"], told["step"]) == (case, "changed by hand")
    assert f"{case}  ?" in desk.call("request list").out
    [said] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "endings"]
    assert (said["state"], case in said["sentence"], "backup restore" in said["mend"]) == ("FAIL", True, True)


def test_a_request_whose_intent_is_gone_stands_again_in_the_house_that_is_brought_back_from_its_backup(
    tmp_path: Path,
) -> None:
    """What the doctor says to do does it."""
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    case = desk.call(f"request open {desk.person()}", json=True).value["request"]
    _edit(desk, "DELETE FROM intent WHERE id = ?", bytes.fromhex(case))
    assert desk.call(f"backup create {tmp_path / 'copy'}").code == 0
    back = tmp_path / "back"
    seen = desk.call(f"backup restore {tmp_path / 'copy'} --to {back}")
    assert seen.code == 0, seen.err
    desk.house = back
    [told] = desk.call("request list", json=True).value
    assert (told["request"], told["step"]) == (case, "shut")
    [said] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "endings"]
    assert said["state"] == "PASS"


def test_a_job_that_nobody_does_is_named_by_the_doctor(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    case = desk.call(f"request open {desk.person()}", json=True).value["request"]
    assert desk.call(f"request fulfil {case} --now --yes").code == 0
    _edit(desk, "UPDATE job SET kind = 'x'")
    [said] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "endings"]
    assert (said["state"], "which nobody does" in said["sentence"]) == ("FAIL", True)


@pytest.mark.parametrize("state", [1, 2, 99])
async def test_a_seal_that_no_request_closed_is_named(tmp_path: Path, state: int) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    world.plant(Seal(person, 0, state))
    assert await closed_by_none(world.house) == [person]


async def test_whom_a_request_closes_is_not_named(tmp_path: Path) -> None:
    """From its intent on until it is called off or done; that of a compartment until it is shut."""
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await contact(world, person)
    due = world.clock.now_ms() + DAY_MS
    number = world.house.live().names.known("compartment", part)
    for compartment in (number, 0):
        case = await begin_person(
            world.house, person, by=BY, reason="erasure", destroy_at=due, compartment=compartment or 0
        )
        assert await closed_by_none(world.house) == []
        case = (await carry_on(world.house, case, journal=world.journal)).case
        assert await closed_by_none(world.house) == []
        await request.undo(world.house, case, by=BY)
        assert await closed_by_none(world.house) == []
    await world.erase(person)
    assert await closed_by_none(world.house) == []


async def test_a_request_that_was_taken_away_before_it_shut_anything_is_named_by_its_persons_seal(
    tmp_path: Path,
) -> None:
    """Nobody may open it again unasked: for all the seal says, somebody asked to be erased."""
    world = await World.make(tmp_path)
    person = await anna(world)
    await begin_person(world.house, person, by=BY, reason="erasure", destroy_at=world.clock.now_ms() + DAY_MS)
    [intent] = await world.rows(Intent)
    world.drop(intent)
    assert await closed_by_none(world.house) == [person]


def test_a_seal_edited_by_hand_is_named_by_the_doctor_and_opened_by_what_it_says(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    _edit(desk, "INSERT OR REPLACE INTO seal VALUES (?, 3, 1)", bytes.fromhex(person))
    desk.clock.now += 1000
    [reply] = desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-2"}))
    assert reply.outcome != "stored"
    [said] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "endings"]
    assert (said["state"], person in said["sentence"], "request open" in said["mend"]) == ("FAIL", True, True)
    case = desk.call(f"request open {person}", json=True).value["request"]
    assert desk.call(f"request cancel {case}").code == 0
    [said] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "endings"]
    assert said["state"] == "PASS"
    desk.clock.now += 1000
    [reply] = desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-3"}))
    assert reply.outcome == "stored"
