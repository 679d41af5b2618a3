"""Corrections turned against people: planted, sent, guessed by, taken back by others or late, raced and put back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from lockhouse.errors import Conflict, LockhouseError, NotFound, Refused, Tampered
from lockhouse.flows import look
from lockhouse.flows.change import end_former
from lockhouse.gates.authority import signed
from lockhouse.gates.corrections import RANKS_AS, UNDONE
from lockhouse.gates.imports import STAFF_CHANNEL
from lockhouse.gates.state import verify_state
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Correction, Identifier, LedgerEntry, Lookup, Record
from tests.flows.changed import CHANGING, EMAIL, NEW, NEWER, PHONE, anna_called, changed, held, restrict, sound, undone
from tests.world import Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.ports import Commits


async def _typed_by_a_stranger(world: World) -> Record:
    """A record with another phone that anybody sent in Anna's name."""
    await world.send("web", "Order Completed", email=EMAIL, phone=NEWER, order_id="X-1")
    return (await world.rows(Record))[-1]


@pytest.mark.parametrize("whole", [False, True])
async def test_a_record_made_a_correction_by_sql_shows_nobody_anything(tmp_path: Path, *, whole: bool) -> None:
    world, _ = await anna_called(tmp_path)
    row = await _typed_by_a_stranger(world)
    proof, assurance = RANKS_AS
    more = {"event": 0, "proof": proof, "assurance": assurance} if whole else {}
    world.plant(msgspec.structs.replace(row, channel=STAFF_CHANNEL, **more))
    with pytest.raises(Tampered, match="staff made"):
        await world.reveal(row.person)
    assert await sound(world) != [], "and the ledger says whose record it is"


async def test_a_correction_row_planted_by_sql_is_refused_and_noticed(tmp_path: Path) -> None:
    world, _ = await anna_called(tmp_path)
    row = await _typed_by_a_stranger(world)
    proof, assurance = RANKS_AS
    world.plant(msgspec.structs.replace(row, channel=STAFF_CHANNEL, event=0, proof=proof, assurance=assurance))
    number = world.house.live().policy.fields["phone"].id
    world.plant(Correction(row.id, row.person, number, world.clock.at, "os-user:1", 0, b"e" * 16, b"m" * 32))
    with pytest.raises(Tampered, match="mac"):
        await world.reveal(row.person)
    assert "edited-row" in {one.kind for one in (await verify_state(world.house)).findings.kept}


@pytest.mark.parametrize("edit", [{"state": 0}, {"by": "os-user:9"}, {"at": 1}, {"field": 1}, {"person": b"p" * 16}])
async def test_a_correction_row_edited_by_sql_is_refused_and_noticed(tmp_path: Path, edit: dict[str, Any]) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    [row] = await world.rows(Correction)
    world.plant(msgspec.structs.replace(row, **({"state": UNDONE} if edit == {"state": 0} else edit)))
    with pytest.raises(Tampered):
        await world.reveal(anna)
    assert "edited-row" in {one.kind for one in (await verify_state(world.house)).findings.kept}


