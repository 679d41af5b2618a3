"""Snapshots day by day: nobody is opened again for what cannot be folded, and what holds is not made worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered, Unavailable
from lockhouse.flows import request, retain, snapshot
from lockhouse.flows.reseal import reseal
from lockhouse.flows.snapshot import Wanted
from lockhouse.gates.pace import Footing
from lockhouse.gates.rework import Lacking, Snapshotted, lacking, mend_snapshots
from lockhouse.gates.rework import snapshot as making
from lockhouse.gates.rework.lacking import WORTH
from lockhouse.model.rows import Snapshot
from tests.flows.folded import (
    ANNA,
    BY,
    OPENED,
    ORDERS,
    covering,
    folded,
    order,
    profile,
    shop,
    tells_the_same,
    told,
    with_field,
)
from tests.world import POLICY, Away, World

if TYPE_CHECKING:
    from pathlib import Path

MONTH = 31


async def _works(world: World) -> int:
    return (await world.kinds()).count("rework")


async def _lacking(world: World, person: bytes) -> Lacking:
    return await lacking(world.house, person, await Footing.of(world.house), above=OPENED)


async def _part(world: World, person: bytes, class_: str) -> str:
    """The compartment of her first record that is of this class and has a snapshot."""
    folded_in = {one.compartment for one in await covering(world, await with_field(world, person))}
    [name] = [
        one.name for one in world.house.live().compartments.values() if one.class_ == class_ and one.id in folded_in
    ]
    return name


async def _shows_what_it_would_without(world: World, person: bytes) -> None:
    """A row that says of a part that it is too large changes nothing of what a look shows."""
    before, kept = told(await profile(world, person)), await world.rows(Snapshot)
    assert before["truncated"]
    for one in kept:
        world.drop(one)
    assert told(await profile(world, person)) == before
    for one in kept:
        world.plant(one)


async def test_boxes_whose_month_has_ended_are_nobodys_work(tmp_path: Path) -> None:
    world = await World.make(tmp_path, POLICY.replace("order_total, country]", "order_total, country, page_path]"))
    await world.send("backend", "Order Completed", email=ANNA, name="Anna Schmidt", order_id="A-0")
    for number in range(OPENED * 2):
        world.clock.pass_days(0.01)
        await world.send("backend", "Order Completed", email=ANNA, page_path=f"/p/{number}")
    anna = await world.person(ANNA)
    assert len(await _lacking(world, anna)) > 0
    world.clock.pass_days(15 * MONTH)
    await world.new_epochs()
    for _ in range(3):
        await retain.apply(world.house, by=BY, journal=world.journal)
        world.clock.pass_days(3.1)
        await world.new_epochs()
    await folded(world, anna)
    for _ in range(2):
        before = await _works(world)
        assert len(await _lacking(world, anna)) == 0
        assert await folded(world, anna) == Snapshotted()
        assert await _works(world) == before
        world.clock.pass_days(1)


async def test_a_snapshot_of_an_older_key_that_opens_again_is_not_replaced(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    part = await _part(world, anna, "contact")
    case = await world.erase(anna, compartment=part, now=False)
    await order(world, "N-1", name="Anna Weiss")
    for number in range(OPENED):
        await order(world, f"M-{number}")
    await folded(world, anna)
    await request.undo(world.house, case, by=BY)
    assert (await folded(world, anna)).older > 0
    view = await profile(world, anna)
    assert view.fields["phone"].value == "+493012345678", "it is in her first order alone, under the older key"
    before = await _works(world)
    assert (await folded(world, anna)).parts == 0
    assert await _works(world) == before
    await reseal(world.house, anna, by=BY)
    assert (await folded(world, anna)).older == 0
    await tells_the_same(world, anna)


async def test_a_snapshot_that_is_no_row_of_ours_keeps_no_other_from_being_made(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    bad, *others = await world.rows(Snapshot)
    bad = msgspec.structs.replace(bad, covers=-1)
    world.plant(bad)
    for one in others:
        world.drop(one)
    with pytest.raises(Tampered, match="snapshot: expected covers"):
        await folded(world, anna)
    assert len(await world.rows(Snapshot)) == len(others) + 1
    assert bad in await world.rows(Snapshot), "it is evidence, until somebody asks for her by name"


async def test_a_fold_that_is_cut_off_leaves_no_less_than_there_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "RANGE", 5)
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    assert (await profile(world, anna)).records == ORDERS
    for number in range(OPENED):
        await order(world, f"B-{number}")
    await order(world, "B-last", phone="+493012349999")
    for nth in range(1, 6):
        world.house.commits = Away(world.store, nth=nth)
        with pytest.raises(Unavailable):
            await folded(world, anna)
        world.house.commits = world.store
        view = await profile(world, anna)
        assert view.fields["name"].value == "Anna Schmidt", "it is in her first order alone"
        assert view.records >= ORDERS
    assert (await folded(world, anna)).records < OPENED, "what was folded is gone on from"
    await tells_the_same(world, anna)
    assert (await profile(world, anna, opened=0)).fields["phone"].value == "+493012349999"


async def test_what_is_new_alone_is_opened_for_a_snapshot_that_holds(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    for number in range(OPENED):
        await order(world, f"B-{number}", name=f"Anna {number}")
    assert (await folded(world, anna)).records == OPENED
    assert len(await _lacking(world, anna)) == 0
    await tells_the_same(world, anna)


@pytest.mark.parametrize("when", ["daily", "by name"])
async def test_a_snapshot_with_a_flipped_bit_is_made_anew(tmp_path: Path, when: str) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    many = len(await world.rows(Snapshot))
    for one in await world.rows(Snapshot):
        world.plant(msgspec.structs.replace(one, blob=one.blob[:-1] + bytes([one.blob[-1] ^ 1])))
    if when == "daily":
        for number in range(OPENED):
            await order(world, f"B-{number}", name="Anna Schmidt")
        await folded(world, anna)
    else:
        assert await mend_snapshots(world.house, anna, by=BY) == many
        assert await world.rows(Snapshot) == []
        await folded(world, anna)
        assert await mend_snapshots(world.house, anna, by=BY) == 0
    assert (await profile(world, anna)).fields["name"].value == "Anna Schmidt"
    await tells_the_same(world, anna)


@pytest.mark.parametrize(
    ("column", "value"), [("covers", -1), ("epoch", -1), ("compartment", 70_000), ("upto", b"\x01"), ("blob", b"")]
)
async def test_whoever_is_asked_for_by_name_has_no_snapshot_left_that_is_no_row_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str, value: int | bytes
) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    [one, *_] = before = await world.rows(Snapshot)
    world.drop(one)
    world.plant(msgspec.structs.replace(one, **{column: value}))
    monkeypatch.setattr(snapshot, "FOLD_LIMIT", 0)
    done = await snapshot.snapshot(world.house, Wanted(person=anna), by=BY)
    assert (done.mended, done.faults) == (1, 0)
    after = {(row.compartment, row.epoch, row.covers, row.root) for row in await world.rows(Snapshot)}
    assert after >= {(row.compartment, row.epoch, row.covers, row.root) for row in before}
    await tells_the_same(world, anna)


async def test_what_was_too_large_is_tried_again_when_it_has_grown_by_a_fifth_and_not_each_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, anna = await shop(tmp_path)
    monkeypatch.setattr(making, "MOST_BYTES", 10)
    assert (await folded(world, anna)).snapshots == 0
    works = await _works(world)
    for number in range(ORDERS // WORTH - 1):
        await order(world, f"B-{number}")
    for _ in range(2):
        world.clock.pass_days(1)
        assert await folded(world, anna) == Snapshotted()
        assert await mend_snapshots(world.house, anna, by=BY) == 0
    assert await _works(world) == works
    await _shows_what_it_would_without(world, anna)
    await order(world, "C-0")
    assert (await folded(world, anna)).parts > 0
    assert await _works(world) == works + 1
    assert await folded(world, anna) == Snapshotted()
    monkeypatch.undo()
    for number in range(ORDERS):
        await order(world, f"D-{number}")
    assert (await folded(world, anna)).snapshots > 0
    await tells_the_same(world, anna)
