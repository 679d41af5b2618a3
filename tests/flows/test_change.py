"""What is held of a person is put right on their word, and taken back: nothing is shown, everything is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.flows import change, consent, flag, link, look, vouch
from lockhouse.flows.change import end_former
from lockhouse.flows.sweep import sweep
from lockhouse.gates.disclose import Records
from lockhouse.ledger.entry import Correction as CorrectionEntry
from lockhouse.ledger.entry import Deletion as DeletionEntry
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Correction, LedgerEntry, Lookup, Outbox, Record
from lockhouse.wiring import jobs
from tests.flows.changed import CHANGING, EMAIL, NEW, NEWER, PHONE, anna_called, changed, held, restrict, sound, undone
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_change_is_what_is_held_from_then_on_and_is_noted_without_its_value(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    done = await changed(world, anna, "0151 97531246")
    assert (done.changed, done.refused, done.view.fields) == (True, (), {}), "no value leaves it"
    assert done.undo_until == world.clock.at + 30 * 86_400_000
    view = await world.reveal(anna)
    shown = view.fields["phone"]
    assert (shown.value, shown.channel, shown.corrected, shown.proof) == (NEW, "staff", True, 1)
    assert (view.fields["email"].corrected, view.fields["email"].channel) == (False, "account")
    [entry] = [row for row in await world.rows(LedgerEntry) if row.id == done.entry]
    body = parse_entry(entry.body).body
    assert isinstance(body, CorrectionEntry)
    assert (body.change, body.by, body.role, body.purpose) == ("made", "os-user:1000", "support", "fulfilment")
    assert body.look == done.view.entry.hex()
    assert not [row for row in await world.rows(LedgerEntry) if NEW.encode() in row.body]
    assert await sound(world) == []


async def test_the_same_value_changes_nothing_and_costs_a_try_like_any(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    done = await changed(world, anna, "0151 12345678")
    assert (done.changed, done.entry, done.tries_left) == (False, None, 2)
    assert await world.rows(Correction) == []
    assert (await world.kinds()).count("correction") == 0
    assert await held(world, anna) == PHONE


@pytest.mark.parametrize(
    ("field", "typed"), [("phone", "12"), ("name", " \u00a0"), ("shoe_size", "41"), ("country", "FR")]
)
async def test_what_is_no_value_of_the_field_is_said_before_anybody_is_looked_up(
    tmp_path: Path, field: str, typed: str
) -> None:
    world, anna = await anna_called(tmp_path)
    before = len(await world.rows(LedgerEntry))
    with pytest.raises(Invalid) as wrong:
        await changed(world, anna, typed, field=field)
    assert typed not in wrong.value.text
    assert len(await world.rows(LedgerEntry)) == before


async def test_an_undo_holds_again_what_was_held_and_has_a_cause_of_its_own(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    ended = await undone(world, anna)
    assert (ended.person, await held(world, anna)) == (anna, PHONE)
    assert not (await world.reveal(anna)).fields["phone"].corrected
    bodies = [parse_entry(row.body).body for row in await world.rows(LedgerEntry)]
    [deletion] = [one for one in bodies if isinstance(one, DeletionEntry)]
    assert (deletion.cause, deletion.by, deletion.count) == ("correction-undone", ended.entry.hex(), 1)
    assert [one.change for one in bodies if isinstance(one, CorrectionEntry)] == ["made", "undone"]
    assert await sound(world) == []
    with pytest.raises(NotFound):
        await undone(world, anna)
    assert await held(world, anna) == PHONE


async def test_two_changes_are_undone_one_after_the_other(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna, NEW)
    world.clock.pass_days(1)
    await changed(world, anna, NEWER)
    seen = [await held(world, anna)]
    for _ in range(2):
        await undone(world, anna)
        seen.append(await held(world, anna))
    assert seen == [NEWER, NEW, PHONE]
    assert await sound(world) == []


async def test_what_is_less_proven_never_overtakes_a_change_and_what_is_newer_and_proven_does(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    world.clock.pass_days(1)
    for channel in ("web", "backend"):
        await world.send(channel, "Order Completed", email=EMAIL, phone=NEWER, order_id=f"A-{channel}")
        assert await held(world, anna) == NEW
    await world.send("account", "identify", email=EMAIL, phone=NEWER, at=world.clock.at - 2 * 86_400_000)
    assert await held(world, anna) == NEW, "it is as proven, and older"
    await world.send("account", "identify", email=EMAIL, phone=NEWER)
    assert await held(world, anna) == NEWER


async def test_whoever_looks_for_the_new_number_finds_them_and_by_the_old_one_it_is_said(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    assert await world.find(NEW, by="phone") == []
    await changed(world, anna)
    [by_new] = await world.find(NEW, by="phone")
    [by_old] = await world.find(PHONE, by="phone")
    [by_end] = await world.find("1246", by="phone#last4")
    assert [(one.person, one.former) for one in (by_new, by_old, by_end)] == [
        (anna, False), (anna, True), (anna, False),
    ]  # fmt: skip
    await undone(world, anna)
    assert await world.find(NEW, by="phone") == []
    [by_old] = await world.find(PHONE, by="phone")
    assert not by_old.former


async def test_an_event_with_the_new_number_does_not_become_theirs_by_it(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    await world.send("backend", "Order Completed", phone=NEW, order_id="B-1")
    assert await world.person(NEW, by="phone") != anna
    assert {view.person for view in await world.find(NEW, by="phone")} >= {anna}


async def test_what_waits_for_an_undo_ends_after_thirty_days_and_what_is_held_stays(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna, NEW)
    await changed(world, anna, NEWER)
    world.clock.pass_days(29)
    assert await end_former(world.house, by="service:work") == 0
    world.clock.pass_days(1.1)
    assert await end_former(world.house, by="service:work") == 1
    assert await end_former(world.house, by="service:work") == 0
    with pytest.raises(Refused) as late:
        await undone(world, anna)
    assert late.value.reasons == ("undo-over",)
    assert await held(world, anna) == NEWER
    bodies = [parse_entry(row.body).body for row in await world.rows(LedgerEntry)]
    assert [one.cause for one in bodies if isinstance(one, DeletionEntry)] == ["correction-replaced"]
    assert await sound(world) == []


async def test_who_may_not_change_the_class_is_refused_and_that_is_noted(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    for role, because in (("marketer", "class-not-seen"), ("accountant", "not-for-this-purpose")):
        done = await changed(world, anna, "Anna Schmitt", field="name", role=role)
        assert done.refused == (because,)
        with pytest.raises(Refused) as refused:
            await undone(world, anna, field="name", role=role)
        assert refused.value.reasons == (because,)
    assert (await world.kinds()).count("refusal") == 4
    assert await world.rows(Correction) == []


async def test_of_who_is_shut_or_erased_nothing_is_changed_or_undone(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    await world.erase(anna, now=False)
    assert (await changed(world, anna, NEWER)).refused == ("being-erased",)
    with pytest.raises(Refused) as shut:
        await undone(world, anna)
    assert shut.value.reasons == ("being-erased",)


async def test_who_is_restricted_is_put_right_for_requests_alone(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await restrict(world, anna)
    assert (await changed(world, anna)).refused == ("restricted",)
    assert (await changed(world, anna, role="officer")).changed


async def test_nobody_changes_their_own_record(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    until = world.clock.at + 10**9
    await vouch.record(world.house, "os-user:1000", ("own-record", anna.hex()), until=until, by="os-user:1")
    assert (await changed(world, anna)).refused == ("own-record",)
    with pytest.raises(Refused) as own:
        await undone(world, anna)
    assert own.value.reasons == ("own-record",)


async def test_a_suppressed_value_is_kept_for_what_nobody_can_refuse_and_the_wrong_one_is_used_for_nothing_else(
    tmp_path: Path,
) -> None:
    world, anna = await anna_called(tmp_path, consent={"Advertising": True})
    marketing = await world.ask("marketer", mode="full")
    assert (await look.show(world.house, marketing, anna)).fields["email"].value == EMAIL
    await consent.suppress(world.house, "email", "new@example.com", purposes=[], reason="asked", by="os-user:1")
    assert (await changed(world, anna, "new@example.com", field="email")).changed
    assert await held(world, anna, "email") == "new@example.com"
    shut = (await look.show(world.house, marketing, anna)).fields["email"]
    assert (shut.state, shut.value, shut.because) == ("shut", None, ("not-collected-for-it",))
    await undone(world, anna, field="email")
    assert (await look.show(world.house, marketing, anna)).fields["email"].value == EMAIL


async def test_a_change_goes_back_with_the_person_whose_value_it_put_right(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await world.send("account", "Order Completed", email="anna@work.example", order_id="W-1")
    other = await world.person("anna@work.example")
    await link.make(world.house, anna, other, by="os-user:1")
    assert (await changed(world, other)).changed
    assert await held(world, other) == NEW
    await link.undo(world.house, anna, other, by="os-user:1")
    assert (await held(world, anna), await held(world, other)) == (NEW, None)


async def test_an_erasure_takes_a_change_along_with_all_that_was_noted_beside_it(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna, NEW)
    await changed(world, anna, NEWER)
    await undone(world, anna)
    await world.erase(anna)
    await sweep(world.house, jobs, owner=b"w" * 16)
    for table in (Record, Correction, Lookup):
        assert await world.rows(table) == [], table
    assert await sound(world) == []
    assert await world.find(NEW, by="phone") == []


async def test_a_timeline_and_a_package_have_it_as_a_record_of_the_staff_and_a_count_does_not(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    view = await look.show(world.house, await world.ask("support", action="timeline"), anna, records=Records())
    assert [(one.event, one.channel, one.proof) for one in view.timeline] == [
        ("Order Completed", "account", 3), ("correction", "staff", 1),
    ]  # fmt: skip
    assert view.channels == {"account": 1, "staff": 1}


async def test_nothing_of_a_change_waits_to_be_sent(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    before = len(await world.rows(Outbox))
    await changed(world, anna)
    assert len(await world.rows(Outbox)) == before


async def test_who_made_it_and_until_when_it_is_undone_is_listed_without_its_value(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    [one] = await change.changes(world.house, [anna])
    assert (one.field, one.by, one.undo_until - one.at) == ("phone", "os-user:1000", 30 * 86_400_000)


async def test_a_colleague_may_undo_and_is_named(tmp_path: Path) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    other = Actor(id="os-user:2000", kind="os-user", roles=("support",))
    ask = await look.ask_of(world.house, other, action="change", purpose=None, fields=("phone",))
    ended = await change.undo(world.house, ask, anna)
    [entry] = [row for row in await world.rows(LedgerEntry) if row.id == ended.entry]
    body = parse_entry(entry.body).body
    assert isinstance(body, CorrectionEntry)
    assert (body.change, body.by) == ("undone", "os-user:2000")


async def test_a_field_of_which_nothing_was_held_is_filled_in(tmp_path: Path) -> None:
    world = await World.make(tmp_path, CHANGING)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    anna = await world.person(EMAIL)
    assert (await changed(world, anna)).changed
    assert await held(world, anna) == NEW
    await undone(world, anna)
    assert await held(world, anna) is None


async def test_within_a_limit_of_people_a_change_is_one_of_them_and_its_undo_none(tmp_path: Path) -> None:
    limited = CHANGING.replace(
        "    change: [contact, location]\n", "    change: [contact, location]\n    limits: {persons_per_hour: 1}\n"
    )
    world, anna = await anna_called(tmp_path, limited)
    await world.send("account", "Order Completed", email="bert@example.com", phone=NEWER, order_id="B-1")
    assert (await changed(world, anna)).changed
    assert (await changed(world, await world.person("bert@example.com"))).refused == ("quota",)
    await undone(world, anna)
    assert await held(world, anna) == PHONE


@pytest.mark.parametrize(("kind", "because"), [("own", "own-record"), ("flagged", "flagged")])
async def test_what_is_found_out_of_a_person_between_the_look_and_the_change_counts(
    tmp_path: Path, kind: str, because: str
) -> None:
    world, anna = await anna_called(tmp_path)
    await changed(world, anna)
    if kind == "flagged":
        await flag.flag(world.house, anna, reason="press", by="os-user:1")
    else:
        until = world.clock.at + 10**9
        await vouch.record(world.house, "os-user:1000", ("own-record", anna.hex()), until=until, by="os-user:1")
    with pytest.raises(Refused) as refused:
        await undone(world, anna)
    assert refused.value.reasons == (because,)
