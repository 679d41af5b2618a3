"""SQL edits what stands beside a ledger entry, and leaves the entry's own bytes: that is named, and misleads nobody.

An entry's columns are there to find it by. What it says, and what its leaf is, is in its bytes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

CHANGED = "changed-columns"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house at rest, all of it signed and anchored: somebody was looked up."""
    desk = Desk(tmp_path)
    desk.found()
    order(desk, EMAIL)
    desk.call("person find email -", typed=f"{EMAIL}\n")
    assert desk.call("ledger verify --records").code == 0
    return desk


def order(desk: Desk, email: str) -> None:
    desk.clock.now += 1_000
    [reply] = desk.send(("Order Completed", {"email": email, "order_id": "A-1"}))
    assert reply.outcome == "stored"


def by_sql(desk: Desk, statement: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(desk.house / "record.db", isolation_level=None)) as administrator:
        return administrator.execute(statement, values).fetchall()


EDITS = {
    "leaf": "UPDATE ledger_entry SET leaf = zeroblob(32) WHERE kind = 'disclosure'",
    "at": "UPDATE ledger_entry SET at = 1 WHERE kind = 'disclosure'",
    "kind": "UPDATE ledger_entry SET kind = 'doctor' WHERE kind = 'disclosure'",
    "lane": "UPDATE ledger_entry SET lane = 'elsewhere' WHERE kind = 'disclosure'",
    "counter": "UPDATE ledger_entry SET counter = counter + 50 WHERE kind = 'disclosure'",
    "id": "UPDATE ledger_entry SET id = zeroblob(16) WHERE kind = 'disclosure'",
}


@pytest.mark.parametrize("column", EDITS)
def test_an_edited_column_is_named_with_its_entry(desk: Desk, column: str) -> None:
    [(own, place)] = by_sql(desk, "SELECT id, position FROM ledger_entry WHERE kind = 'disclosure'")
    by_sql(desk, EDITS[column])
    seen = desk.call("ledger verify", json=True)
    assert seen.code == 7
    [found] = [one for one in seen.value["findings"] if one["kind"] == CHANGED]
    assert found["where"] == f"entry {bytes(16).hex() if column == 'id' else own.hex()}, position {place}"
    assert found["sentence"] == f"Its own bytes say otherwise than: {column}."
    assert "FAIL" in next(line for line in desk.call("doctor").out.splitlines() if "ledger" in line)


def test_a_column_of_an_entry_that_has_no_position_yet_is_named_too(desk: Desk) -> None:
    by_sql(desk, "UPDATE ledger_entry SET at = 1, position = NULL WHERE kind = 'disclosure'")
    assert CHANGED in {one["kind"] for one in desk.call("ledger verify", json=True).value["findings"]}


@pytest.mark.parametrize("column", ["at", "kind"])
def test_an_edited_column_hides_no_look_from_who_reads_the_log(desk: Desk, column: str) -> None:
    before = desk.call("ledger log --kind disclosure --since 30d", json=True).value
    by_sql(desk, EDITS[column])
    assert desk.call("ledger log --kind disclosure --since 30d", json=True).value == before
    assert len(before) == 1


def test_an_entry_that_says_nothing_any_more_is_named_by_who_reads_the_log(desk: Desk) -> None:
    [(look,)] = by_sql(desk, "SELECT id FROM ledger_entry WHERE kind = 'disclosure'")
    desk.call("person find email -", typed=f"{EMAIL}\n")  # a lane whose newest entry was edited halts the house
    by_sql(desk, "UPDATE ledger_entry SET body = x'7b' WHERE id = ?", look)
    seen = desk.call("ledger log")
    assert seen.code == 7
    assert f"ledger entry {look.hex()}: expected an entry in its bytes" in seen.err


def test_a_house_with_an_edited_leaf_can_be_brought_back_from_a_backup_and_says_so(desk: Desk) -> None:
    by_sql(desk, EDITS["leaf"])
    assert desk.call("backup create ../copy").code == 0
    assert desk.call("backup restore ../copy --to ../back").code == 0
    seen = desk.call("-C ../back ledger verify --records", json=True)
    assert (seen.code, [one["kind"] for one in seen.value["findings"]]) == (7, [CHANGED])
    assert desk.call("-C ../back person find email -", typed=f"{EMAIL}\n").code == 0


def test_a_backup_whose_date_was_edited_is_not_taken_for_a_fresh_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    assert desk.call("backup create ../copy").code == 0
    assert "There is a fresh backup" in desk.call("doctor --production").out
    by_sql(desk, "UPDATE ledger_entry SET at = at + 1 WHERE kind = 'backup'")
    assert "No backup was ever made." in desk.call("doctor --production").out
