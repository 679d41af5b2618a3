"""Snapshots: a profile of more records than a look opens shows what all of them say, and not a moment longer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import NotFound, Unavailable
from lockhouse.flows import audit, hold, link, look, request, retain, snapshot, sweep
from lockhouse.flows.reseal import reseal
from lockhouse.flows.snapshot import Folded, Wanted
from lockhouse.gates.disclose import FOLD_LIMIT, Records
from lockhouse.gates.holds import Terms
from lockhouse.gates.rework import RANGE, Snapshotted, lacking, snapshot_person
from lockhouse.gates.rework import snapshot as making
from lockhouse.gates.state import verify_state
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry, Record, Snapshot
from lockhouse.wiring import jobs
from tests.flows.files import brought, orders, paper, undone
from tests.flows.folded import (
    ANNA,
    BY,
    OPENED,
    ORDERS,
    covering,
    folded,
    in_full,
    order,
    profile,
    shop,
    told,
    with_field,
)
from tests.flows.restored import copied, restored
from tests.world import POLICY, Away, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

ROLES = ("support", "marketer", "analyst", "accountant")
OTHER = "a.weiss@example.com"
MONTH = 31
PHONES = {400: {"phone": "+493012341111"}, 450: {"phone": "+493012342222"}}
"""Of two of her many orders; a profile shows the later."""


async def _same(world: World, person: bytes) -> None:
    """From snapshots each role is told what it is told of every record opened one by one."""
    for role in ROLES:
        assert told(await profile(world, person, role=role)) == told(await in_full(world, person, role=role)), role


async def _works(world: World) -> list[dict[str, Any]]:
    bodies = [msgspec.json.decode(row.body)["body"] for row in await world.rows(LedgerEntry) if row.kind == "rework"]
    return [body for body in bodies if body["action"] == "snapshot"]


async def _many(tmp_path: Path, many: int) -> tuple[World, bytes]:
    """A customer with so many records that a look as it is leaves some out, her name among them."""
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", email=ANNA, name="Anna Schmidt", order_id="A-0")
    for first in range(1, many, 100):
        world.clock.pass_days(0.01)
        last = min(first + 100, many)
        events = [
            ("backend", "Order Completed", {"email": ANNA, "order_id": f"A-{n}"} | PHONES.get(n, {}))
            for n in range(first, last)
        ]
        await world.send_all(events)
    return world, await world.person(ANNA)


async def test_a_profile_of_more_records_than_a_look_opens_is_whole_once_they_were_folded(tmp_path: Path) -> None:
    many = FOLD_LIMIT + 30
    world, anna = await _many(tmp_path, many)
    before = await world.reveal(anna)
    assert (before.records, before.total, before.truncated) == (FOLD_LIMIT, many, True)
    assert "name" not in before.fields
    plan = await snapshot.snapshot(world.house, Wanted(dry_run=True), by=BY)
    assert (plan.persons, plan.records, await world.rows(Snapshot)) == (1, 0, [])
    done = await snapshot.snapshot(world.house, Wanted(), by=BY)
    assert (done.persons, done.records, done.faults) == (1, many, 0)
    assert done.snapshots == plan.snapshots == len(await world.rows(Snapshot)) > 0
    after = await world.reveal(anna)
    assert (after.records, after.total, after.truncated) == (many, many, False)
    assert after.fields["name"].value == "Anna Schmidt"
    [found] = await world.find("1111", by="phone#last4")
    assert found.person == anna, "of whom seeks one value among many each record is opened as ever"
    assert await snapshot.snapshot(world.house, Wanted(person=anna), by=BY) == Folded()
    assert [work["count"] for work in await _works(world)] == [1] * (many // RANGE + 1)


async def test_a_look_tells_from_snapshots_what_it_tells_of_all_records(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    assert (await profile(world, anna)).truncated
    await folded(world, anna)
    await _same(world, anna)
    await order(world, "B-1", name="Anna Weiss")
    await world.send("account", "Order Completed", email=ANNA, order_id="B-2")
    await world.send("web", "identify", email=ANNA, name="Mallory")
    await _same(world, anna)
    assert (await profile(world, anna)).fields["name"].value == "Anna Weiss"


async def test_of_what_came_since_a_look_opens_as_much_as_ever(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    for number in range(OPENED + 5):
        await order(world, f"B-{number}")
    view = await profile(world, anna)
    assert (view.records, view.total, view.truncated) == (ORDERS + OPENED, ORDERS + OPENED + 5, True)
    assert view.fields["name"].value == "Anna Schmidt"
    await folded(world, anna)
    await _same(world, anna)


async def test_each_value_is_decided_again_as_it_ages(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path, days=20)
    await folded(world, anna)
    for _ in range(6):
        await _same(world, anna)
        world.clock.pass_days(4 * MONTH)
        await world.new_epochs()
    await _same(world, anna)
    assert (await profile(world, anna, role="analyst")).fields["order_total"].because == ("keep-over",)


_NAME = "name: {type: text, class: contact, for: [fulfilment, marketing], find_by: [surname]}"
_CHANGES = {
    "other-class": (("support", "name"), (_NAME, _NAME.replace("contact", "identity"))),
    "other-type": (("support", "name"), (_NAME, "name: {type: id, class: contact, for: [fulfilment, marketing]}")),
    "not-for-this-purpose": (("support", "name"), (_NAME, _NAME.replace("[fulfilment, marketing]", "[marketing]"))),
    "undeclared": (("support", "name"), (_NAME, ""), ("phone, name, loyalty_id", "phone, loyalty_id")),
}  # fmt: skip
"""By the code that then tells why something is shut: who asks for which field, and what changes of the policy."""


@pytest.mark.parametrize("code", _CHANGES)
async def test_each_value_is_decided_again_by_the_policy_of_today(tmp_path: Path, code: str) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    (role, field), *changes = _CHANGES[code]
    policy = POLICY
    for before, after in changes:
        assert before in policy
        policy = policy.replace(before, after)
    await world.approve(policy)
    view = await profile(world, anna, role=role)
    assert (view.fields[field].state, view.truncated) == ("shut", False)
    assert view.fields[field].because == (code,)
    await _same(world, anna)
    await world.approve(POLICY)
    await _same(world, anna)


@pytest.mark.parametrize("how", ["deleted", "edited"])
async def test_a_record_that_changes_while_a_look_is_noted_is_not_shown_as_it_was(tmp_path: Path, how: str) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    other = await world.second()
    other.house.commits = stopped = Stopped(world.store)
    looking = asyncio.create_task(profile(other, anna))
    await stopped.reached.wait()
    row = await with_field(world, anna)
    world.drop(row)
    if how == "edited":
        world.plant(msgspec.structs.replace(row, occurred_at=row.occurred_at - 10 * 365 * DAY_MS))
    stopped.go_on.set()
    view = await looking
    assert view.fields.keys().isdisjoint({"name"}) or view.fields["name"].state == "shut"
    assert view.truncated


async def test_a_timeline_pages_as_ever_and_an_old_order_is_found_as_ever(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    ask = await world.ask("support", action="timeline")
    before = await look.show(world.house, ask, anna, records=Records(limit=OPENED))
    await folded(world, anna)
    after = await look.show(world.house, ask, anna, records=Records(limit=OPENED))
    assert told(after) == told(before)
    [found] = await world.find("A-7", by="order_id")
    assert found.person == anna


async def test_a_snapshot_is_noted_before_anything_is_opened_and_names_nobody(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    world.house.commits = Away(world.store, nth=1)
    with pytest.raises(Unavailable):
        await folded(world, anna)
    assert (await world.rows(Snapshot), await _works(world)) == ([], [])
    world.house.commits = world.store
    await folded(world, anna)
    [work] = await _works(world)
    assert (work["actor"], work["purpose"], work["count"]) == (BY, "service", 1)
    assert not any(anna.hex().encode() in row.body for row in await world.rows(LedgerEntry))
    trusted = audit.Trusted([world.verifier], world.lane_key)
    report = await audit.verify(world.house, sequencer=world.store, trusted=trusted, records=True)
    assert report.clean
    assert list((await verify_state(world.house)).findings.kept) == []


async def test_the_entry_of_a_look_names_what_snapshots_opened(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    view = await profile(world, anna)
    [said] = [msgspec.json.decode(row.body)["body"] for row in await world.rows(LedgerEntry) if row.id == view.entry]
    opened = {one.compartment for one in await world.rows(Snapshot)}
    classes = {world.house.live().compartment_class(one) for one in said["compartments"]}
    assert set(said["compartments"]) <= opened
    assert {"contact", "transactions"} <= classes


async def test_an_import_that_is_taken_back_takes_the_snapshots_of_its_records(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    batch = (await brought(world, paper(world, orders(3, mail=ANNA)))).row
    await folded(world, anna)
    rows = {row.id: row for row in await world.rows(Record)}
    await undone(world, batch.id)
    gone = [row for record, row in rows.items() if record not in {row.id for row in await world.rows(Record)}]
    assert len(gone) == 3
    assert [await covering(world, row) for row in gone] == [[], [], []]
    await folded(world, anna)
    await _same(world, anna)
    assert await world.findings() == []


async def test_a_snapshot_of_records_that_an_undo_took_meanwhile_is_not_written(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    batch = (await brought(world, paper(world, orders(3, mail=ANNA)))).row
    other = await world.second()
    other.house.commits = stopped = Stopped(world.store, nth=2)  # behind the note
    folding = asyncio.create_task(folded(other, anna))
    await stopped.reached.wait()
    await undone(world, batch.id)
    stopped.go_on.set()
    done = await folding
    assert done.snapshots == len(await world.rows(Snapshot)) > 0
    assert {one.covers for one in await world.rows(Snapshot)} <= set(range(1, ORDERS + 1))
    await _same(world, anna)


async def test_what_is_sealed_again_is_folded_again(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    await reseal(world.house, anna, by=BY)
    assert await world.rows(Snapshot) == []
    assert (await profile(world, anna)).truncated
    await folded(world, anna)
    await _same(world, anna)


async def test_a_compartment_that_ends_ends_its_snapshot_and_one_that_comes_back_has_it_again(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    row = await with_field(world, anna)
    [part] = {
        one.name for one in world.house.live().compartments.values()
        if one.class_ == "contact" and one.id in {snap.compartment for snap in await covering(world, row)}
    }  # fmt: skip
    case = await world.erase(anna, compartment=part, now=False)
    view = await profile(world, anna)
    assert "name" not in view.fields
    assert sum(one.boxes for one in view.shut) == ORDERS
    await _same(world, anna)
    await request.undo(world.house, case, by=BY)
    assert (await profile(world, anna)).fields["name"].value == "Anna Schmidt"
    await world.erase(anna, compartment=part)
    view = await profile(world, anna)
    assert ("name" in view.fields, view.ended) == (False, {"erased": ORDERS})
    await _same(world, anna)
    await order(world, "B-1")
    await folded(world, anna)
    await _same(world, anna)


async def test_a_month_that_ends_ends_its_snapshots(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    world.clock.pass_days(15 * MONTH)
    await world.new_epochs()
    await retain.apply(world.house, by=BY, journal=world.journal)
    world.clock.pass_days(3.1)
    await retain.apply(world.house, by=BY, journal=world.journal)
    for role in ("accountant", "analyst"):
        assert told(await profile(world, anna, role=role)) == told(await in_full(world, anna, role=role))


async def test_of_who_is_erased_the_sweep_leaves_no_snapshot_whatever_a_hold_keeps(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    terms = Terms(
        reason="lawsuit", basis="AZ-7-O-12-26", persons=(anna,), compartments=(),
        review_at=world.clock.now_ms() + 180 * DAY_MS,
    )  # fmt: skip
    await hold.place(world.house, terms, by=BY)
    await world.erase(anna)
    assert (await profile(world, anna)).refused == ("erased",)
    await sweep.sweep(world.house, jobs, owner=bytes(16))
    assert (await world.rows(Snapshot), len(await world.rows(Record))) == ([], ORDERS)
    with pytest.raises(NotFound):
        await folded(world, anna)
    assert (await snapshot.snapshot(world.house, Wanted(), by=BY)).persons == 0


async def test_nobody_who_is_ending_is_folded(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await world.erase(anna, now=False)
    with pytest.raises(NotFound):
        await folded(world, anna)
    with pytest.raises(NotFound):
        await snapshot.snapshot(world.house, Wanted(person=anna), by=BY)
    assert (await world.rows(Snapshot), await _works(world)) == ([], [])


async def test_a_house_that_was_brought_back_uses_what_its_records_still_say(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    tables = copied(world, "record", "identity")
    await order(world, "B-1", name="Anna Weiss")
    back = await restored(world, tables)
    await _same(back, anna)
    assert (await profile(back, anna)).fields["name"].value == "Anna Schmidt"


async def test_a_restore_of_older_records_brings_nothing_back_that_was_erased_since(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    tables = copied(world, "record")
    await world.erase(anna)
    await sweep.sweep(world.house, jobs, owner=bytes(16))
    back = await restored(world, tables, only="record")
    assert len(await back.rows(Snapshot)) > 0, "as the backup has them, without a key"
    assert (await profile(back, anna)).refused == ("erased",)
    await sweep.plan_again(back.house)
    await sweep.sweep(back.house, jobs, owner=bytes(16))
    assert (await back.rows(Snapshot), await back.rows(Record)) == ([], [])


async def test_two_who_are_one_are_shown_as_one_and_apart_again_once_unlinked(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    for number in range(OPENED):
        await order(world, f"C-{number}", email=OTHER, name="A. Schmidt-Weiss")
    other = await world.person(OTHER)
    await link.make(world.house, anna, other, by=BY)
    for one in (anna, other):
        await snapshot_person(world.house, one, by=BY, above=0)
    await _same(world, anna)
    assert (await profile(world, anna)).fields["name"].value == "A. Schmidt-Weiss"
    await link.undo(world.house, anna, other, by=BY)
    assert (await profile(world, anna)).fields["name"].value == "Anna Schmidt"
    await _same(world, anna)
    await _same(world, other)


async def test_what_is_too_large_is_folded_on_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    monkeypatch.setattr(making, "MOST_BYTES", 10)
    for number in range(OPENED):
        await order(world, f"B-{number}")
    assert (await folded(world, anna)).snapshots == 0
    assert await world.rows(Snapshot) == []
    assert (await profile(world, anna)).truncated


async def test_a_range_that_meets_another_begins_where_that_left_off(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    other = await world.second()
    other.house.commits = stopped = Stopped(world.store, nth=2)
    folding = asyncio.create_task(folded(other, anna))
    await stopped.reached.wait()
    done = await folded(world, anna)
    stopped.go_on.set()
    assert (await folding).snapshots == 0, "nothing is lacking by then"
    assert done.snapshots == len(await world.rows(Snapshot))
    assert await lacking(world.house, anna, above=OPENED) == {}
    assert (await snapshot_person(world.house, anna, by=BY, above=OPENED)) == Snapshotted()
