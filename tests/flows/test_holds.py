"""A legal hold keeps what it is of for the claim alone, whatever ends meanwhile, and its release ends that too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid, NotFound, Refused, Unavailable
from lockhouse.flows import consent, hold, look, request, retain, sweep
from lockhouse.flows.reseal import reseal
from lockhouse.flows.tell import Told, tell_untold
from lockhouse.gates.holds import Terms, terms_of, unreviewed
from lockhouse.gates.imports import DONE, batches
from lockhouse.gates.state import verify_state
from lockhouse.ledger.certificate import Statement
from lockhouse.model.decision import Actor
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import HeldKey, Hold, Record, Tombstone
from lockhouse.wiring import jobs
from tests.flows.anna import EMAIL, anna, contact
from tests.flows.files import brought, orders, paper, undone
from tests.flows.restored import copied, restored
from tests.world import Away, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

BY = "os-user:0"
OWNER = bytes(16)
COUNSEL = Actor(id=BY, kind="os-user", roles=("support",))
MONTH = 31


async def _placed(tmp_path: Path, *, part: str | None = None) -> tuple[World, bytes, Hold]:
    """Anna ordered once, and somebody sues."""
    world = await World.make(tmp_path)
    person = await anna(world)
    number = () if part is None else (world.house.live().names.known("compartment", part) or 0,)
    return world, person, await _place(world, person, compartments=number)


async def _place(world: World, person: bytes, *, compartments: tuple[int, ...] = ()) -> Hold:
    terms = Terms(
        reason="lawsuit", basis="AZ-7-O-12-26", persons=(person,), compartments=compartments,
        review_at=world.clock.now_ms() + 180 * DAY_MS,
    )  # fmt: skip
    return await hold.place(world.house, terms, by=BY)


async def _values(world: World, held: Hold, person: bytes) -> dict[str, object]:
    shown = await hold.read(world.house, held.id, person, actor=COUNSEL, reason="lawsuit")
    return {name: value for record in shown.records for name, value in record.fields.items()}


async def _sweep(world: World) -> sweep.Swept:
    await sweep.plan_again(world.house)
    return await sweep.sweep(world.house, jobs, owner=OWNER)


async def _clean(world: World) -> None:
    assert await world.findings() == []
    state = await verify_state(world.house)
    assert list(state.findings.kept) == []


async def test_what_is_held_is_erased_for_everybody_and_open_for_the_claim(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    case = await world.erase(person)
    assert await world.find(EMAIL) == []
    assert (await world.reveal(person)).refused == ("erased",)
    values = await _values(world, held, person)
    assert (values["email"], values["order_id"]) == (EMAIL, "A-1")
    assert "disclosure" in await world.kinds(), "noted before it was opened"
    assert case.step == "done"
    await _clean(world)


async def test_the_certificate_says_what_is_held_and_does_not_call_it_erased(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    case = await world.erase(person)
    statement = msgspec.json.decode(case.statement, type=Statement)
    [residue] = [one for one in statement.residues if held.id.hex() in one.what]
    assert residue.until == terms_of(held).review_at
    assert f"except what legal hold {held.id.hex()} keeps, which is not erased" in statement.scope


async def test_rows_are_not_swept_while_they_are_held_and_are_once_it_is_released(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    await world.erase(person)
    assert (await _sweep(world)).records == 0
    assert len(await world.rows(Record)) == 1
    await hold.release(world.house, held.id, by=BY, journal=world.journal)
    with pytest.raises(NotFound):
        await _values(world, held, person)
    assert (await _sweep(world)).records == 1
    await _clean(world)


async def test_hold_erase_expire_release_leaves_a_ledger_that_verifies(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    await world.erase(person)
    world.clock.pass_days(86 * MONTH)
    await world.new_epochs()
    done = await retain.apply(world.house, by=BY, journal=world.journal, at_once=True)
    assert done, "a month ended"
    assert (await _values(world, held, person))["order_id"] == "A-1", "the month's key is gone, and the hold's is not"
    await _clean(world)
    await hold.release(world.house, held.id, by=BY, journal=world.journal)
    await _sweep(world)
    assert await world.rows(Record) == []
    await _clean(world)


async def test_a_release_of_what_has_not_ended_changes_nothing_for_the_others(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    await hold.release(world.house, held.id, by=BY, journal=world.journal)
    assert (await world.reveal(person)).fields["email"].value == EMAIL
    assert await world.rows(HeldKey) == []
    [row] = await world.rows(Hold)
    assert (row.wrapped, row.serial in world.journal.serials) == (None, True)
    [stone] = await world.rows(Tombstone)
    assert stone.serial == row.serial
    with pytest.raises(NotFound):
        await hold.release(world.house, held.id, by=BY, journal=world.journal)
    await _clean(world)


async def test_a_hold_of_a_compartment_keeps_that_one_and_no_other(tmp_path: Path) -> None:
    world, person, _ = await _placed(tmp_path)
    part = await contact(world, person)
    number = world.house.live().names.known("compartment", part) or 0
    held = await _place(world, person, compartments=(number,))
    await world.erase(person, compartment=part)
    assert "email" not in (await world.reveal(person)).fields
    assert set(await _values(world, held, person)) == {"email"}
    await _clean(world)


async def test_a_hold_of_a_span_of_time_shows_what_came_in_it_and_nothing_else_of_the_month(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    world.clock.pass_days(1)
    await world.send("account", "Order Completed", email=EMAIL, order_id="B-2")
    now = world.clock.now_ms()
    terms = Terms(
        reason="lawsuit", basis="7-O-12-26", persons=(person,), compartments=(), review_at=now + DAY_MS, since=now
    )  # fmt: skip
    held = await hold.place(world.house, terms, by=BY)
    shown = await hold.read(world.house, held.id, person, actor=COUNSEL, reason="lawsuit")
    assert [record.fields["order_id"] for record in shown.records] == ["B-2"]


async def test_what_comes_during_a_hold_is_not_in_it_and_ends_like_anything_else(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    world.clock.pass_days(40)
    await world.new_epochs()
    await world.send("account", "Order Completed", email=EMAIL, order_id="B-2")
    await world.erase(person)
    shown = await hold.read(world.house, held.id, person, actor=COUNSEL, reason="lawsuit")
    assert [record.fields["order_id"] for record in shown.records] == ["A-1"]


async def test_what_came_behind_a_hold_in_the_same_month_is_neither_shown_nor_kept(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    world.clock.pass_days(0.1)
    await world.send("account", "Order Completed", email=EMAIL, order_id="B-2")
    await world.erase(person)
    world.clock.pass_days(1)
    await hold.review(world.house, held.id, until=world.clock.now_ms() + DAY_MS, by=BY)
    shown = await hold.read(world.house, held.id, person, actor=COUNSEL, reason="lawsuit")
    assert [record.fields["order_id"] for record in shown.records] == ["A-1"]
    assert (await _sweep(world)).records == 1, "no hold reaches it"
    assert (await _values(world, held, person))["order_id"] == "A-1"
    await hold.release(world.house, held.id, by=BY, journal=world.journal)
    assert (await _sweep(world)).records == 1
    assert await world.rows(Record) == []
    await _clean(world)


async def test_a_bound_of_time_in_days_to_come_reaches_no_further_than_the_day_it_was_placed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person, now = await anna(world), world.clock.now_ms()
    for before, at_most in ((None, now + 1), (now + DAY_MS, now + 1), (now + 1, now + 1)):
        terms = Terms(
            reason="lawsuit", basis="7-O-12-26", persons=(person,), compartments=(), review_at=now + DAY_MS,
            before=before,
        )  # fmt: skip
        assert terms_of(await hold.place(world.house, terms, by=BY)).before == at_most


async def test_an_import_is_not_taken_back_while_a_hold_keeps_a_record_of_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    batch = (await brought(world, paper(world, orders(3)))).row.id
    person = await world.person("c2@example.com")
    held = await _place(world, person)
    with pytest.raises(Refused, match=held.id.hex()):
        await undone(world, batch)
    assert len(await world.rows(Record)) == 3, "not half of it"
    assert (await batches(world.house))[0].state == DONE
    assert (await _values(world, held, person))["order_id"] == "A-2"
    await hold.release(world.house, held.id, by=BY, journal=world.journal)
    assert (await undone(world, batch)).records == 3
    await _clean(world)


async def test_an_import_is_taken_back_of_which_a_hold_keeps_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    held = await _place(world, await anna(world))
    world.clock.pass_days(0.1)
    batch = (await brought(world, paper(world, orders(2, mail=EMAIL)))).row.id
    assert (await undone(world, batch)).records == 2
    assert (await _values(world, held, await world.person(EMAIL)))["order_id"] == "A-1"
    await _clean(world)


async def test_what_is_held_while_its_import_is_taken_back_stays(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    batch = (await brought(world, paper(world, orders(2)))).row.id
    slow = await world.second()
    slow.house.commits = stopped = Stopped(world.store, store="record")  # at the shutting
    undoing = asyncio.create_task(undone(slow, batch))
    await stopped.reached.wait()
    held = await _place(world, await world.person("c2@example.com"))
    stopped.go_on.set()
    with pytest.raises(Refused, match=held.id.hex()):
        await undoing
    assert len(await world.rows(Record)) == 2


async def test_sealing_again_takes_nothing_out_of_a_hold(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    part = await contact(world, person)
    case = await world.erase(person, compartment=part, now=False)
    await world.send("account", "Order Completed", email=EMAIL, order_id="B-2")  # under a new key of the compartment
    await request.undo(world.house, case, by=BY)
    before = await _values(world, held, person)
    done = await reseal(world.house, person, by=BY)
    assert (done.renewed, done.left) == (0, 1), "the one box stays under the key that is kept"
    assert (await world.reveal(person)).fields["email"].value == EMAIL
    await world.erase(person)
    assert await _values(world, held, person) == before
    await _clean(world)


async def test_what_was_held_is_sealed_under_the_newer_key_once_it_is_released(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    part = await contact(world, person)
    case = await world.erase(person, compartment=part, now=False)
    await world.send("account", "Order Completed", email=EMAIL, order_id="B-2")
    await request.undo(world.house, case, by=BY)
    await hold.release(world.house, held.id, by=BY, journal=world.journal)
    done = await reseal(world.house, person, by=BY)
    assert (done.renewed, done.left) == (1, 0)


async def test_a_hold_does_not_keep_a_withdrawal_from_taking_effect(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    [seen] = await world.find(EMAIL, role="marketer")
    assert seen.fields["email"].value == EMAIL
    await consent.record(world.house, person, "marketing", granted=False)
    [seen] = await world.find(EMAIL, role="marketer")
    assert seen.refused
    assert (await _values(world, held, person))["email"] == EMAIL


@pytest.mark.parametrize("word", ["he claims that Anna Schmidt", "anna@example.com", ""])
async def test_a_basis_that_is_more_than_a_word_is_refused_before_anything_is_kept(tmp_path: Path, word: str) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    terms = Terms(
        reason="lawsuit", basis=word, persons=(person,), compartments=(), review_at=world.clock.now_ms() + DAY_MS
    )  # fmt: skip
    with pytest.raises(Invalid):
        await hold.place(world.house, terms, by=BY)
    assert (await world.rows(Hold), await world.rows(HeldKey)) == ([], [])


async def test_a_review_that_has_come_is_told_until_somebody_says_that_the_hold_stands_on(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    await world.erase(person)
    world.clock.pass_days(181)
    now = world.clock.now_ms()
    assert [row.id for row in await unreviewed(world.house, now=now)] == [held.id]
    with pytest.raises(Invalid):
        await hold.review(world.house, held.id, until=now, by=BY)
    await hold.review(world.house, held.id, until=now + DAY_MS, by=BY)
    assert await unreviewed(world.house, now=now) == []
    assert (await _values(world, held, person))["email"] == EMAIL
    await _clean(world)


async def test_a_hold_whose_entry_was_cut_off_stands_and_is_told_of_by_the_daily_round(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await _place(world, person)
    world.house.commits = world.store
    assert (await verify_state(world.house)).untold == 1
    assert await tell_untold(world.house) == Told(), "whoever placed it may be about to tell"
    world.clock.pass_days(0.1)
    assert await tell_untold(world.house) == Told(holds=1)
    assert (await verify_state(world.house)).untold == 0
    await _clean(world)


async def test_a_release_that_a_review_overtakes_is_carried_out_all_the_same(tmp_path: Path) -> None:
    world, _, held = await _placed(tmp_path)
    slow = await world.second()
    slow.house.commits = stopped = Stopped(world.store, store="identity")
    releasing = asyncio.create_task(hold.release(slow.house, held.id, by=BY, journal=world.journal))
    await stopped.reached.wait()
    await hold.review(world.house, held.id, until=world.clock.now_ms() + DAY_MS, by=BY)
    assert held.serial in world.journal.serials
    stopped.go_on.set()
    await releasing
    [row] = await world.rows(Hold)
    assert (row.wrapped, await world.rows(HeldKey)) == (None, []), "the journal says so"
    await _clean(world)


async def test_nothing_is_shown_behind_a_release_of_another_process(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    slow = await world.second()
    slow.house.commits = stopped = Stopped(world.store, store="record")  # at the note
    reading = asyncio.create_task(hold.read(slow.house, held.id, person, actor=COUNSEL, reason="lawsuit"))
    await stopped.reached.wait()
    moved = world.house.epochs.key()
    await hold.release(world.house, held.id, by=BY, journal=world.journal)
    assert world.house.epochs.key() > moved, "every process has heard of it"
    stopped.go_on.set()
    with pytest.raises(NotFound, match="released meanwhile"):
        await reading


async def test_what_is_only_shut_is_not_held_and_is_told(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    part = await contact(world, person)
    whole = await _place(world, person)
    assert await hold.left_shut(world.house, whole) == 0
    done = await request.open_erasure(world.house, person, by=BY, compartment=part)
    rest = await _place(world, person)
    assert await hold.left_shut(world.house, rest) == whole.keys - rest.keys == 1
    number = world.house.live().names.known("compartment", part) or 0
    with pytest.raises(NotFound, match="expected something in its scope that still opens") as caught:
        await _place(world, person, compartments=(number,))
    assert caught.value.hint == "what is only shut no hold keeps; lockhouse request list names what can be called off"
    world.clock.pass_days(1.1)
    await request.fulfil(world.house, done.case, journal=world.journal)
    assert await hold.left_shut(world.house, await _place(world, person)) == 0, "what is gone is not waited for"


async def test_what_a_run_has_shut_is_not_held_and_is_told(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.new_epochs()
    await world.send("backend", "Order Completed", email=EMAIL, order_id="A-1", order_total="5", device_id="tablet-1")
    world.clock.pass_days(15 * MONTH)
    await world.new_epochs()
    world.house.demo = False
    done = await retain.apply(world.house, by=BY, journal=world.journal)
    [ended] = {one.case.run.boxes for one in done if one.case.run is not msgspec.UNSET}
    held = await _place(world, await world.person(EMAIL))
    assert await hold.left_shut(world.house, held) == ended == 1


async def test_nobody_is_held_who_has_ended_or_is_ending(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    await world.erase(person, now=False)
    with pytest.raises(NotFound, match="expected persons who live"):
        await _place(world, person)
    assert await world.rows(Hold) == []


async def test_a_restore_from_before_a_release_releases_again_by_the_journal(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    copy = copied(world, "identity", "record")
    await hold.release(world.house, held.id, by=BY, journal=world.journal)
    back = await restored(world, copy)
    [row] = await back.rows(Hold)
    assert (row.wrapped, await back.rows(HeldKey)) == (None, [])
    with pytest.raises(NotFound):
        await _values(back, held, person)


async def test_a_restore_keeps_a_hold_that_stands(tmp_path: Path) -> None:
    world, person, held = await _placed(tmp_path)
    copy = copied(world, "identity", "record")
    await world.erase(person)
    back = await restored(world, copy)
    assert (await look.show(back.house, await back.ask("support"), person)).refused == ("erased",)
    assert (await _values(back, held, person))["email"] == EMAIL
