"""Two requests for the same, one called off, one certified: no certificate says "erased" of what can still be opened.

No attacker is needed: an operator who asks twice, a store that was away for one commit, and the worker do it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Conflict, NotFound, Unavailable
from lockhouse.flows import request
from lockhouse.flows.request import find_case
from lockhouse.gates.cases import Case, row_of
from lockhouse.gates.ending import begin_person, carry_on, open_cases
from lockhouse.model import codes
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import KeyRing, Limbo, Record, Seal
from tests.flows.anna import EMAIL, anna, contact
from tests.world import Away, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

STANDING = "request: expected none that is open for this person, got one"
BY = "os-user:1000"


class LongReader(Away):
    """Commits whose log cannot be emptied, as while somebody reads for minutes."""

    async def scrub(self) -> None:
        raise Unavailable("scrub: expected no reader in the way")


async def _open(world: World, person: bytes, *, compartment: str | None = None) -> Case:
    world.clock.at += 1_000
    done = await request.open_erasure(world.house, person, by=BY, compartment=compartment, anyway=True)
    return done.case


async def _number(world: World, person: bytes) -> int:
    number = world.house.live().names.known("compartment", await contact(world, person))
    assert number is not None
    return number


async def test_a_second_request_for_a_compartment_is_refused_and_names_the_first(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    name = await contact(world, person)
    first = await _open(world, person, compartment=name)
    with pytest.raises(Conflict, match=STANDING) as refused:
        await _open(world, person, compartment=name)
    assert first.id.hex() in str(refused.value.hint)
    await request.undo(world.house, first, by=BY)
    assert (await world.reveal(person)).fields["email"].value == EMAIL
    assert (await _open(world, person, compartment=name)).step == "shut", "called off, it can be asked for again"


async def test_asking_again_for_all_of_a_person_carries_on_the_request_that_was_cut_off_and_makes_no_second(
    tmp_path: Path,
) -> None:
    """The store is away for one commit, and the operator tries again."""
    world = await World.make(tmp_path)
    person = await anna(world)
    world.house.commits = Away(world.store, store="identity")
    with pytest.raises(Unavailable):
        await _open(world, person)
    world.house.commits = world.store
    [begun] = await open_cases(world.house)
    shut = await _open(world, person)
    assert [case.id for case in await open_cases(world.house)] == [begun.id] == [shut.id]
    assert (shut.step, len(shut.serials)) == ("shut", len(set(shut.serials)))
    assert shut.serials
    with pytest.raises(Conflict, match=STANDING):
        await _open(world, person)
    await request.undo(world.house, shut, by=BY)
    assert (await world.reveal(person)).fields["email"].value == EMAIL


async def test_what_was_collected_after_a_compartment_was_shut_is_asked_for_when_the_first_request_is_over(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    name = await contact(world, person)
    first = await _open(world, person, compartment=name)
    await anna(world)
    with pytest.raises(Conflict, match=STANDING):
        await _open(world, person, compartment=name)
    await request.fulfil(world.house, first, journal=world.journal, now=True)
    second = await _open(world, person, compartment=name)
    assert (await request.fulfil(world.house, second, journal=world.journal, now=True)).case.step == "done"
    assert "email" not in (await world.reveal(person)).fields


async def test_a_compartment_that_the_person_has_no_key_of_is_not_certified(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    name = await contact(world, person)
    await world.erase(person, compartment=name)
    with pytest.raises(NotFound, match="compartment: expected one that the person has a key of"):
        await _open(world, person, compartment=name)
    assert await open_cases(world.house) == []


@pytest.mark.parametrize("is_part", [False, True], ids=["person", "compartment"])
async def test_of_two_requests_at_once_one_is_refused(tmp_path: Path, *, is_part: bool) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    number = await _number(world, person) if is_part else 0
    other = await world.second()
    stopped = Stopped(world.store)
    other.house.commits = stopped
    due = world.clock.now_ms() + DAY_MS
    late = asyncio.create_task(
        begin_person(other.house, person, by=BY, reason="erasure", destroy_at=due, compartment=number)
    )
    await stopped.reached.wait()
    await begin_person(world.house, person, by=BY, reason="erasure", destroy_at=due, compartment=number)
    stopped.go_on.set()
    with pytest.raises(Conflict, match=STANDING):
        await late
    assert len(await open_cases(world.house)) == 1


async def test_all_of_a_person_is_refused_neither_while_a_compartment_of_theirs_is_begun_nor_shut(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    number, due = await _number(world, person), world.clock.now_ms() + DAY_MS
    await begin_person(world.house, person, by=BY, reason="erasure", destroy_at=due, compartment=number)
    case = await _open(world, person)
    assert (await request.fulfil(world.house, case, journal=world.journal, now=True)).case.step == "done"
    assert await open_cases(world.house) == [], "the compartment ended with them"
    assert (await world.rows(KeyRing), await world.rows(Limbo)) == ([], [])


async def _twice(world: World, person: bytes) -> tuple[Case, Case]:
    """Two open cases for all of one person, as a house from before has them; the keys wait in the second's limbo."""
    due = world.clock.now_ms() + DAY_MS
    first = await begin_person(world.house, person, by=BY, reason="erasure", destroy_at=due)
    second = msgspec.structs.replace(first, id=world.house.ids.new())
    world.plant(row_of(second, world.house.integrity_key))
    return first, (await carry_on(world.house, second, journal=world.journal)).case


