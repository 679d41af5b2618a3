"""No snapshot outlives what it is from: undone, sealed again, erased, lapsed, of a month that ended, or restored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import NotFound
from lockhouse.flows import hold, lapse, link, request, retain, snapshot, sweep
from lockhouse.flows.reseal import reseal
from lockhouse.flows.snapshot import Wanted
from lockhouse.gates.authority import bound
from lockhouse.gates.ending import carry_on
from lockhouse.gates.holds import Terms
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Person, Record, Snapshot
from lockhouse.model.scale import PersonState
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
    tells_the_same,
    told,
    with_field,
)
from tests.flows.restored import copied, restored
from tests.world import POLICY, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

MONTH = 31
OTHER = "a.weiss@example.com"


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
    await tells_the_same(world, anna)
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
    await tells_the_same(world, anna)


async def test_what_is_sealed_again_is_folded_again(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    await reseal(world.house, anna, by=BY)
    assert await world.rows(Snapshot) == []
    assert (await profile(world, anna)).truncated
    await folded(world, anna)
    await tells_the_same(world, anna)


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
    await tells_the_same(world, anna)
    await request.undo(world.house, case, by=BY)
    assert (await profile(world, anna)).fields["name"].value == "Anna Schmidt"
    await world.erase(anna, compartment=part)
    view = await profile(world, anna)
    assert ("name" in view.fields, view.ended) == (False, {"erased": ORDERS})
    await tells_the_same(world, anna)
    await order(world, "B-1")
    await folded(world, anna)
    await tells_the_same(world, anna)


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


async def test_boxes_erased_before_they_were_folded_leave_nothing_out_of_a_look(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    held = {box.compartment for row in await world.rows(Record) for box in decode_boxes(row.boxes)}
    for part in [one for one in world.house.live().compartments.values() if one.class_ == "contact" and one.id in held]:
        await world.erase(anna, compartment=part.name)
    await order(world, "B-1", name="Anna Weiss")
    await folded(world, anna)
    assert (await profile(world, anna)).ended == {"erased": ORDERS}
    await tells_the_same(world, anna)


async def test_boxes_of_a_month_that_ended_before_they_were_folded_leave_nothing_out_of_a_look(tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY.replace("order_total, country]", "order_total, country, page_path]"))
    for number in range(ORDERS):
        world.clock.pass_days(0.01)
        await world.send("backend", "Order Completed", email=ANNA, page_path=f"/{number}")
    anna = await world.person(ANNA)
    world.clock.pass_days(15 * MONTH)
    await world.new_epochs()
    for _ in range(2):
        await retain.apply(world.house, by=BY, journal=world.journal)
        world.clock.pass_days(3.1)
        await world.new_epochs()
    await world.send("backend", "Order Completed", email=ANNA, page_path="/since")
    view = await profile(world, anna, role="analyst")
    assert (view.fields["page_path"].value, view.ended) == ("/since", {"expired": ORDERS})
    assert told(view) == told(await in_full(world, anna, role="analyst"))


async def test_what_lapses_ends_its_snapshots_and_what_is_called_off_has_them_again(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    world.clock.pass_days(37 * MONTH)
    await world.new_epochs()
    ran = await lapse.apply(world.house, by=BY, journal=world.journal)
    assert {case.step for case in ran.cases} == {"shut"}
    await tells_the_same(world, anna)
    assert sum(one.boxes for one in (await profile(world, anna)).shut) >= ORDERS
    for case in ran.cases:
        await request.undo(world.house, case, by=BY)
    await tells_the_same(world, anna)
    assert (await profile(world, anna)).shut == ()
    ran = await lapse.apply(world.house, by=BY, journal=world.journal)
    world.clock.pass_days(3.1)
    for case in ran.cases:
        assert (await carry_on(world.house, case, journal=world.journal)).case.step == "done"
    await tells_the_same(world, anna)
    assert (await profile(world, anna)).ended["erased"] >= ORDERS


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
    assert await world.rows(Snapshot) == []
    assert "rework" not in await world.kinds()


async def test_a_house_that_was_brought_back_uses_what_its_records_still_say(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    tables = copied(world, "record", "identity")
    await order(world, "B-1", name="Anna Weiss")
    back = await restored(world, tables)
    await tells_the_same(back, anna)
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


@pytest.mark.parametrize("state", [PersonState.RESTRICTED, PersonState.MINOR])
@pytest.mark.parametrize("whose", ["their own", "of whom they are one with"])
async def test_nobody_is_folded_whose_data_is_only_kept(tmp_path: Path, state: PersonState, whose: str) -> None:
    world, anna = await shop(tmp_path)
    await order(world, "B-1", email=OTHER)
    other = await world.person(OTHER)
    if whose != "their own":
        await link.make(world.house, anna, other, by=BY)
    kept = anna if whose == "their own" else other
    row = (await world.store.get(Person, [(kept,)]))[kept,]
    world.plant(bound(msgspec.structs.replace(row, state=int(state)), world.house.row_macs))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "FOLD_LIMIT", OPENED)
        assert (await snapshot.snapshot(world.house, Wanted(), by=BY)).kept == 1
        assert (await snapshot.snapshot(world.house, Wanted(person=anna), by=BY)).kept > 0
    assert await world.rows(Snapshot) == []
    assert "rework" not in await world.kinds()


async def test_a_snapshot_of_whoever_is_restricted_afterwards_stays_and_is_not_opened(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    before, works = await world.rows(Snapshot), (await world.kinds()).count("rework")
    [row] = (await world.store.get(Person, [(anna,)])).values()
    world.plant(bound(msgspec.structs.replace(row, state=int(PersonState.RESTRICTED)), world.house.row_macs))
    for number in range(ORDERS):
        await order(world, f"B-{number}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "FOLD_LIMIT", OPENED)
        assert (await snapshot.snapshot(world.house, Wanted(), by=BY)).persons == 0
    assert await world.rows(Snapshot) == before
    assert (await world.kinds()).count("rework") == works
    assert "name" not in {name for name, one in (await profile(world, anna)).fields.items() if one.state == "open"}
