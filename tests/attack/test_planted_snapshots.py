"""A snapshot is a row like any other for whoever writes to the store: put back, moved, edited, or kept too long.

None of it shows what a record no longer says, or somebody else's; and without a snapshot a look is as it ever was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.crypto.seal import SealedBox, decode_boxes, encode_boxes
from lockhouse.errors import Tampered
from lockhouse.gates.disclose import Records, disclose
from lockhouse.model.rows import Record, Snapshot
from tests.flows.folded import ANNA, OPENED, ORDERS, covering, folded, in_full, order, profile, shop, told, with_field

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.world import World

BERT = "bert@example.com"


async def _contact(world: World, person: bytes) -> Snapshot:
    """The one snapshot of hers that holds her name."""
    row = await with_field(world, person)
    live = world.house.live()
    [one] = [
        snap for snap in await covering(world, row)
        if snap.person == person and live.compartment_class(snap.compartment) == "contact" and snap.covers >= OPENED
    ]  # fmt: skip
    return one


async def _decides_by_records(world: World, person: bytes) -> None:
    """A look goes on as without the one snapshot that is not as the house made it, and says so."""
    view = await profile(world, person)
    assert (view.spoilt, view.truncated) == (1, True)
    assert (view.records, "name" in view.fields) == (OPENED, False)


async def test_a_snapshot_that_rots_shuts_nobodys_profile(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await order(world, "D-0", email=BERT, name="Bert Maier")
    await folded(world, anna)
    for one in await world.rows(Snapshot):
        world.plant(msgspec.structs.replace(one, blob=one.blob[:-1] + bytes([one.blob[-1] ^ 1])))
    ask = msgspec.structs.replace(await world.ask("support", action="reveal", reason="call back"), mode="full")
    both = [anna, await world.person(BERT)]

    async def asked() -> AsyncIterator[bytes]:
        for one in both:
            yield one

    views = {one.person: one async for one in disclose(world.house, ask, asked(), records=Records(limit=OPENED))}
    hers, his = [views[one] for one in both]
    assert (hers.records, hers.total, hers.truncated) == (OPENED, ORDERS, True)
    assert hers.spoilt > 1
    assert hers.fields["order_id"].value == f"A-{ORDERS - 1}"
    assert (his.fields["name"].value, his.spoilt) == ("Bert Maier", 0)
    for one in await world.rows(Snapshot):
        world.drop(one)
    await folded(world, anna)
    assert (await profile(world, anna)).fields["name"].value == "Anna Schmidt"


async def test_a_record_deleted_by_sql_is_not_shown_from_the_snapshot_that_stayed(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    assert (await profile(world, anna)).fields["name"].value == "Anna Schmidt"
    world.drop(await with_field(world, anna))
    view = await profile(world, anna)
    assert "name" not in view.fields
    assert (view.records, view.total, view.truncated) == (OPENED, ORDERS - 1, True)
    await folded(world, anna)
    assert told(await profile(world, anna)) == told(await in_full(world, anna))
    assert "name" not in (await profile(world, anna)).fields
    [gone] = [one.kind for one in await world.findings()]
    assert gone == "missing-record"


async def test_a_record_put_back_by_sql_is_what_a_look_shows_and_not_a_snapshot_from_meanwhile(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    row = await with_field(world, anna)
    world.drop(row)
    await folded(world, anna)
    world.plant(row)
    assert (await profile(world, anna)).truncated, "it covers records among which one came since"
    await folded(world, anna)
    assert (await profile(world, anna)).fields["name"].value == "Anna Schmidt"


async def test_a_snapshot_put_back_as_it_was_tells_no_less_than_the_records(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    old = await _contact(world, anna)
    await order(world, "B-1", name="Anna Weiss")
    for number in range(OPENED // 2):
        await order(world, f"C-{number}")
    await folded(world, anna)
    world.plant(old)
    view = await profile(world, anna)
    assert view.fields["name"].value == "Anna Weiss"
    assert told(view) == told(await in_full(world, anna))


async def test_a_snapshot_put_back_over_a_record_that_was_edited_is_not_used(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    row = await with_field(world, anna)
    world.plant(msgspec.structs.replace(row, proof=3, occurred_at=row.occurred_at + 10**9))
    assert told(await profile(world, anna, opened=ORDERS - 1))["fields"] == told(await in_full(world, anna))["fields"]
    assert [one.kind for one in await world.findings()] == ["edited-record"]


async def test_the_snapshot_of_another_person_shows_nothing_of_theirs(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    for number in range(ORDERS):
        await order(world, f"D-{number}", email=BERT, name="Bert Maier", phone="+4915112345678")
    bert = await world.person(BERT)
    for one in (anna, bert):
        await folded(world, one)
    hers, his = await _contact(world, anna), await _contact(world, bert)
    world.plant(msgspec.structs.replace(his, person=anna))
    view = await profile(world, anna)
    assert "name" not in view.fields, "it is over other records, and is not used"
    world.plant(msgspec.structs.replace(hers, blob=his.blob))
    await _decides_by_records(world, anna)
    assert (await profile(world, bert)).fields["name"].value == "Bert Maier"


@pytest.mark.parametrize("column", ["compartment", "epoch", "serial", "upto", "covers", "root"])
async def test_a_snapshot_under_another_place_or_over_other_records_is_not_used(tmp_path: Path, column: str) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    one = await _contact(world, anna)
    others = [row for row in await world.rows(Snapshot) if row != one and row.covers == one.covers]
    value = {
        "compartment": others[0].compartment, "epoch": one.epoch + 31, "serial": bytes(8),
        "upto": (await with_field(world, anna, 3)).id, "covers": one.covers - 1, "root": bytes(32),
    }[column]  # fmt: skip
    world.drop(one)
    world.plant(msgspec.structs.replace(one, **{column: value}))
    view = await profile(world, anna)
    assert "name" not in view.fields
    assert view.truncated
    assert view.spoilt <= (column == "compartment"), "over the same records, in another place"


async def test_a_snapshot_that_says_of_its_records_what_is_so_and_was_sealed_over_others_does_not_open(
    tmp_path: Path,
) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    old = await _contact(world, anna)
    for number in range(OPENED):
        await order(world, f"B-{number}", name="Anna Weiss")
    await folded(world, anna)
    new = await _contact(world, anna)
    world.plant(msgspec.structs.replace(new, blob=old.blob))
    view = await profile(world, anna)
    assert (view.spoilt, view.truncated, view.fields["name"].value) == (1, True, "Anna Weiss")


async def test_a_snapshot_opens_as_no_records_box_and_a_box_as_no_snapshot(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    one = await _contact(world, anna)
    last = next(row for row in await world.rows(Record) if row.id == one.upto)
    boxes = [
        SealedBox(one.compartment, one.epoch, one.serial, 1, one.blob) if box.compartment == one.compartment else box
        for box in decode_boxes(last.boxes)
    ]
    [own] = [box for box in decode_boxes(last.boxes) if box.compartment == one.compartment]
    world.plant(msgspec.structs.replace(one, blob=own.blob))
    await _decides_by_records(world, anna)
    world.drop(one)
    world.plant(msgspec.structs.replace(last, boxes=encode_boxes(boxes)))
    with pytest.raises(Tampered):
        await in_full(world, anna)


async def test_a_snapshot_of_a_key_that_ended_opens_nothing_however_long_it_is_kept(tmp_path: Path) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    kept = await world.rows(Snapshot)
    await world.erase(anna)
    for one in kept:
        world.plant(one)
    assert (await profile(world, anna)).refused == ("erased",)
    await order(world, "B-1")
    again = await world.person(ANNA)
    assert again != anna
    for one in kept:
        world.plant(msgspec.structs.replace(one, person=again))
    assert "name" not in (await in_full(world, again)).fields
    assert "name" not in (await profile(world, again, opened=0)).fields


@pytest.mark.parametrize("column", ["upto", "compartment", "epoch", "covers"])
async def test_a_snapshot_with_what_no_row_of_ours_has_is_named_and_shows_nothing(tmp_path: Path, column: str) -> None:
    world, anna = await shop(tmp_path)
    await folded(world, anna)
    one = await _contact(world, anna)
    bad = {"upto": b"\x01", "compartment": 70_000, "epoch": -1, "covers": -1}[column]
    world.plant(msgspec.structs.replace(one, **{column: bad}))
    with pytest.raises(Tampered, match="snapshot: expected"):
        await profile(world, anna)
