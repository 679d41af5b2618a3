"""SQL writes a number into the store that nothing has: it is named, and nobody counts up to it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.crypto.merkle import Frontier
from lockhouse.flows import audit
from lockhouse.model.rows import House, LedgerEntry
from tests.faces.cli.house import EMAIL, Desk
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

HUGE = 2**62
FRONTIER = HUGE.to_bytes(8, "big") + bytes(32)
"""One that a tree of this size could have: a hash for its only bit."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house at rest."""
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    assert desk.call("ledger verify").code == 0
    return desk


def by_sql(desk: Desk, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(desk.house / "record.db", isolation_level=None)) as administrator:
        administrator.execute(statement, values)


EDITS = {
    "of the tree": ("UPDATE house SET tree_size = ?", (HUGE,)),
    "of the tree and its edge": ("UPDATE house SET tree_size = ?, frontier = ?", (HUGE, FRONTIER)),
    "less than none": ("UPDATE house SET tree_size = ?", (-HUGE,)),
}


@pytest.mark.parametrize("size", EDITS)
def test_a_tree_of_another_size_is_named_and_the_house_goes_on_with_nothing(desk: Desk, size: str) -> None:
    statement, values = EDITS[size]
    by_sql(desk, statement, *values)
    for line in ("ledger verify", "ledger verify --records"):
        seen = desk.call(line)
        assert (seen.code, "frontier of the house" in seen.out) == (7, True), (seen.out, seen.err)
    for line in ("ledger log", "ledger checkpoint", "ledger export log.jsonl"):
        seen = desk.call(line)
        assert (seen.code, "the tree that was signed last" in seen.err) == (7, True), (line, seen.err)
    assert "FAIL" in next(line for line in desk.call("doctor").out.splitlines() if " ledger " in line)


async def test_entries_behind_a_hole_of_any_width_are_read_all_the_same(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    size = (await world.store.seal_ledger()).size
    last = next(row for row in await world.rows(LedgerEntry) if row.position == size - 1)
    world.plant(msgspec.structs.replace(last, position=HUGE - 1))
    [house] = await world.rows(House)
    tree = Frontier.from_bytes(FRONTIER)
    world.plant(msgspec.structs.replace(house, tree_size=HUGE, frontier=tree.to_bytes()))
    trusted = audit.Trusted([world.verifier], world.lane_key)
    report = await audit.verify(world.house, sequencer=world.store, trusted=trusted)
    assert report.entries == size
    assert {one.where for one in report.findings if one.kind == "deleted-entry"} == {f"position {size - 1}"}
