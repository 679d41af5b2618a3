"""An erasure that is called off in its cooling time leaves everything as it was, in every process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Conflict, Refused, Tampered
from lockhouse.flows import accept, consent, link, request
from lockhouse.flows.request import find_case
from lockhouse.gates.ending import begin_person, carry_on, open_cases
from lockhouse.ledger.entry import Cancellation, parse_entry
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import (
    Consent,
    ErasedMark,
    Identifier,
    KeyRing,
    LedgerEntry,
    Limbo,
    Link,
    Tombstone,
)
from lockhouse.model.scale import Belief, Proof
from tests.flows.anna import EMAIL, PHONE, anna, contact
from tests.world import POLICY, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.ending import Case


async def test_everything_is_readable_again_and_by_every_way(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    person = await anna(world)
    before = [await world.rows(row) for row in (Identifier, Consent)]
    [ring], serials = await world.rows(KeyRing), world.house.keyring.every_serial(person)
    case = await world.erase(person, now=False)
    for place in (world, other):
        assert await place.find(EMAIL) == []
        assert EMAIL not in str(await place.find("A-1", by="order_id"))
    await request.undo(other.house, case, by="os-user:1000")
    assert [await world.rows(row) for row in (Identifier, Consent)] == before
    [back] = await world.rows(KeyRing)
    assert back.version == ring.version + 1, "whoever was stopped with the ring from before commits nothing by it"
    assert await world.rows(Limbo) == []
    [told] = [parse_entry(row.body) for row in await world.rows(LedgerEntry) if row.kind == "cancellation"]
    assert told.body == Cancellation(of=case.entries[0].hex(), what="person", case=case.id.hex(), by="os-user:1000")
    assert (await find_case(world.house, case.id)).cancellation == told.id
    for place in (world, other):
        for by, value in (("email", EMAIL), ("phone", PHONE), ("order_id", "A-1")):
            assert [view.person for view in await place.find(value, by=by)] == [person]
        assert (await place.reveal(person)).fields["email"].value == EMAIL
        assert place.house.keyring.every_serial(person) == serials
    assert (await other.send("account", "Order Completed", email=EMAIL, order_id="A-2")).outcome == "stored"
    assert (await world.reveal(person)).records == 2
    await consent.record(world.house, person, "marketing", granted=False)
    assert world.journal.serials == []


async def test_who_came_meanwhile_under_the_same_identifiers_is_one_with_them_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    world.clock.at += 1_000
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-2")
    newcomer = await world.person(EMAIL)
    assert newcomer != person
    await request.undo(world.house, case, by="os-user:1000")
    [link] = await world.rows(Link)
    assert ({link.a, link.b}, link.proof) == ({person, newcomer}, Proof.PROVEN)
    assert "link" in await world.kinds()
    [view] = await world.find(EMAIL)
    assert (set(view.persons), view.records) == ({person, newcomer}, 2)


async def test_who_came_meanwhile_is_one_with_them_however_little_the_identifier_is_believed(tmp_path: Path) -> None:
    """A guest who orders again in the cooling time is the same guest: without the ending it had been one person."""
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", email=EMAIL, order_id="A-1")
    person = await world.person(EMAIL)
    case = await world.erase(person, now=False)
    world.clock.at += 1_000
    await world.send("backend", "Order Completed", email=EMAIL, order_id="A-2")
    await request.undo(world.house, case, by="os-user:1000")
    [link] = await world.rows(Link)
    assert link.proof == Proof.PROVEN, "not by hand: the brake counts it"
    [view] = await world.find(EMAIL)
    assert view.records == 2


async def test_calling_off_a_second_erasure_leaves_the_mark_of_the_first(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    then = world.clock.at - 5_000
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", at=then)
    await world.erase(await world.person(EMAIL))
    marks = await world.rows(ErasedMark)
    world.clock.at += 10_000
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-2")
    await request.undo(world.house, await world.erase(await world.person(EMAIL), now=False), by="os-user:1000")
    assert await world.rows(ErasedMark) == marks
    replayed = await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", at=then)
    assert (replayed.outcome, replayed.code) == ("refused", "LH-2110")


async def test_a_link_that_is_undone_while_a_calling_off_makes_it_is_not_told_as_made_afterwards(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    world.clock.at += 1_000
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-2")
    newcomer, staff = await world.person(EMAIL), await world.second()
    officer = await world.second()
    stopped = Stopped(officer.store, store="record", nth=2)  # behind the put-back: the case as cancelled
    officer.house.commits = stopped
    undoing = asyncio.create_task(request.undo(officer.house, case, by="os-user:1000"))
    await stopped.reached.wait()
    assert await link.undo(staff.house, person, newcomer, by="os-user:1") == 1
    stopped.go_on.set()
    await undoing
    [row] = await world.rows(Link)
    [told] = [entry for entry in await world.rows(LedgerEntry) if entry.kind == "link"]
    assert (row.undone_at is not None, told.id) == (True, row.entry), "as made it was never told, and now never is"


async def test_what_is_destroyed_cannot_be_called_off(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    serials = world.house.keyring.serials(person).values()
    case = await world.erase(person)
    with pytest.raises(Conflict, match="ending: expected a case that is shut and not destroyed"):
        await request.undo(world.house, case, by="os-user:1000")
    assert {row.serial for row in await world.rows(Tombstone)} == set(serials)


async def test_what_was_called_off_cannot_be_destroyed_by_a_late_click(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    undone = await request.undo(world.house, case, by="os-user:1000")
    with pytest.raises(Conflict, match="request: expected one that was not cancelled"):
        await request.fulfil(world.house, undone, journal=world.journal, now=True)
    with pytest.raises(Conflict):  # a page that still shows the case as it was
        await request.fulfil(world.house, case, journal=world.journal, now=True)
    assert (await world.reveal(person)).fields["email"].value == EMAIL
    assert world.journal.serials == []


async def test_of_a_calling_off_and_a_destruction_at_once_the_first_wins(tmp_path: Path) -> None:
    """Else the journal named keys that live on, and the next restore would destroy them."""
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    officer = await world.second()
    stopped = Stopped(officer.store, store="identity")
    officer.house.commits = stopped
    undoing = asyncio.create_task(request.undo(officer.house, case, by="os-user:1000"))
    await stopped.reached.wait()
    with pytest.raises(Conflict, match="ending: expected the case as it was read"):
        await request.fulfil(world.house, case, journal=world.journal, now=True)
    stopped.go_on.set()
    assert (await undoing).step == "cancelled"
    assert (await world.reveal(person)).fields["email"].value == EMAIL
    assert world.journal.serials == []


async def test_a_calling_off_that_a_crash_interrupted_is_carried_to_its_end(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    officer = await world.second()
    stopped = Stopped(officer.store, store="identity")
    officer.house.commits = stopped
    undoing = asyncio.create_task(request.undo(officer.house, case, by="os-user:1000"))
    await stopped.reached.wait()
    undoing.cancel()
    [left] = await open_cases(world.house)
    assert left.step == "cancelling"
    with pytest.raises(Conflict):
        await request.undo(world.house, case, by="os-user:1000")
    done = await request.fulfil(world.house, left, journal=world.journal, now=True)
    assert done.case.step == "cancelled"
    assert (await world.reveal(person)).fields["email"].value == EMAIL


async def test_a_ring_without_any_box_is_in_the_journal(tmp_path: Path) -> None:
    """Else a restore would bring back a person of whom only a country in the clear was kept."""
    world = await World.make(tmp_path, POLICY.replace("events:", "events:\n  Hello: [country]"))
    reply = await world.send("account", "Hello", country="DE")
    assert reply.outcome == "stored"
    [ring] = await world.rows(KeyRing)
    case = await world.erase(ring.person)
    assert case.step == "done"
    assert len(world.journal.serials) == 1


@pytest.mark.parametrize("of_a_part", [False, True])
async def test_a_request_that_was_cut_off_before_it_was_shut_is_shut_by_asking_again(
    tmp_path: Path, *, of_a_part: bool
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await contact(world, person) if of_a_part else None
    stopped = Stopped(world.store, store="identity")  # the intent is durable, and nothing is shut
    world.house.commits = stopped
    asking = asyncio.create_task(request.open_erasure(world.house, person, by="os-user:1000", compartment=part))
    await stopped.reached.wait()
    asking.cancel()
    world.house.commits = world.store
    [left] = await open_cases(world.house)
    assert left.step == "begun"
    world.clock.pass_days(1)

    done = await request.open_erasure(world.house, person, by="os-user:1000", compartment=part)
    assert (done.case.id, done.case.step) == (left.id, "shut")
    assert done.case.destroy_at == left.destroy_at + DAY_MS, "it can be called off as long as any other"
    with pytest.raises(Conflict, match="expected none that is open"):
        await request.open_erasure(world.house, person, by="os-user:1000", compartment=part)


async def test_asking_again_carries_on_nothing_that_was_not_asked_for(tmp_path: Path) -> None:
    """Neither what the house began of its own and calls off, nor a request of others than belong together now."""
    world = await World.make(tmp_path)
    person = await anna(world)
    due = world.clock.now_ms() + DAY_MS
    own = await begin_person(world.house, person, by="service:work", reason="orphan", destroy_at=due)
    with pytest.raises(Conflict, match="expected none that is open"):
        await request.open_erasure(world.house, person, by="os-user:1000")
    assert (await carry_on(world.house, own, journal=world.journal)).case.step == "cancelled"

    await begin_person(world.house, person, by="os-user:1000", reason="erasure", destroy_at=due)
    await world.send("account", "Order Completed", email="bert@example.com", order_id="B-1")
    await link.make(world.house, person, await world.person("bert@example.com"), by="os-user:1000")
    with pytest.raises(Conflict, match="expected none that is open"):
        await request.open_erasure(world.house, person, by="os-user:1000")


async def test_the_cooling_time_is_left_out_in_a_demo_house_only(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    case = await world.erase(await anna(world), now=False)
    world.house.demo = False
    with pytest.raises(Refused, match="request: expected the cooling time, got --now"):
        await request.fulfil(world.house, case, journal=world.journal, now=True)
    assert (await request.fulfil(world.house, case, journal=world.journal)).case.step == "shut"
    world.clock.pass_days(1.1)
    assert (await request.fulfil(world.house, case, journal=world.journal)).case.step == "done"


async def _both_shut(tmp_path: Path) -> tuple[World, Case, Case, int, int]:
    """Somebody asks to be erased; who comes with the address meanwhile does too. When each of them ordered."""
    world = await World.make(tmp_path)
    cases, times = [], []
    for number in ("A-1", "B-1"):
        world.clock.at += 10_000
        times.append(world.clock.at)
        await world.send("account", "Order Completed", email=EMAIL, order_id=number)
        world.clock.at += 10_000
        cases.append(await world.erase(await world.person(EMAIL), now=False))
    world.clock.at += 10_000
    return world, cases[0], cases[1], times[0], times[1]


async def _replayed(world: World, at: int) -> str:
    world.clock.at += 1_000
    return (await world.send("account", "Order Completed", email=EMAIL, order_id="R-1", at=at)).code


OFF, ON = "off", "on"


@pytest.mark.parametrize(
    ("steps", "first", "second"),
    [
        (((0, OFF),), "LH-2110", "LH-2110"),
        (((0, OFF), (1, OFF)), "LH-0001", "LH-0001"),
        (((1, OFF), (0, OFF)), "LH-0001", "LH-0001"),
        (((1, ON), (0, ON)), "LH-2110", "LH-2110"),
        (((1, ON), (0, OFF)), "LH-2110", "LH-2110"),
        (((0, ON), (1, OFF)), "LH-2110", "LH-0001"),
        (((1, OFF), (0, ON)), "LH-2110", "LH-0001"),
    ],
)
async def test_marks_of_endings_that_overlap_keep_out_what_was_erased_and_nothing_else(
    tmp_path: Path, steps: tuple[tuple[int, str], ...], first: str, second: str
) -> None:
    world, *cases, then, later = await _both_shut(tmp_path)
    for which, way in steps:
        case = await find_case(world.house, cases[which].id)
        if way == OFF:
            await request.undo(world.house, case, by="os-user:1")
        else:
            await request.fulfil(world.house, case, journal=world.journal, now=True)
    said = (await _replayed(world, later), await _replayed(world, then))
    assert ["LH-2110" if code == "LH-2110" else "LH-0001" for code in said] == [second, first]


async def test_a_newcomer_who_ends_while_the_first_is_called_off_leaves_them_their_index(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, now=False)
    world.clock.at += 1_000
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-2")
    newcomer, officer = await world.person(EMAIL), await world.second()
    stopped = Stopped(officer.store, store="identity")
    officer.house.commits = stopped
    undoing = asyncio.create_task(request.undo(officer.house, case, by="os-user:1"))
    await stopped.reached.wait()
    await world.erase(newcomer)
    stopped.go_on.set()
    await undoing
    assert [view.person for view in await world.find(EMAIL)] == [person]


async def test_a_mark_outlives_two_later_endings_that_were_called_off_in_their_order(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    cases, times = [], []
    for number in ("A-1", "B-1", "C-1"):
        world.clock.at += 10_000
        times.append(world.clock.at)
        await world.send("account", "Order Completed", email=EMAIL, order_id=number)
        world.clock.at += 10_000
        cases.append(await world.erase(await world.person(EMAIL), now=number == "A-1"))
    for case in cases[1:]:
        await request.undo(world.house, case, by="os-user:1")
    assert await _replayed(world, times[0]) == "LH-2110"


async def test_a_group_that_shares_an_address_in_two_proofs_can_be_erased(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", email=EMAIL, order_id="P-1")
    person = await world.person(EMAIL)
    await world.send("account", "Order Completed", email=EMAIL, phone=PHONE, order_id="Q-1")
    await link.make(world.house, person, await world.person(PHONE, by="phone"), by="os-user:1")
    assert {row.proof for row in await world.indexes(EMAIL)} == {Belief.CLAIMED, Belief.PROVEN}
    world.clock.at += 10_000
    done = await world.erase(person)
    assert (done.step, len(done.persons)) == ("done", 2)
    assert await world.rows(KeyRing) == []


@pytest.mark.parametrize("is_part", [False, True], ids=["person", "compartment"])
async def test_a_case_that_was_called_off_and_is_put_back_by_sql_ends_nobody(tmp_path: Path, *, is_part: bool) -> None:
    """Its MAC and its limbo row's seal are genuine; but the keys are in use, and the journal never names those."""
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, compartment=await contact(world, person) if is_part else None, now=False)
    tables = world.store.shelf.tables
    kept = {name: dict(tables[name]) for name in ("intent", "limbo")}
    await request.undo(world.house, case, by="os-user:1")
    for name, rows in kept.items():
        tables[name].update(rows)
    world.clock.pass_days(60)
    fresh = await world.second()
    await accept.clock(fresh.house, by="os-user:1")
    await fresh.new_epochs()
    [left] = await open_cases(fresh.house)
    with pytest.raises(Tampered, match="expected keys that are shut, got one in use"):
        await carry_on(fresh.house, left, journal=fresh.journal)
    assert world.journal.serials == []
    assert await world.rows(Tombstone) == []
