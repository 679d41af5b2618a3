"""Sealed again: the same values under newer boxes, noted before they are opened, and an older box is found."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.crypto.keyring import Keyring
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Invalid, NotFound, Tampered, Unavailable
from lockhouse.flows import audit, link, request
from lockhouse.flows.reseal import reseal
from lockhouse.gates.rework import RANGE
from lockhouse.ledger.entry import Reseal
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.rows import Intake, Lane, LedgerEntry, Record
from tests.world import Away, Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.ledger.verify import Report

BY = "os-user:0"
ANNA = "anna@example.com"


async def _shop(tmp_path: Path, *, orders: int = 3) -> tuple[World, bytes]:
    world = await World.make(tmp_path)
    await world.send_all(
        [
            ("backend", "Order Completed", {"email": ANNA, "order_id": f"A-{n}", "order_total": "12.50"})
            for n in range(orders)
        ]
    )
    return world, await world.person(ANNA)


async def _part(world: World) -> tuple[int, str]:
    """A compartment of which every order has a box."""
    [first, *others] = [{box.compartment for box in decode_boxes(row.boxes)} for row in await world.rows(Record)]
    number = min(first.intersection(*others))
    return number, world.house.live().names.name("compartment", number) or ""


async def _verified(world: World) -> Report:
    trusted = audit.Trusted([world.verifier], world.lane_key)
    return await audit.verify(world.house, sequencer=world.store, trusted=trusted, records=True)


async def _bodies(world: World, kind: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(row.body)["body"] for row in await world.rows(LedgerEntry) if row.kind == kind]


async def test_every_box_is_newer_and_shows_the_same(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    before, rows = await world.reveal(anna), {row.id: row for row in await world.rows(Record)}
    done = await reseal(world.house, anna, by=BY)
    assert (done.records, done.renewed, done.left) == (3, 0, 0)
    after = {row.id: row for row in await world.rows(Record)}
    assert rows.keys() == after.keys()
    for record, row in after.items():
        olds, news = decode_boxes(rows[record].boxes), decode_boxes(row.boxes)
        assert [one.seal for one in news] == [one.seal + 1 for one in olds]
        assert not {one.blob for one in olds} & {one.blob for one in news}
        assert msgspec.structs.replace(row, boxes=b"", salt=b"") == msgspec.structs.replace(
            rows[record], boxes=b"", salt=b""
        )
    seen = await world.reveal(anna)
    assert {name: one.value for name, one in seen.fields.items()} == {
        name: one.value for name, one in before.fields.items()
    }
    assert (await _verified(world)).clean
    assert await world.findings() == []


async def test_a_box_put_back_as_it_was_is_found(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    [old, *_] = await world.rows(Record)
    await reseal(world.house, anna, by=BY)
    world.plant(old)
    report = await _verified(world)
    assert [(one.kind, one.where) for one in report.findings] == [("edited-record", f"record {old.id.hex()}")]


async def test_it_is_noted_before_anything_is_opened_and_names_nobody(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    await reseal(world.house, anna, by=BY)
    [work], [told] = await _bodies(world, "rework"), await _bodies(world, "reseal")
    assert (work["actor"], work["action"], work["count"]) == (BY, "reseal", 1)
    assert told["count"] == 3
    [noted] = [row.id for row in await world.rows(LedgerEntry) if row.kind == "rework"]
    assert told["by"] == noted.hex()
    assert not any(anna.hex().encode() in row.body for row in await world.rows(LedgerEntry))


async def test_nothing_is_opened_that_could_not_be_noted(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    rows = await world.rows(Record)
    world.house.commits = Away(world.store, nth=1)
    with pytest.raises(Unavailable):
        await reseal(world.house, anna, by=BY)
    world.house.commits = Away(world.store, nth=2)
    with pytest.raises(Unavailable):
        await reseal(world.house, anna, by=BY)
    assert await world.rows(Record) == rows
    assert (await _verified(world)).clean


async def test_long_histories_are_sealed_again_in_ranges(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path, orders=RANGE + 5)
    assert (await reseal(world.house, anna, by=BY)).records == RANGE + 5
    assert [body["count"] for body in await _bodies(world, "reseal")] == [RANGE, 5]
    assert (await _verified(world)).clean


async def test_what_lay_under_an_older_key_since_an_ending_was_called_off_lies_under_the_newer(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    number, part = await _part(world)
    case = await world.erase(anna, compartment=part, now=False)
    await world.send("backend", "Order Completed", email=ANNA, order_id="A-9", order_total="12.50")
    await request.undo(world.house, case, by=BY)
    done = await reseal(world.house, anna, by=BY)
    serials = {
        box.serial for row in await world.rows(Record) for box in decode_boxes(row.boxes) if box.compartment == number
    }
    assert done.renewed == 3
    assert len(serials) == 1
    assert (await world.reveal(anna)).fields["email"].value == ANNA
    assert (await _verified(world)).clean


async def test_boxes_that_nothing_opens_stay_as_they_are(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    _, part = await _part(world)
    await world.erase(anna, compartment=part)
    done = await reseal(world.house, anna, by=BY)
    assert (done.left, done.records) == (3, 3)
    assert (await _verified(world)).clean


async def test_nobody_who_is_ending_is_sealed_again(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    await world.erase(anna, now=False)
    with pytest.raises(NotFound):
        await reseal(world.house, anna, by=BY)
    assert await _bodies(world, "rework") == []


async def test_an_ending_that_comes_between_reading_and_writing_wins(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    rows = await world.rows(Record)
    stopped = Stopped(world.store, nth=2)
    second = await world.second()
    second.house.commits = stopped
    sealing = asyncio.create_task(reseal(second.house, anna, by=BY))
    await stopped.reached.wait()
    await world.erase(anna, now=False)
    stopped.go_on.set()
    with pytest.raises(NotFound):
        await sealing
    assert await world.rows(Record) == rows
    assert (await _verified(world)).clean


async def test_two_at_once_leave_each_box_sealed_by_one_of_them(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    stopped = Stopped(world.store, nth=2)
    second = await world.second()
    second.house.commits = stopped
    sealing = asyncio.create_task(reseal(second.house, anna, by=BY))
    await stopped.reached.wait()
    await reseal(world.house, anna, by=BY)
    stopped.go_on.set()
    await sealing
    assert {box.seal for row in await world.rows(Record) for box in decode_boxes(row.boxes)} == {3}
    assert (await _verified(world)).clean


async def test_source_persons_who_are_one_are_sealed_again_together(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    await world.send("backend", "Order Completed", email="a.schmidt@example.com", order_id="B-1")
    other = await world.person("a.schmidt@example.com")
    await link.make(world.house, anna, other, by=BY)
    assert (await reseal(world.house, other, by=BY)).records == 4


async def test_what_was_sealed_again_is_erased_and_swept_like_any_other(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    await reseal(world.house, anna, by=BY)
    await world.erase(anna)
    assert (await _verified(world)).clean
    with pytest.raises(NotFound):
        await reseal(world.house, anna, by=BY)


async def test_a_box_that_was_moved_is_not_sealed_again(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    one, other, _ = await world.rows(Record)
    world.plant(msgspec.structs.replace(one, boxes=other.boxes))
    with pytest.raises(Tampered):
        await reseal(world.house, anna, by=BY)
    assert await _bodies(world, "reseal") == []


async def test_a_row_that_was_edited_or_put_back_is_not_made_good(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    [old, *_] = await world.rows(Record)
    await reseal(world.house, anna, by=BY)
    [new] = [row for row in await world.rows(Record) if row.id == old.id]
    for row in (old, msgspec.structs.replace(new, occurred_at=new.occurred_at - 1)):
        world.plant(row)
        with pytest.raises(Tampered):
            await reseal(world.house, anna, by=BY)
        assert [one.where for one in (await _verified(world)).findings] == [f"record {old.id.hex()}"]
    assert len(await _bodies(world, "reseal")) == 1


async def test_of_a_tail_that_was_tampered_with_what_was_sealed_again_is_no_finding(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    await world.send("backend", "Order Completed", email="bert@example.com", order_id="B-1")
    [bert] = [row for row in await world.rows(Record) if row.person != anna]
    await world.store.seal_ledger()
    [row] = await world.rows(HouseRow)
    await reseal(world.house, anna, by=BY)
    # Beside a writer that has not folded it yet.
    world.plant(row)
    for entry in await world.rows(LedgerEntry):
        if entry.position is not None and entry.position >= row.tree_size:
            world.plant(msgspec.structs.replace(entry, position=None))
    world.plant(msgspec.structs.replace(bert, occurred_at=bert.occurred_at - 1))
    world.plant(Lane("work", 0, bytes(32), 0, b"forged"))
    report = await _verified(world)
    assert {(one.kind, one.where) for one in report.findings} == {
        ("forged-lane", "lane work"), ("edited-record", f"record {bert.id.hex()}"),
    }  # fmt: skip


async def test_leaves_that_no_reseal_tells_are_written_by_nobody_but_the_store(tmp_path: Path) -> None:
    world, _ = await _shop(tmp_path)
    entry = world.house.ids.new()
    beside = Put(Intake.TABLE, Intake(entry, b"r" * 16, b"l" * 32))
    told = Reseal(count=1, root="00" * 32, by=entry.hex()).draft(id=entry, lane="console")
    for change in (Change("record", puts=(beside,)), Change("record", puts=(beside,), entries=(told,))):
        with pytest.raises(Invalid):
            await world.store.commit(change)


async def test_verification_is_clean_while_sealing_again_is_not_signed_yet(tmp_path: Path) -> None:
    world, anna = await _shop(tmp_path)
    assert (await _verified(world)).clean
    world.clock.pass_days(1 / 24)
    await reseal(world.house, anna, by=BY)
    assert (await _verified(world)).clean


async def test_what_was_sealed_again_while_the_process_stood_still_is_sealed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, anna = await _shop(tmp_path, orders=1)
    [row] = await world.rows(Record)
    seal = Keyring.seal
    sealed: list[Any] = []

    def slowly(*one: Any, **place: Any) -> Any:
        world.clock.at += 0 if sealed else 5_001
        sealed.append(one)
        return seal(*one, **place)

    monkeypatch.setattr(Keyring, "seal", slowly)
    done = await reseal(world.house, anna, by=BY)
    assert (done.records, len(sealed)) == (1, 2 * len(decode_boxes(row.boxes)))
