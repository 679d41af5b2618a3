"""Entries that SQL appends to the ledger's unsigned tail are never signed, and are named, whatever they speak of.

All an entry takes is SHA-256, and the rows beside it are anybody's to write. What the house notes itself is known by
the MAC on its lane's head, which takes the log's key.
"""

from __future__ import annotations

import json
import os
import sqlite3
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.crypto.canonical import canonical_json
from lockhouse.crypto.merkle import Frontier, leaf_hash, root
from lockhouse.errors import Tampered
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.rows import Record
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ", ".join(Record.__struct_fields__)
PLACES = ", ".join("?" * len(Record.__struct_fields__))
FOUND = OUTCOMES[Tampered].exit_code
ANNA, BERT = "anna@example.com", "bert@example.com"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A house at rest, all of it signed and anchored."""
    desk = Desk(tmp_path)
    desk.found()
    for email in (ANNA, BERT):
        order(desk, email)
    assert desk.call("ledger verify --records").code == 0
    return desk


def order(desk: Desk, email: str) -> None:
    desk.clock.now += 1_000  # another message
    [reply] = desk.send(("Order Completed", {"email": email, "order_id": "A-1"}))
    assert reply.outcome == "stored"


class Administrator:
    """Whoever may write to the record store and has no key."""

    def __init__(self, desk: Desk, file: str = "shop/record.db") -> None:
        self.sql = sqlite3.connect(desk.folder / file, isolation_level=None)

    def record(self, where: str = "", *values: Any) -> Record:
        return Record(*self.sql.execute(f"SELECT {COLUMNS} FROM record {where} LIMIT 1", values).fetchone())  # noqa: S608

    def invent(self) -> Record:
        fake = msgspec.structs.replace(self.record(), id=os.urandom(16), salt=os.urandom(16))
        self.sql.execute(f"INSERT INTO record ({COLUMNS}) VALUES ({PLACES})", msgspec.structs.astuple(fake))  # noqa: S608
        return fake

    def append(self, kind: str, body: dict[str, Any], *, lane: str | None = None, placed: bool = False) -> bytes:
        """The next entry of a lane, as the house would have made it but for its key."""
        house, log, at, size = self.sql.execute("SELECT id, log, last_at, tree_size FROM house").fetchone()
        n, head = 0, bytes(32)
        if lane is None:
            lane, n, head = self.sql.execute("SELECT name, counter, head FROM lane ORDER BY counter DESC").fetchone()
        one = os.urandom(16)
        raw = canonical_json({
            "v": 1, "house": house.hex(), "log": log, "lane": lane, "n": n + 1, "prev": head.hex(), "id": one.hex(),
            "at": at, "kind": kind, "body": body,
        })  # fmt: skip
        self.sql.execute(
            "INSERT INTO ledger_entry (id, lane, counter, position, at, kind, body, leaf)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (one, lane, n + 1, size if placed else None, at, kind, raw, leaf_hash(raw)),
        )
        self.sql.execute("UPDATE lane SET counter = ?, head = ? WHERE name = ?", (n + 1, leaf_hash(raw), lane))
        return one

    def take_in(self, fake: Record, **how: Any) -> None:
        leaf = record_leaf_of(fake)
        entry = self.append("intake", {"count": 1, "root": root([leaf]).hex()}, **how)
        self.sql.execute("INSERT INTO intake (entry, records, leaves) VALUES (?, ?, ?)", (entry, fake.id, leaf))


@pytest.mark.parametrize("lane", [None, "zzz"], ids=["in a lane that is there", "in a lane of its own"])
def test_a_record_invented_with_its_entry_is_named_and_never_signed(desk: Desk, lane: str | None) -> None:
    by_sql = Administrator(desk)
    by_sql.take_in(by_sql.invent(), lane=lane)
    by_sql.sql.close()
    seen = desk.call("ledger verify --records", json=True)
    kinds = {one["kind"] for one in seen.value["findings"]}
    assert (seen.code, "planted-entry" in kinds or "forged-lane" in kinds) == (FOUND, True)
    assert "unknown-record" in kinds
    with pytest.raises(Tampered, match="only what this house noted"):
        order(desk, "carl@example.com")
    assert desk.call("ledger verify --records").code == FOUND, "what the house does meanwhile signs none of it"


def test_a_record_deleted_with_an_entry_that_names_somebody_elses_ending_is_named(desk: Desk) -> None:
    bert = desk.call("person find email -", typed=f"{BERT}\n", json=True).value["persons"][0]["person"]
    assert desk.call(f"request open {bert}").code == 0
    by_sql = Administrator(desk)
    [(intent,)] = by_sql.sql.execute("SELECT body FROM ledger_entry WHERE kind = 'intent'").fetchall()
    annas = by_sql.record("WHERE person <> ?", bytes.fromhex(bert))
    leaf = record_leaf_of(annas)
    by_sql.sql.execute("DELETE FROM record WHERE id = ?", (annas.id,))
    body = {"cause": "erasure", "by": json.loads(intent)["id"], "count": 1, "root": root([leaf]).hex()}
    entry = by_sql.append("deletion", body)
    by_sql.sql.execute(
        "INSERT INTO deletion (record, leaf, cause, entry) VALUES (?, ?, ?, ?)", (annas.id, leaf, "erasure", entry)
    )
    by_sql.sql.close()
    seen = desk.call("ledger verify --records", json=True)
    assert seen.code == FOUND
    assert "missing-record" in {one["kind"] for one in seen.value["findings"]}


def test_an_entry_that_was_given_a_position_too_halts_the_house(desk: Desk) -> None:
    by_sql = Administrator(desk)
    by_sql.take_in(by_sql.invent(), lane="zzz", placed=True)
    by_sql.sql.close()
    with pytest.raises(Tampered):
        order(desk, "carl@example.com")
    assert desk.call("ledger verify").code == FOUND


def test_the_tail_of_a_writer_that_was_cut_off_is_signed_by_the_next(desk: Desk) -> None:
    """What the house noted itself goes on, signed or not."""
    by_sql = Administrator(desk)
    [(size,)] = by_sql.sql.execute("SELECT tree_size FROM house").fetchall()
    order(desk, "carl@example.com")
    by_sql.sql.close()
    seen = desk.call("ledger verify --records", json=True)
    assert (seen.code, seen.value["clean"]) == (0, True)
    assert seen.value["entries"] > size


def test_a_copy_of_a_signed_entry_is_not_signed_a_second_time(desk: Desk) -> None:
    by_sql = Administrator(desk)
    columns = "lane, counter, at, kind, body, leaf"
    by_sql.sql.execute(
        f"INSERT INTO ledger_entry (id, position, {columns}) SELECT ?, NULL, {columns} FROM ledger_entry"  # noqa: S608
        " ORDER BY position DESC LIMIT 1",
        (copy := os.urandom(16),),
    )
    seen = desk.call("ledger verify", json=True)
    assert (seen.code, [one["kind"] for one in seen.value["findings"]]) == (FOUND, ["forged-lane", "changed-columns"])
    with pytest.raises(Tampered):
        order(desk, "carl@example.com")
    assert by_sql.sql.execute("SELECT position FROM ledger_entry WHERE id = ?", (copy,)).fetchone() == (None,)
    by_sql.sql.close()


WAYS = {
    "a head as it was before": "INSERT OR REPLACE INTO lane VALUES (:name, :counter, :head, :fence, :mac)",
    "a lane taken away": "DELETE FROM lane WHERE name = :name",
    "a number that no lane has": "UPDATE lane SET counter = -1 WHERE name = :name",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_lane_that_does_not_lead_to_what_was_signed_is_named_and_halts_the_house(desk: Desk, way: str) -> None:
    by_sql = Administrator(desk)
    [old] = by_sql.sql.execute("SELECT * FROM lane WHERE name = 'collect-0'").fetchall()
    order(desk, "carl@example.com")
    assert desk.call("ledger verify").code == 0
    by_sql.sql.execute(WAYS[way], dict(zip(("name", "counter", "head", "fence", "mac"), old, strict=True)))
    by_sql.sql.close()
    seen = desk.call("ledger verify", json=True)
    assert (seen.code, [one["kind"] for one in seen.value["findings"]]) == (FOUND, ["forged-lane"])
    with pytest.raises(Tampered):
        order(desk, "dora@example.com")


def test_an_entry_planted_in_a_backup_is_not_signed_by_the_house_that_is_restored_from_it(desk: Desk) -> None:
    """A restored house begins a line of checkpoints of its own: until then nothing of it is anchored."""
    assert desk.call("backup create ../copy").code == 0
    by_sql = Administrator(desk, "copy/record.db")
    [(frontier,)] = by_sql.sql.execute("SELECT frontier FROM house").fetchall()
    by_sql.take_in(by_sql.invent(), lane="zzz", placed=True)
    [(leaf,)] = by_sql.sql.execute("SELECT leaf FROM ledger_entry WHERE lane = 'zzz'").fetchall()
    tree = Frontier.from_bytes(frontier)
    tree.append(leaf)
    by_sql.sql.execute("UPDATE house SET tree_size = ?, frontier = ?", (tree.size, tree.to_bytes()))
    by_sql.sql.close()
    manifest = desk.folder / "copy" / "manifest.json"
    said = json.loads(manifest.read_text("utf-8"))
    said["files"]["record"] = sha256((desk.folder / "copy" / "record.db").read_bytes()).hexdigest()
    manifest.write_text(json.dumps(said), "utf-8")
    assert desk.call("backup restore ../copy --to ../back").code != 0
    (desk.folder / "back" / "restoring").unlink()  # or nothing opens it
    assert desk.call("-C ../back ledger verify --records").code == FOUND


def test_an_honest_backup_is_clean_where_it_is_restored(desk: Desk) -> None:
    order(desk, "carl@example.com")
    assert desk.call("backup create ../copy").code == 0
    assert desk.call("backup restore ../copy --to ../back").code == 0
    assert desk.call("-C ../back ledger verify --records").code == 0