async def test_a_case_whose_keys_wait_in_another_is_neither_shut_nor_certified(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    first, second = await _twice(world, person)
    world.clock.pass_days(0.1)
    with pytest.raises(Conflict, match="expected nothing of the same to wait in another request"):
        await carry_on(world.house, first, journal=world.journal)
    await request.undo(world.house, second, by=BY)
    assert (await world.rows(Seal))[0].state != 0, "the first still stands"
    shut = (await carry_on(world.house, first, journal=world.journal)).case
    assert shut.serials == second.serials
    world.clock.pass_days(1.1)
    assert (await carry_on(world.house, shut, journal=world.journal)).case.step == "done"
    assert await world.rows(KeyRing) == []


@pytest.mark.parametrize("is_back", [False, True], ids=["the keys wait elsewhere", "the keys are in use again"])
async def test_a_case_that_was_shut_without_keys_is_not_certified_while_they_can_be_opened(
    tmp_path: Path, *, is_back: bool
) -> None:
    """As a house from before shut it: it found nothing, because the other case had the keys."""
    world = await World.make(tmp_path)
    person = await anna(world)
    first, second = await _twice(world, person)
    empty = msgspec.structs.replace(first, step="shut", serials=(), held=((),))
    world.plant(row_of(empty, world.house.integrity_key))
    if is_back:
        await request.undo(world.house, second, by=BY)
    world.clock.pass_days(1.1)
    with pytest.raises(Conflict, match="expected nothing of the same" if not is_back else "expected no key in use"):
        await carry_on(world.house, empty, journal=world.journal)
    assert (await find_case(world.house, first.id)).step == "shut", "it can still be called off"
    assert world.journal.serials == []


async def test_a_request_is_not_called_off_while_a_later_one_for_the_same_is_open(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await _open(world, person, compartment=await contact(world, person))
    due = world.clock.now_ms() + DAY_MS
    whole = await begin_person(world.house, person, by=BY, reason="erasure", destroy_at=due)
    with pytest.raises(Conflict, match="expected no later request for the same, got one") as refused:
        await request.undo(world.house, part, by=BY)
    assert whole.id.hex() in str(refused.value.hint)
    assert (await find_case(world.house, part.id)).step == "shut"


async def test_a_compartment_that_is_shut_late_does_not_open_the_seal_of_a_person_who_is_ending(
    tmp_path: Path,
) -> None:
    """Else an event is stored for them after the intent that everybody was told of."""
    world = await World.make(tmp_path)
    person = await anna(world)
    number, due = await _number(world, person), world.clock.now_ms() + DAY_MS
    part = await begin_person(world.house, person, by=BY, reason="erasure", destroy_at=due, compartment=number)
    other = await world.second()
    whole = await begin_person(other.house, person, by=BY, reason="erasure", destroy_at=due)
    assert (await carry_on(world.house, part, journal=world.journal)).case.step == "shut"
    reply = await world.send("account", "Order Completed", email=EMAIL, order_id="C-3")
    assert (reply.code, reply.record) == (codes.UNSETTLED, None)
    assert len(await world.rows(Record)) == 1
    shut = (await carry_on(world.house, whole, journal=world.journal)).case
    await request.undo(world.house, shut, by=BY)
    assert (await world.send("account", "Order Completed", email=EMAIL, order_id="C-4")).outcome == "stored"


async def test_a_seal_that_moves_while_a_case_is_shut_is_read_again(tmp_path: Path) -> None:
    """Whoever asked for all of the person between the look at the seal and the commit has set it."""
    world = await World.make(tmp_path)
    person = await anna(world)
    number, due = await _number(world, person), world.clock.now_ms() + DAY_MS
    part = await begin_person(world.house, person, by=BY, reason="erasure", destroy_at=due, compartment=number)
    other = await world.second()
    stopped = Stopped(world.store)
    world.house.commits = stopped
    shutting = asyncio.create_task(carry_on(world.house, part, journal=world.journal))
    await stopped.reached.wait()
    await begin_person(other.house, person, by=BY, reason="erasure", destroy_at=due)
    stopped.go_on.set()
    assert (await shutting).case.step == "shut"
    assert {row.state for row in await world.rows(Seal)} == {1}


async def test_an_erasure_is_not_certified_while_its_keys_may_stand_in_the_log(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await _open(world, person)
    commits, world.house.commits = world.house.commits, LongReader(world.house.commits, nth=0)
    for _ in range(2):
        with pytest.raises(Unavailable, match="no reader in the way"):
            await carry_on(world.house, case, journal=world.journal, now=True)
        [case] = await open_cases(world.house)
        assert (case.step, case.statement) == ("destroying", b"")
        assert await world.find(EMAIL) == []
        assert "erasure-completed" not in await world.kinds()
    world.house.commits = commits
    done = await carry_on(world.house, case, journal=world.journal, now=True)
    assert done.case.step == "done"
    assert done.case.statement
