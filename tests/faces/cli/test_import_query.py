"""Rows of another system's PostgreSQL come in as a file's do; nothing is written there, and nothing typed repeated."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from lockhouse.adapters.clock import SystemClock
from tests.faces.cli.house import Desk
from tests.ports.server import aside, databases

if TYPE_CHECKING:
    from pathlib import Path

MAP = """import: 1
event: Order Completed
time: {column: at, zone: UTC}
message_id: number
fields: {email: mail, order_id: number, order_total: total}
"""
TABLE = """
CREATE TABLE orders (number text PRIMARY KEY, mail text, total numeric, at timestamptz, code uuid, picture bytea);
CREATE SEQUENCE counted
"""
FILL = """
INSERT INTO orders SELECT 'A-' || n, 'c' || n || '@customers.example', n + 0.5, '2026-11-01T10:00:00Z',
    '00000000-0000-0000-0000-000000000001', '\\x01' FROM generate_series(%d, %d) AS n
"""
ALL = "SELECT number, mail, total, at, picture FROM orders ORDER BY number"
PASSWORD = "canary-password"


class Shop:
    """The database of another system."""

    def __init__(self, folder: Path) -> None:
        self.address = databases(folder / "their-shop", empty=True).record
        self.run(TABLE)

    def run(self, text: str) -> Any:
        """One statement, by its owner."""

        async def act() -> Any:
            connection = await asyncpg.connect(self.address)
            try:
                return await (connection.fetchval(text) if text.startswith("SELECT") else connection.execute(text))
            finally:
                await connection.close()

        return aside(act())

    def fill(self, first: int, last: int) -> None:
        """Orders of these numbers."""
        self.run(FILL % (first, last))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    (made.house / "map.yaml").write_text(MAP, encoding="utf-8")
    return made


def _words(shop: Shop, query: str = ALL) -> list[str]:
    return ["import", "--from", shop.address, "--query", query, "--channel", "shop", "--map", "map.yaml"]


def _import(desk: Desk, shop: Shop, *words: str, query: str = ALL) -> Any:
    return desk.call([*_words(shop, query), *words], json=True)


def test_rows_of_a_query_come_in_as_the_dry_run_said_and_go_again(desk: Desk, shop: Shop) -> None:
    shop.fill(1, 1_200)
    shop.run("UPDATE orders SET mail = 'canary.anna@customers.example' WHERE number = 'A-777'")
    before, told = _import(desk, shop, "--dry-run").value, _import(desk, shop).value
    for name in ("batch", "stored", "trimmed", "duplicate", "refused", "rejected"):
        assert before[name] == told[name]
    assert (told["stored"], told["trimmed"], before["unread_columns"]) == (1_200, 0, [5])
    assert _import(desk, shop).value["again"] is True
    [found] = desk.call("person find order_id -", typed="A-777\n", json=True).value["persons"]
    assert found["person"] == desk.person()
    assert desk.call(f"import undo {told['batch']} --yes", json=True).value["records"] == 1_200
    assert desk.call("ledger verify --records --state").code == 0


def test_rows_that_are_there_since_come_beside_those_that_came(desk: Desk, shop: Shop) -> None:
    shop.fill(1, 700)
    assert _import(desk, shop).value["stored"] == 700
    shop.fill(701, 800)
    told = _import(desk, shop).value
    assert (told["stored"], told["duplicate"]) == (100, 700)


def test_an_import_that_is_killed_goes_on_and_stores_each_row_once(desk: Desk, shop: Shop) -> None:
    shop.fill(1, 6_000)
    argv = [sys.executable, "-m", "lockhouse", *_words(shop)]
    with subprocess.Popen(argv, cwd=desk.house, stderr=subprocess.DEVNULL) as run:
        while not (line := _line(desk)) and run.poll() is None:
            time.sleep(0.02)
        os.kill(run.pid, signal.SIGKILL)
    assert 0 < line < 6_000
    desk.clock.now = SystemClock().now_ms()  # as it said to the process
    told = _import(desk, shop).value
    assert (told["stored"], told["duplicate"], told["rejected"]) == (6_000, 0, 0)
    [one] = desk.call("import list", json=True).value
    assert (one["state"], one["stored"]) == ("done", 6_000)


def _line(desk: Desk) -> int:
    with closing(sqlite3.connect(desk.house / "record.db")) as store:
        [[line]] = store.execute("SELECT coalesce(max(line), 0) FROM import_batch").fetchall()
        return int(line)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM orders RETURNING *",
        "SELECT * FROM orders; DELETE FROM orders",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT *, nextval('counted') FROM orders",
        "SELECT * INTO copied FROM orders",
        "COMMIT",
        "SELECT * FROM orders FOR UPDATE",
        "SELECT * FROM nowhere",
        "SELECT number, number FROM orders",
        "SELECT * FROM orders WHERE mail = 'canary.anna@customers.example",
        "SELECT * FROM orders WHERE number = $1",
    ],
)
def test_what_is_no_single_select_is_refused_and_does_nothing(desk: Desk, shop: Shop, query: str) -> None:
    shop.fill(1, 3)
    seen = _import(desk, shop, query=query)
    assert seen.error["code"] == "invalid"
    assert seen.error["message"].startswith("--query: expected a")
    assert "canary" not in seen.err
    assert shop.run("SELECT count(*) FROM orders") == 3
    assert shop.run("SELECT last_value FROM counted") == 1
    assert desk.call("import list", json=True).value == []


def test_rows_in_no_order_are_not_stored(desk: Desk, shop: Shop) -> None:
    shop.fill(1, 2_000)
    seen = _import(desk, shop, query="SELECT * FROM orders ORDER BY random()")
    assert (seen.error["code"], "same order twice" in seen.error["message"]) == ("conflict", True)
    assert "ORDER BY" in seen.error["hint"]
    assert [one["stored"] for one in desk.call("import list", json=True).value] == [0]


def test_rows_that_cannot_be_read_are_rejected_by_number(desk: Desk, shop: Shop) -> None:
    shop.fill(1, 600)
    shop.run("UPDATE orders SET at = NULL WHERE number = 'A-1'")
    rejects = _import(desk, shop).value["rejects"]
    assert [(one["line"], one["expected"]) for one in rejects] == [(1, "a time since 1970 in ISO 8601")]
    query = "SELECT number, mail, picture AS total, at FROM orders WHERE number < 'A-11' ORDER BY number"
    rejects = _import(desk, shop, query=query).value["rejects"]
    assert {one["expected"] for one in rejects} == {"values that JSON could say"}
    assert [one["line"] for one in rejects] == list(range(1, len(rejects) + 1)) != []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"postgresql://shop:{PASSWORD}@localhost/shop", "without a password"),
        (f"postgresql:///shop?host=/run&password={PASSWORD}", "without a password"),
        ("postgresql://db.shop.example/shop", "sslmode=verify-full"),
        ("postgresql://db.shop.example/shop?sslmode=require", "sslmode=verify-full"),
        ("postgresql:///shop", "one host"),
        (f"mysql://{PASSWORD}/shop", "postgresql://user@host/name"),
    ],
)
def test_an_address_with_a_secret_or_without_proof_of_who_answers_is_refused(
    desk: Desk, address: str, expected: str
) -> None:
    words = ["import", "--from", address, "--query", "SELECT 1", "--channel", "shop"]
    seen = desk.call(words, json=True)
    assert (seen.error["code"], expected in seen.error["message"]) == ("invalid", True)
    assert PASSWORD not in seen.err
    assert (
        desk.call([*words, "orders.csv"], json=True).error["message"].startswith("import: expected a file, or --from")
    )


def test_a_database_that_is_away_is_said_to_be(desk: Desk, tmp_path: Path) -> None:
    words = ["import", "--from", f"postgresql:///shop?host={tmp_path}", "--query", "SELECT 1", "--channel", "shop"]
    seen = desk.call(words, json=True)
    assert (seen.error["code"], seen.error["message"].startswith("--from: expected a database")) == (
        "unavailable",
        True,
    )


def test_a_query_needs_a_column_by_which_a_row_is_known_again(desk: Desk, shop: Shop) -> None:
    (desk.house / "map.yaml").write_text(MAP.replace("message_id: number\n", ""), encoding="utf-8")
    assert _import(desk, shop).error["message"].startswith("mapping: message_id: expected the column")
    (desk.house / "map.yaml").write_text(f"{MAP}format: csv\n", encoding="utf-8")
    assert _import(desk, shop).error["message"].startswith("mapping: format")


def test_neither_the_query_nor_the_address_is_kept(desk: Desk, shop: Shop) -> None:
    shop.fill(1, 3)
    query = "SELECT * FROM orders WHERE mail <> 'canary-in-a-query' ORDER BY number"
    assert _import(desk, shop, query=query).value["stored"] == 3
    for file in desk.folder.rglob("*"):
        if file.is_file():
            raw = file.read_bytes()
            assert b"canary-in-a-query" not in raw
            assert shop.address.encode() not in raw
