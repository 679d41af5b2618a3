"""SQL edits what stands beside a ledger entry, or one entry among many: that is named, and nothing false is proven.

An entry's columns are there to find it by. What it says, and what its leaf is, is in its bytes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.merkle import leaf_hash
from lockhouse.ledger.verify import verify_certificate, verify_proof
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


@pytest.fixture
def ended(desk: Desk) -> str:
    """A request that was fulfilled in the same house, and that can be certified."""
    case = desk.call(f"request open {desk.person()}", json=True).value["request"]
    assert desk.call(f"request fulfil {case} --now --yes").code == 0
    return str(case)


def vkeys(desk: Desk) -> list[str]:
    return [desk.call("ledger checkpoint", json=True).value["vkey"]]


def test_what_is_proven_beside_an_edited_leaf_verifies_without_the_house(desk: Desk, ended: str) -> None:
    [(look,)] = by_sql(desk, "SELECT id FROM ledger_entry WHERE kind = 'disclosure' ORDER BY position LIMIT 1")
    by_sql(desk, "UPDATE ledger_entry SET leaf = zeroblob(32)")
    assert desk.call(f"request certificate {ended} --to c.json").code == 0
    assert verify_certificate((desk.house / "c.json").read_bytes(), vkeys=vkeys(desk)).position > 0
    assert desk.call(f"ledger prove {look.hex()} --to p.txt").code == 0
    assert verify_proof((desk.house / "p.txt").read_bytes(), vkeys=vkeys(desk)).entry.id == look.hex()


def test_nothing_is_certified_over_an_entry_that_was_edited_and_it_is_named(desk: Desk, ended: str) -> None:
    [(edited,)] = by_sql(desk, "SELECT id FROM ledger_entry WHERE position = 1")
    by_sql(
        desk,
        "UPDATE ledger_entry SET body = CAST(replace(CAST(body AS TEXT), 'house', 'hause') AS BLOB) WHERE id = ?",
        edited,
    )
    for line in (f"request certificate {ended} --to c.json", f"ledger prove {edited.hex()} --to c.json"):
        seen = desk.call(line)
        assert (seen.code, (desk.house / "c.json").exists()) == (7, False)
        assert f"ledger entry {edited.hex()}: expected " in seen.err


def test_nothing_is_certified_over_an_entry_that_was_taken_away_or_stands_under_another_id(
    desk: Desk, ended: str
) -> None:
    by_sql(desk, "DELETE FROM ledger_entry WHERE position = 1")
    seen = desk.call(f"request certificate {ended} --to c.json")
    assert (seen.code, "ledger position 1: expected an entry, got none" in seen.err) == (7, True)
    [(own,)] = by_sql(desk, "SELECT id FROM ledger_entry WHERE kind = 'completion'")
    by_sql(desk, "UPDATE ledger_entry SET id = zeroblob(16) WHERE id = ?", own)
    seen = desk.call(f"request certificate {ended} --to c.json")
    assert (seen.code, f"ledger entry {own.hex()}: expected the completion of the request" in seen.err) == (7, True)
    by_sql(desk, "UPDATE ledger_entry SET id = ? WHERE kind = 'intake'", own)
    seen = desk.call(f"request certificate {ended} --to c.json")
    assert (seen.code, f"ledger entry {own.hex()}: expected to stand in the tree" in seen.err) == (7, True)


def test_an_entry_edited_with_its_leaf_is_not_proven_either(desk: Desk, ended: str) -> None:
    by_sql(desk, "UPDATE ledger_entry SET body = x'7b', leaf = ? WHERE position = 1", leaf_hash(b"{"))
    seen = desk.call(f"request certificate {ended} --to c.json")
    assert "ledger: expected the tree that was signed, got another" in seen.err
    assert seen.code == 7
