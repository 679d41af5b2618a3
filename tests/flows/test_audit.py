"""The house's own rows, read as an export and held against what was signed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.crypto.checkpoint import parse_proof
from lockhouse.crypto.merkle import leaf_hash
from lockhouse.errors import NotFound
from lockhouse.flows import audit, request
from lockhouse.flows.sweep import sweep
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.rows import Intake, Lane, LedgerEntry, Record
from lockhouse.wiring import jobs
from tests.faces.cli.house import Desk
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.gates.house import House
    from lockhouse.ledger.verify import Report
    from lockhouse.model.ports import Sequencer

EMAIL = "anna.schmidt@example.com"


async def _busy(tmp_path: Path) -> World:
    world = await World.make(tmp_path)
    for number in range(3):
        await world.send("account", "Order Completed", email=EMAIL, order_id=f"A-{number}")
    await world.find(EMAIL)
    return world


async def _verify(world: World) -> Report:
    return await audit.verify(
        world.house, sequencer=world.store, trusted=audit.Trusted([world.verifier], world.lane_key), records=True
    )


async def test_what_nobody_touched_is_clean(tmp_path: Path) -> None:
    world = await _busy(tmp_path)
    report = await _verify(world)
    assert report.clean
    assert report.entries == report.signed >= 4


def test_a_changed_record_and_a_deleted_line_are_both_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    desk.call("person find email -", typed=f"{EMAIL}\n")
    [look] = desk.call("ledger log --kind disclosure", json=True).value
    desk.call("person find email -", typed=f"{EMAIL}\n")
    with closing(sqlite3.connect(desk.house / "record.db")) as administrator:
        administrator.execute("UPDATE record SET occurred_at = occurred_at - 1")
        administrator.execute("DELETE FROM ledger_entry WHERE id = ?", (bytes.fromhex(look["id"]),))
        administrator.commit()
    seen = desk.call("ledger verify --records")
    assert seen.code == 7
    assert "edited-record: record " in seen.out
    assert f"deleted-entry: position {look['position']}" in seen.out


async def test_an_erasure_is_no_finding(tmp_path: Path) -> None:
    world = await _busy(tmp_path)
    [view] = await world.find(EMAIL)
    done = await request.open_erasure(world.house, view.person, by="os-user:0")
    await request.fulfil(world.house, done.case, journal=world.journal, now=True)
    assert (await _verify(world)).clean


@pytest.mark.parametrize("moment", ["before the records", "after the records", "after the ledger"])
async def test_what_a_house_at_work_takes_in_and_deletes_meanwhile_is_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    world = await _busy(tmp_path)
    await world.send("account", "Order Completed", email="bert@example.com", order_id="B-1")
    [gone] = await world.find("bert@example.com")
    await world.erase(gone.person)
    before = {row.id for row in await world.rows(Record)}

    async def meanwhile() -> None:
        await sweep(world.house, jobs, owner=bytes(16))
        await world.send("account", "Order Completed", email=EMAIL, order_id="A-9")

    async def leaves(house: House) -> AsyncIterator[list[tuple[bytes, bytes]]]:
        if moment == "before the records":
            await meanwhile()
        async for part in scanned(house):
            yield part
        if moment == "after the records":
            await meanwhile()

    async def exported(house: House, *, sequencer: Sequencer) -> AsyncIterator[bytes]:
        async for lines in export(house, sequencer=sequencer):
            yield lines
        if moment == "after the ledger":
            await meanwhile()

    scanned, export = audit._leaves, audit.export
    monkeypatch.setattr(audit, "_leaves", leaves)
    monkeypatch.setattr(audit, "export", exported)
    report = await _verify(world)
    after = {row.id for row in await world.rows(Record)}
    assert len(after - before) == 1
    assert len(before - after) == 1
    assert report.findings == ()


async def test_a_planted_row_that_was_seen_is_told_also_when_it_is_taken_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await _busy(tmp_path)
    planted = msgspec.structs.replace((await world.rows(Record))[0], id=bytes(16))
    world.plant(planted)
    export = audit.export

    async def exported(house: House, *, sequencer: Sequencer) -> AsyncIterator[bytes]:
        async for lines in export(house, sequencer=sequencer):
            yield lines
        world.drop(planted)

    monkeypatch.setattr(audit, "export", exported)
    assert [one.kind for one in (await _verify(world)).findings] == ["unknown-record"]


async def test_one_finding_does_not_make_strangers_of_what_came_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await _busy(tmp_path)
    look = next(row for row in await world.rows(LedgerEntry) if row.kind == "disclosure")
    world.plant(msgspec.structs.replace(look, body=look.body.replace(b"os-user", b"os-uses")))
    lines = audit._lines

    async def slow(house: House, size: int, **how: Any) -> AsyncIterator[bytes]:
        async for part in lines(house, size, **how):
            yield part
        await world.send("account", "Order Completed", email=EMAIL, order_id="B-1")

    monkeypatch.setattr(audit, "_lines", slow)
    assert {one.kind for one in (await _verify(world)).findings} == {"rewritten-tree", "forged-lane", "changed-columns"}


async def test_an_export_read_later_says_the_same(tmp_path: Path) -> None:
    world = await _busy(tmp_path)
    lines = b"".join([part async for part in audit.export(world.house, sequencer=world.store)])
    report = await audit.verify_file(lines.splitlines(keepends=True), vkeys=[world.verifier], house=world.house)
    assert report.clean
    assert EMAIL.encode() not in lines


async def test_an_entry_is_proven_and_an_unknown_one_is_not(tmp_path: Path) -> None:
    world = await _busy(tmp_path)
    await world.store.seal_ledger()
    [newest, *_] = [row async for rows in audit.entries_back(world.house, 4) for row in rows]
    proven = await audit.prove(world.house, newest.id, sequencer=world.store)
    assert parse_proof(proven.proof).index == proven.position == newest.position
    assert leaf_hash(proven.body) == newest.leaf
    with pytest.raises(NotFound):
        await audit.prove(world.house, bytes(16), sequencer=world.store)


async def _dirty(tmp_path: Path) -> World:
    """A house of two people, one of them erased, in which an entry was edited after all was signed."""
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await world.send("account", "Order Completed", email="bert@example.com", order_id="B-1")
    await world.erase(await world.person(EMAIL))
    await world.store.seal_ledger()
    [entry] = [row for row in await world.rows(LedgerEntry) if row.position == 1]
    world.plant(msgspec.structs.replace(entry, body=entry.body.replace(b'"at":1', b'"at":2', 1)))
    return world


async def test_where_something_is_found_lawful_deletions_of_the_tail_are_no_missing_records(tmp_path: Path) -> None:
    """As behind a writer that was killed before it folded: its last entries have no position."""
    world = await _dirty(tmp_path)
    before = [one.kind for one in (await _verify(world)).findings]
    assert "rewritten-tree" in before
    world.store._engine.tick = lambda **_: False  # type: ignore[method-assign]  # no fold comes any more
    assert (await sweep(world.house, jobs, owner=world.house.ids.new())).records == 1
    await world.send("account", "Order Completed", email="carl@example.com", order_id="C-1")
    assert {row.kind for row in await world.rows(LedgerEntry) if row.position is None} == {"deletion", "intake"}
    assert [one.kind for one in (await _verify(world)).findings] == before


async def test_where_something_is_found_a_planted_entry_hides_no_invented_record(tmp_path: Path) -> None:
    world = await _dirty(tmp_path)
    invented = msgspec.structs.replace((await world.rows(Record))[0], id=b"i" * 16)
    world.plant(invented)
    entry = msgspec.structs.replace((await world.rows(LedgerEntry))[0], id=b"e" * 16, position=None, lane="nowhere")
    world.plant(entry)
    world.plant(Intake(entry.id, invented.id, record_leaf_of(invented)))
    found = (await _verify(world)).findings
    assert {"planted-entry", "unknown-record"} <= {one.kind for one in found}
    assert f"entry {entry.id.hex()}" in {one.where for one in found}


async def test_a_lane_whose_head_was_moved_is_named_without_its_name_if_that_is_none(tmp_path: Path) -> None:
    world = await _busy(tmp_path)
    lane = (await world.rows(Lane))[0]
    world.plant(msgspec.structs.replace(lane, counter=lane.counter + 1))
    world.plant(msgspec.structs.replace(lane, name="\x1b[2J"))
    found = [one for one in (await _verify(world)).findings if one.kind == "forged-lane"]
    assert {one.where for one in found} == {f"lane {lane.name}", "lane of another name than a lane has"}