async def test_a_correction_that_was_undone_and_is_put_back_whole_is_noticed(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    [row], record = await world.rows(Correction), (await world.rows(Record))[-1]
    await undone(world, anna)
    world.plant(record)
    with pytest.raises(Tampered):
        await world.reveal(anna)
    world.plant(row)
    kinds = {one.kind for one in (await verify_state(world.house)).findings.kept}
    assert "rolled-back-row" in kinds
    assert await world.findings() != [], "and its record was deleted, says the ledger"


async def test_a_correction_taken_away_by_sql_is_noticed(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    [row], record = await world.rows(Correction), (await world.rows(Record))[-1]
    world.drop(record)
    assert await world.findings() != []
    world.drop(row)
    assert "missing-row" in {one.kind for one in (await verify_state(world.house)).findings.kept}


async def test_a_correction_signed_for_another_person_is_not_theirs(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    [row] = await world.rows(Correction)
    world.plant(signed(msgspec.structs.replace(row, person=b"p" * 16), world.house.integrity_key))
    with pytest.raises(Tampered, match="staff made"):
        await world.reveal(anna)


async def test_a_pointer_planted_by_sql_leads_nobody_to_a_person_of_whom_nothing_was_put_right(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    [pointer] = [row for row in await world.rows(Lookup) if row.kind == world.house.live().kind("phone").number]
    await world.send("account", "Order Completed", email="bert@example.com", order_id="B-1")
    bert = await world.person("bert@example.com")
    world.plant(msgspec.structs.replace(pointer, person=bert))
    assert [view.person for view in await world.find(NEW, by="phone")] == [anna]


NAMED = CHANGING.replace(
    "  backend: {", "  staff: {kind: segment, country: DE, key: secret, stage: live}\n  backend: {"
).replace("  page: [device_id, page_path]", "  page: [device_id, page_path]\n  correction: [email, phone]")


async def test_whoever_sends_an_event_called_correction_through_a_channel_called_staff_corrects_nothing(
    tmp_path: Path,
) -> None:
    world, anna = await anna_called(tmp_path, NAMED)
    await changed(world, anna)
    reply = await world.send("staff", "correction", email=EMAIL, phone=NEWER)
    assert reply.code == "LH-0000"
    shown = (await world.reveal(anna)).fields["phone"]
    assert (shown.value, shown.corrected) == (NEW, True)
    assert len(await world.rows(Correction)) == 1
    assert [row.channel for row in await world.rows(Record)].count(STAFF_CHANNEL) == 1


async def test_by_what_is_answered_nobody_guesses_more_than_by_checking(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    done = [await changed(world, anna, PHONE) for _ in range(3)]
    assert [(one.changed, one.tries_left) for one in done] == [(False, 2), (False, 1), (False, 0)]
    shut = await changed(world, anna, PHONE)
    assert (shut.refused, shut.changed, shut.entry) == (("tries",), False, None)
    from tests.flows.test_check import check_of  # noqa: PLC0415

    assert (await check_of(world, anna, "phone", PHONE)).view.refused == ("tries",), "they are one and the same"


async def test_a_masked_role_and_one_for_another_class_change_and_undo_nothing(tmp_path: Path) -> None:
    policy = CHANGING.replace("  accountant:", "  clerk: {for: [fulfilment], see: {contact: masked}}\n  accountant:")
    world, anna = await anna_called(tmp_path, policy, loyalty_id="L-1")
    await changed(world, anna)
    assert (await changed(world, anna, NEWER, role="clerk")).refused == ("class-not-seen",)
    assert (await changed(world, anna, "L-2", field="loyalty_id")).refused == ("class-not-seen",)
    with pytest.raises(Refused) as other:
        await undone(world, anna, role="clerk")
    assert other.value.reasons == ("class-not-seen",)
    assert await held(world, anna) == NEW


async def test_a_service_without_the_role_undoes_nothing(tmp_path: Path) -> None:
    from lockhouse.flows import change  # noqa: PLC0415

    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    service = Actor(id="service:t1", kind="token", roles=("marketer",), owner="os-user:1000")
    ask = await look.ask_of(world.house, service, action="change", purpose=None, fields=("phone",))
    with pytest.raises(Refused):
        await change.undo(world.house, ask, anna)
    assert await held(world, anna) == NEW


async def test_after_thirty_days_nothing_is_undone_whatever_is_left(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    world.clock.pass_days(30)
    with pytest.raises(Refused) as late:
        await undone(world, anna)
    assert late.value.reasons == ("undo-over",)
    assert (await held(world, anna), (await world.kinds()).count("refusal")) == (NEW, 1)


async def test_of_two_changes_at_once_each_is_undone_and_no_value_is_lost(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    other = await world.second()
    done = await asyncio.gather(changed(world, anna, NEW), changed(other, anna, NEWER))
    assert all(one.changed for one in done)
    seen = [await held(world, anna)]
    for _ in range(2):
        await undone(world, anna)
        seen.append(await held(world, anna))
    assert (set(seen[:2]), seen[2]) == ({NEW, NEWER}, PHONE)
    assert await sound(world) == []


async def test_of_two_undos_at_once_one_takes_the_change_back(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    other = await world.second()
    done = await asyncio.gather(undone(world, anna), undone(other, anna), return_exceptions=True)
    assert len([one for one in done if isinstance(one, NotFound | Conflict)]) == 1
    assert await held(world, anna) == PHONE
    assert await sound(world) == []


@pytest.mark.parametrize("store", ["identity", "record"])
async def test_a_change_that_an_erasure_overtakes_leaves_nothing(tmp_path: Path, store: str) -> None:
    world, anna = await anna_called(tmp_path)
    slow = await world.second()
    nth = 1 if store == "identity" else 2  # of the record store the first is the look's note
    stopped = Stopped(slow.house.commits, store=store, nth=nth)
    slow.house.commits = cast("Commits", stopped)
    late = asyncio.create_task(changed(slow, anna))
    await stopped.reached.wait()
    await world.erase(anna)
    stopped.go_on.set()
    with pytest.raises(LockhouseError):
        await late
    assert await world.rows(Correction) == []
    assert [row for row in await world.rows(Record) if row.channel == STAFF_CHANNEL] == []
    assert await world.find(NEW, by="phone") == []


async def test_a_change_cut_off_between_the_stores_leads_nobody_anywhere(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    slow = await world.second()
    stopped = Stopped(slow.house.commits, store="record", nth=2)
    slow.house.commits = cast("Commits", stopped)
    late = asyncio.create_task(changed(slow, anna))
    await stopped.reached.wait()
    late.cancel()
    assert (await world.find(NEW, by="phone"), await held(world, anna)) == ([], PHONE)
    assert (await changed(world, anna)).changed
    assert await sound(world) == []


async def test_what_a_hold_keeps_is_not_undone_nor_ended_until_it_is_released(tmp_path: Path) -> None:
    from lockhouse.flows import hold  # noqa: PLC0415
    from lockhouse.gates.holds import Terms  # noqa: PLC0415

    world, anna = await anna_called(tmp_path)
    await changed(world, anna, NEW)
    await changed(world, anna, NEWER)
    world.clock.pass_days(0.01)
    terms = Terms(reason="claim", basis="7-O-1", persons=(anna,), compartments=(), review_at=world.clock.at + 10**9)
    row = await hold.place(world.house, terms, by="os-user:1")
    with pytest.raises(Refused) as kept:
        await undone(world, anna)
    assert kept.value.reasons == ("hold",)
    world.clock.pass_days(31)
    assert await end_former(world.house, by="service:work") == 0
    await hold.release(world.house, row.id, by="os-user:1", journal=world.journal)
    assert await end_former(world.house, by="service:work") == 1
    await restrict(world, anna)
    assert (await changed(world, anna)).refused == ("restricted",)


async def test_an_identifier_by_which_events_match_is_never_made_or_taken_by_a_change(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    before = await world.rows(Identifier)
    await changed(world, anna)
    await changed(world, anna, "anna@new.example", field="email")
    await undone(world, anna, field="email")
    assert await world.rows(Identifier) == before
    assert not [row for row in await world.rows(LedgerEntry) if b"anna@new" in row.body]
