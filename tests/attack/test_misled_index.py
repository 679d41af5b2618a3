"""A rogue administrator lets the index of ids lead to copies: what is held against the ledger is read past it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = "person, channel, event, occurred_at, received_at, assurance, proof, policy, salt, clear, boxes"
COPY = bytes.fromhex("0198aaaaaaaa7aaa8aaaaaaaaaaaaaaa")
INDEX = "sqlite_autoindex_record_1"


def _edit(file: Path) -> None:
    """SQL alone: edit the oldest row, keep a copy of it under another id, and let the index of ids lead to the copy."""
    with closing(sqlite3.connect(file, isolation_level=None)) as sql:
        [(edited,)] = sql.execute("SELECT id FROM record ORDER BY seq LIMIT 1").fetchall()
        sql.execute(
            f"INSERT INTO record (id, {COLUMNS}) SELECT ?, {COLUMNS} FROM record WHERE id = ?",  # noqa: S608  # our own
            (COPY, edited),
        )
        sql.execute("UPDATE record SET occurred_at = occurred_at - 86400000 WHERE id = ?", (edited,))
        x, y = edited.hex(), COPY.hex()
        sql.execute(f"CREATE INDEX fake ON record (CASE id WHEN x'{y}' THEN x'{x}' ELSE id END) WHERE id <> x'{x}'")
        roots = dict(sql.execute("SELECT name, rootpage FROM sqlite_schema WHERE tbl_name = 'record'"))
        sql.execute("PRAGMA writable_schema = ON")
        for name, other in ((INDEX, "fake"), ("fake", INDEX)):
            sql.execute("UPDATE sqlite_schema SET rootpage = ? WHERE name = ?", (roots[other], name))
    with closing(sqlite3.connect(file, isolation_level=None)) as sql:
        sql.execute("DROP INDEX fake")


def test_an_edit_is_found_wherever_the_index_leads(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": "anna@example.com", "order_id": "A-1"}))
    desk.send(("Order Completed", {"email": "anna@example.com", "order_id": "A-2"}))
    assert desk.call("ledger verify --records").code == 0
    _edit(desk.house / "record.db")
    desk.send(("Order Completed", {"email": "anna@example.com", "order_id": "A-3"}))  # the house goes on as ever
    seen = desk.call("ledger verify --records")
    assert seen.code == 7
    assert "edited-record" in seen.out
    assert f"unknown-record: record {COPY.hex()}" in seen.out
