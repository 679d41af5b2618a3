"""What every committing store owes the ledger: final entries, lanes without a gap, positions, checkpoints."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING

import pytest

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.merkle import leaf_hash, root
from lockhouse.crypto.signatures import verify
from lockhouse.errors import Invalid, Unavailable
from lockhouse.model.change import Change, Conflict, Draft
from lockhouse.model.rows import Checkpoint, House, Intake, Lane, LedgerEntry, Record
from tests.ports.stores import (
    DURABLE,
    STORES,
    Store,
    a_draft,
    a_leaf,
    a_record,
    found,
    has,
    must,
    new_id,
    put,
    why,
)
from tests.ports.writer_entry import HOUSE, LOG

if TYPE_CHECKING:
    from pathlib import Path


async def _lane(store: Store, name: str) -> list[LedgerEntry]:
    return await store.reads.find(LedgerEntry, ("lane",), [(name,)])


async def _house(store: Store) -> House:
    return (await store.reads.get(House, [(1,)]))[1,]


async def test_a_draft_is_durable_and_signed_when_its_change_is(store: Store) -> None:
    draft = a_draft(fields=["email"], count=3)
    [done] = await must(store, Change("record", entries=(draft,)))
    [noting] = done.notings
    entry = (await store.reads.get(LedgerEntry, [(draft.id,)]))[draft.id,]
    assert (noting.entry, noting.body, leaf_hash(noting.body)) == (draft.id, entry.body, entry.leaf)
    verify(store.writer.notary_public, lp("lockhouse/noted/1", HOUSE, draft.id, entry.leaf), noting.signature)
    said = json.loads(noting.body)
    assert (said["house"], said["log"], said["kind"], said["body"]) == (HOUSE.hex(), LOG, "disclosure", draft.body)


async def test_notings_come_in_the_order_of_the_drafts(store: Store) -> None:
    drafts = [a_draft(), a_draft(lane="console-2"), a_draft()]
    [done] = await must(store, Change("record", entries=tuple(drafts)))
    assert [noting.entry for noting in done.notings] == [draft.id for draft in drafts]


async def test_each_lane_is_a_chain_without_gap(store: Store) -> None:
    for _ in range(3):
        changes = [Change("record", entries=(a_draft(), a_draft(lane="work"))) for _ in range(4)]
        await must(store, *changes)
    for name in ("console", "work"):
        entries = await _lane(store, name)
        assert [entry.counter for entry in entries] == list(range(1, 13))
        heads = [bytes(32), *(entry.leaf for entry in entries)]
        assert [json.loads(entry.body)["prev"] for entry in entries] == [head.hex() for head in heads[:-1]]
        lane = (await store.reads.get(Lane, [(name,)]))[name,]
        assert (lane.counter, lane.head) == (12, heads[-1])


async def test_a_refused_change_leaves_no_gap_in_its_lane(store: Store) -> None:
    refused = Change("record", entries=(a_draft(),), expects=(has(a_record(), channel=1),))
    answers = await store.writer.commit_each(
        [Change("record", entries=(a_draft(),)), refused, Change("record", entries=(a_draft(),))]
    )
    assert [isinstance(answer, Conflict) for answer in answers] == [False, True, False]
    assert [entry.counter for entry in await _lane(store, "console")] == [1, 2]


async def test_leaves_of_a_group_stand_in_one_intake_entry_a_lane(store: Store) -> None:
    records = [a_record() for _ in range(6)]
    leaves = [a_leaf(record, lane="collect-0" if n < 4 else "collect-1") for n, record in enumerate(records)]
    await must(
        store,
        *(Change("record", puts=(put(record),), leaves=(leaf,)) for record, leaf in zip(records, leaves, strict=True)),
    )
    for name, part in (("collect-0", leaves[:4]), ("collect-1", leaves[4:])):
        [entry] = await _lane(store, name)
        body = json.loads(entry.body)
        assert body["kind"] == "intake"
        assert body["body"] == {"count": len(part), "root": root([leaf.hash for leaf in part]).hex()}
        intake = (await store.reads.get(Intake, [(entry.id,)]))[entry.id,]
        assert intake.records == b"".join(leaf.record for leaf in part)
        assert intake.leaves == b"".join(leaf.hash for leaf in part)


async def test_a_refused_record_leaves_no_leaf(store: Store) -> None:
    record = a_record()
    refused = Change("record", puts=(put(record),), leaves=(a_leaf(record),), expects=(has(record, channel=1),))
    assert why(await store.writer.commit(refused)) == "moved"
    assert await _lane(store, "collect-0") == []


async def test_one_entry_id_is_noted_once(store: Store) -> None:
    draft = a_draft()
    answers = await store.writer.commit_each([Change("record", entries=(draft,))] * 2)
    assert [why(answer) for answer in answers] == ["", "entry-exists"]
    assert why(await store.writer.commit(Change("record", entries=(draft,)))) == "entry-exists"


async def test_an_entry_too_long_fails_its_change_alone(store: Store) -> None:
    record, other = a_record(), a_record()
    long = Draft(new_id(), "console", "disclosure", {"text": "x" * 70_000})
    changes = [Change("record", puts=(put(record),), entries=(long,)), Change("record", puts=(put(other),))]
    assert [why(answer) for answer in await store.writer.commit_each(changes)] == ["invalid", ""]
    with pytest.raises(Invalid, match="ledger entry disclosure"):
        await store.writer.commit(changes[0])
    assert set(await store.reads.get(Record, [(record.id,), (other.id,)])) == {(other.id,)}
    assert await _lane(store, "console") == []


async def test_nothing_is_noted_before_there_is_a_house(tmp_path: Path) -> None:
    async with STORES["memory"](tmp_path) as empty:
        record = a_record()
        for change in (
            Change("record", entries=(a_draft(),)),
            Change("record", puts=(put(record),), leaves=(a_leaf(record),)),
        ):
            with pytest.raises(Invalid, match="a house before its first"):
                await empty.writer.commit(change)
        with pytest.raises(Unavailable):
            await empty.writer.seal_ledger()


async def test_the_founding_change_may_be_noted(tmp_path: Path) -> None:
    async with STORES["memory"](tmp_path) as empty:
        house = House(1, HOUSE, LOG, 0, 0, 0, b"", 0)
        await must(empty, Change("record", puts=(put(house),), entries=(a_draft(lane="init"),)))
        assert [entry.counter for entry in await _lane(empty, "init")] == [1]
        assert (await _house(empty)).last_at > 0


async def test_positions_come_within_a_second_and_are_dense(store: Store) -> None:
    for _ in range(3):
        await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(3)))
    await asyncio.sleep(1.0)
    entries = await _lane(store, "console")
    assert [entry.position for entry in entries] == list(range(9))
    assert (await _house(store)).tree_size == 9


async def test_a_sealed_ledger_is_signed_over_every_entry(store: Store) -> None:
    await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(5)))
    checkpoint = await store.writer.seal_ledger()
    entries = sorted(await _lane(store, "console"), key=lambda entry: entry.position or 0)
    origin, size, told = checkpoint.text.split("\n")[:3]
    assert (origin, int(size), checkpoint.size) == (LOG, 5, 5)
    assert base64.b64decode(told) == root([entry.leaf for entry in entries])
    assert await store.reads.get(Checkpoint, [(5,)]) == {(5,): checkpoint}
    assert await store.writer.seal_ledger() == checkpoint


async def test_a_thousand_entries_bring_a_checkpoint_by_themselves(store: Store) -> None:
    await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(1_001)))
    for _ in range(30):
        found_sizes = [row.size async for chunk in store.reads.scan(Checkpoint) for row in chunk]
        if found_sizes:
            break
        await asyncio.sleep(0.1)
    assert found_sizes
    assert found_sizes[0] >= 1_000


async def test_ledger_time_never_runs_backwards(store: Store) -> None:
    await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(5)))
    await must(store, Change("record", entries=(a_draft(),)))
    times = [entry.at for entry in await _lane(store, "console")]
    assert times == sorted(times)
    assert (await _house(store)).last_at == times[-1]


@pytest.mark.parametrize("name", DURABLE)
async def test_lanes_and_tree_go_on_after_a_restart(name: str, tmp_path: Path) -> None:
    async with STORES[name](tmp_path) as store:
        await found(store)
        await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(3)))
        first = await store.writer.seal_ledger()
        await must(store, Change("record", entries=(a_draft(),)))
    async with STORES[name](tmp_path) as store:
        await must(store, *(Change("record", entries=(a_draft(),)) for _ in range(2)))
        second = await store.writer.seal_ledger()
        entries = await _lane(store, "console")
        assert [(entry.counter, entry.position) for entry in entries] == [(n + 1, n) for n in range(6)]
        assert (first.size, second.size) == (3, 6)
        chain = [bytes(32).hex(), *(entry.leaf.hex() for entry in entries[:-1])]
        assert [json.loads(entry.body)["prev"] for entry in entries] == chain
