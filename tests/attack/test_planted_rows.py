"""A database administrator with SQL and no key: rows that would decide are planted, taken away or edited."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.adapters import jobs
from lockhouse.errors import Tampered
from lockhouse.flows import request
from lockhouse.flows.housekeeping import end_marks
from lockhouse.flows.sweep import sweep
from lockhouse.gates.authority import bound
from lockhouse.gates.collect import Intake
from lockhouse.gates.ending import carry_on, open_cases
from lockhouse.gates.live import load_live
from lockhouse.model.rows import (
    ErasedMark,
    Identifier,
    Intent,
    Job,
    KeyRing,
    Limbo,
    Name,
    Note,
    Person,
    Record,
    Tombstone,
)
from lockhouse.model.scale import PersonState, Proof
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "carla@example.com"


async def _known(world: World, email: str = EMAIL) -> bytes:
    await world.send("account", "Order Completed", email=email, order_id="A-1")
    [view] = await world.find(email)
    return view.person


async def test_taking_the_limbo_row_away_does_not_make_a_false_certificate(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _known(world)
    done = await request.open_erasure(world.house, person, by="os-user:0")
    [limbo] = await world.rows(Limbo)
    world.drop(limbo)
    with pytest.raises(Tampered, match="limbo or their tombstones"):
        await request.fulfil(world.house, done.case, journal=world.journal, now=True)
    [case] = await open_cases(world.house)
    assert case.step == "destroying"
    assert await world.rows(Tombstone) == []


async def test_an_interrupted_destruction_is_still_carried_on(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _known(world)
    done = await request.open_erasure(world.house, person, by="os-user:0")
    [limbo] = await world.rows(Limbo)
    await request.fulfil(world.house, done.case, journal=world.journal, now=True)
    [row] = await world.rows(Intent)
    closed = await request.find_case(world.house, done.case.id)
    again = msgspec.structs.replace(closed, step="destroying", statement=b"", completion=b"")
    assert (row.state, limbo.person) == (1, person)
    # As if the process had died between the identity store's commit and the next step.
    from lockhouse.gates.cases import row_of  # noqa: PLC0415  # only this test puts a case back

    world.plant(row_of(again, world.house.integrity_key))
    finished = await carry_on(world.house, again, journal=world.journal)
    assert finished.case.step == "done"


@pytest.mark.parametrize("change", [{"destroy_at": 0}, {"persons": ()}], ids=["cooling time", "persons"])
async def test_an_intent_edited_by_hand_is_not_carried_on(tmp_path: Path, change: dict[str, object]) -> None:
    world = await World.make(tmp_path)
    person = await _known(world)
    await request.open_erasure(world.house, person, by="os-user:0")
    [row] = await world.rows(Intent)
    case = msgspec.msgpack.decode(row.body) | change
    world.plant(msgspec.structs.replace(row, body=msgspec.msgpack.encode(case)))
    with pytest.raises(Tampered):
        await open_cases(world.house)


async def test_a_purpose_renamed_by_hand_stops_the_house(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    names = {row.name: row for row in await world.rows(Name) if row.kind == "purpose"}
    one, other = names["analytics"], names["marketing"]
    world.plant(msgspec.structs.replace(one, id=other.id))
    with pytest.raises(Tampered):
        await load_live(world.house)


async def test_a_planted_sweep_removes_nobodys_records(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    victim, erased = await _known(world), await _known(world, "bert@example.com")
    case = await world.erase(erased)
    world.plant(Job(world.house.ids.new(), "sweep-person", "x", victim + case.completion, 0, 0, 0, None, None, 0, None))
    swept = await sweep(world.house, jobs, owner=b"w" * 16)
    assert swept.faults == ("tampered",)
    assert [row.person for row in await world.rows(Record)] == [victim]


async def test_who_looked_ends_with_the_person(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _known(world)
    await world.reveal(person, reason="call back: Anna Schmidt, 0171 5550001")
    notes = await world.rows(Note)
    assert notes
    assert not [row for row in notes if b"Schmidt" in row.text or b"5550001" in row.text]
    await world.erase(person)
    await sweep(world.house, jobs, owner=b"w" * 16)
    assert await world.rows(Note) == []


async def test_a_ticket_number_is_kept_and_free_text_is_not(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _known(world)
    await world.reveal(person, reason="Call back: T-17")
    assert [row for row in await world.rows(Note) if b"call-back: T-17" in row.text]
    assert not [row for row in await world.rows(Note) if b"Anna" in row.text]


async def test_a_public_key_moves_nobody_to_a_region(tmp_path: Path) -> None:
    """Marketing is opt-out in the US: whoever could say that a stranger lives there would open it."""
    world = await World.make(
        tmp_path, POLICY.replace("  page: [device_id", "  Visited: [email, country]\n  page: [device_id")
    )
    await world.send("web", "Visited", email=EMAIL, country="US")
    [planted] = await world.rows(Person)
    assert planted.region is None
    await world.send("backend", "Order Completed", email=EMAIL, order_id="A-1", country="DE")
    views = await world.find(EMAIL, role="marketer")
    assert [view.fields["email"].state for view in views] == ["shut", "shut"]


async def test_evidence_that_differs_takes_the_strictest_region(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", country="US")
    [view] = await world.find(EMAIL, role="marketer")
    assert view.fields["email"].state == "open"
    reply = await world.send("account", "Order Completed", email=EMAIL, order_id="A-2", country="DE")
    assert reply.record is not None
    [row] = [row for row in await world.rows(Record) if row.id == reply.record]
    person = (await world.store.get(Person, [(row.person,)]))[(row.person,)]
    assert (person.region, row.proof) == ("us", Proof.PROVEN)
    boxes = await world.reveal(row.person, role="marketer", reason=None)
    assert boxes.records == 0  # they moved to where marketing rests on consent


async def test_the_ring_is_gone_for_good(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await _known(world)
    serials = world.house.keyring.serials(person).values()
    await world.erase(person)
    assert await world.rows(KeyRing) == []
    assert {row.serial for row in await world.rows(Tombstone)} == set(serials)


@pytest.mark.parametrize("collecting", [False, True], ids=["looking", "collecting"])
async def test_an_address_pointed_at_somebody_else_by_hand_leads_nowhere(tmp_path: Path, *, collecting: bool) -> None:
    """Whoever could, would read a stranger's next orders under their own name."""
    world = await World.make(tmp_path)
    await _known(world)
    attacker = await _known(world, "mallory@example.com")
    for row in await world.rows(Identifier):
        world.plant(msgspec.structs.replace(row, person=attacker))
    going = world.send("account", "Order Completed", email=EMAIL, order_id="A-2") if collecting else world.find(EMAIL)
    with pytest.raises(Tampered, match="identifier: expected a row whose mac verifies"):
        await going
    assert len(await world.rows(Record)) == 2


