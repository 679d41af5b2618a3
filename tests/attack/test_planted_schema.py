"""A database administrator plants a trigger or a view into a store, or bends an index: the writer does not open it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.migrations.schema import require_schemas
from lockhouse.errors import Tampered
from tests.attack.real_house import beside, found, writer
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path

PLANTED = {
    "a tombstone that is undone": (
        "identity", "trigger",
        "CREATE TRIGGER kind AFTER INSERT ON tombstone BEGIN DELETE FROM tombstone; END",
    ),
    "a ring that is kept": (
        "identity", "trigger",
        "CREATE TRIGGER keep BEFORE DELETE ON limbo BEGIN UPDATE limbo SET destroy_at = 0; END",
    ),
    "a denial that is none": (
        "identity", "trigger", "CREATE TRIGGER yes AFTER INSERT ON consent BEGIN UPDATE consent SET state = 1; END",
    ),
    "a view": ("record", "view", "CREATE VIEW mine AS SELECT * FROM record"),
    "a table": ("record", "table", "CREATE TABLE stash AS SELECT * FROM record"),
    "an index": ("record", "index", "CREATE INDEX mine ON record (person) WHERE person = x'00'"),
    "an index less": ("record", "index", "DROP INDEX intent_state"),
}  # fmt: skip


def _plant(house: Path, store: str, sql: str) -> None:
    with closing(sqlite3.connect(house / f"{store}.db")) as connection, connection:
        connection.execute(sql)


@pytest.mark.parametrize(("store", "kind", "sql"), PLANTED.values(), ids=PLANTED.keys())
def test_a_store_in_which_something_was_planted_is_not_opened_and_its_text_is_not_told(
    tmp_path: Path, store: str, kind: str, sql: str
) -> None:
    desk = Desk(tmp_path)
    desk.found()
    assert desk.call("ledger verify").code == 0
    _plant(desk.house, store, sql)
    for command in ("ledger verify", "channel list"):
        refused = desk.call(command, json=True)
        assert refused.code == 7
        assert (
            refused.error["message"] == f"{store}.db: expected the schema that this release makes, got another {kind}"
        )
        assert sql not in refused.err


@pytest.mark.parametrize("store", ["record", "identity"])
def test_half_a_store_is_no_fault_of_the_product_and_is_named(tmp_path: Path, store: str) -> None:
    desk = Desk(tmp_path)
    desk.found()
    assert desk.call("ledger verify").code == 0
    file = desk.house / f"{store}.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(file, file.stat().st_size // 2)
    seen = desk.call("ledger verify --records", json=True)
    assert (seen.code, seen.error["message"]) == (9, f"{store}.db: expected a readable database, got DatabaseError")
    assert seen.error["hint"].startswith("keep the file as it is")


@pytest.mark.parametrize("table", ["ledger_entry", "lane", "house", "record"])
def test_a_damaged_page_is_no_fault_of_the_product_either(tmp_path: Path, table: str) -> None:
    desk = Desk(tmp_path)
    desk.found()
    file = desk.house / "record.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchall()
        [(size,)] = connection.execute("PRAGMA page_size").fetchall()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(bytes(size))
    seen = desk.call("ledger verify --records", json=True)
    assert seen.code == 9
    assert seen.error["message"] == "record store: expected a readable database, got CorruptError"


async def test_what_is_planted_beside_a_running_writer_is_found_by_a_verification(tmp_path: Path) -> None:
    house = await found(tmp_path)
    with writer(house):
        async with beside(house):
            require_schemas(house)
            _plant(house, "record", PLANTED["a view"][2])
            with pytest.raises(Tampered, match="another view"):
                require_schemas(house)


def test_what_analyze_counts_is_nothing_planted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    _plant(desk.house, "record", "ANALYZE")
    assert desk.call("ledger verify").code == 0