async def test_an_address_given_to_somebody_by_hand_does_not_go_with_their_erasure(tmp_path: Path) -> None:
    """Else a person's own erasure would keep a stranger's events out for ninety days."""
    world = await World.make(tmp_path)
    person = await _known(world)
    [row] = await world.rows(Identifier)
    world.plant(msgspec.structs.replace(row, tag=b"t" * 16))
    with pytest.raises(Tampered, match="identifier"):
        await world.erase(person)
    assert await world.rows(ErasedMark) == []


async def _mark_of(world: World) -> ErasedMark:
    """The mark of somebody whose erasure was asked for just now."""
    await world.erase(await _known(world, "eva@example.com"), now=False)
    [mark] = await world.rows(ErasedMark)
    return mark


async def test_a_mark_planted_for_somebody_who_lives_refuses_none_of_their_orders_unseen(tmp_path: Path) -> None:
    """Whoever could, would keep a customer's orders out, each with an answer that says they asked for it."""
    world = await World.make(tmp_path)
    await _known(world)
    mark = await _mark_of(world)
    [index] = await world.indexes(EMAIL)
    far = world.clock.now_ms() * 2
    world.plant(msgspec.structs.replace(mark, kind=index.kind, tag=index.tag, before_at=far, until_at=far))
    intake = Intake(world.house)
    emails = [EMAIL, "bert@example.com", "carl@example.com"]
    batches = [world.batch("account", "Order Completed", {"email": one, "order_id": "A-2"}) for one in emails]
    answers = await asyncio.gather(*(intake.collect(batch) for batch in batches), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Tampered, list, list]
    assert str(answers[0]).startswith("erased_mark: expected a row whose mac verifies")
    assert [reply.outcome for answer in answers if isinstance(answer, list) for reply in answer] == ["stored"] * 2


@pytest.mark.parametrize("column", ["before_at", "until_at"])
async def test_a_mark_moved_by_hand_is_neither_believed_nor_taken_away(tmp_path: Path, column: str) -> None:
    world = await World.make(tmp_path)
    edited = msgspec.structs.replace(await _mark_of(world), **{column: 1})
    world.plant(edited)
    with pytest.raises(Tampered, match="erased_mark: expected a row whose mac verifies"):
        await world.send("account", "Order Completed", email="eva@example.com", order_id="A-1", at=2)
    world.clock.pass_days(400)
    await world.restarted()
    assert await end_marks(world.house) == (0, 1)
    assert await world.rows(ErasedMark) == [edited]


@pytest.mark.parametrize(("column", "value"), [("region", "us"), ("state", 0), ("active_at", 1 << 42)])
async def test_a_person_edited_by_hand_is_neither_shown_nor_collected_for(
    tmp_path: Path, column: str, value: object
) -> None:
    world = await World.make(tmp_path)
    person = await _known(world)
    [row] = await world.rows(Person)
    restricted = bound(msgspec.structs.replace(row, state=int(PersonState.RESTRICTED)), world.house.row_macs)
    world.plant(msgspec.structs.replace(restricted, **{column: value}))
    world.house.facts.drop(person)
    with pytest.raises(Tampered, match="person: expected a row whose mac verifies"):
        await world.reveal(person)
    with pytest.raises(Tampered, match="person: expected a row whose mac verifies"):
        await world.send("account", "Order Completed", email=EMAIL, order_id="A-2")
