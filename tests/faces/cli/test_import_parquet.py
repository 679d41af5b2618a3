"""Parquet files come in as CSV does: what was written is what is stored, what cannot be read is rejected by number."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

MAP = """import: 1
event: Order Completed
time: {column: at, zone: UTC}
fields: {email: who.mail, order_id: number, order_total: total}
"""
WHEN = datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.found()
    (made.house / "map.yaml").write_text(MAP, encoding="utf-8")
    return made


def _row(**more: Any) -> dict[str, Any]:
    whole = {"who": {"mail": EMAIL, "shoes": 41}, "number": 1, "total": Decimal("12.50"), "at": WHEN, "blob": b"\1"}
    return whole | more


def _write(desk: Desk, rows: list[dict[str, Any]]) -> Path:
    place = desk.house / "orders.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), place)
    return place


def _import(desk: Desk, *words: str) -> Any:
    return desk.call(f"import orders.parquet --channel shop --map map.yaml {' '.join(words)}", json=True)


def test_rows_of_parquet_come_in_and_go_again(desk: Desk) -> None:
    _write(desk, [_row(number=number) for number in range(1_200)])
    before = _import(desk, "--dry-run").value
    told = _import(desk).value
    assert (before["stored"], told["stored"], told["trimmed"], told["rejected"]) == (1_200, 1_200, 0, 0)
    assert before["unread_columns"] == [5]
    [found] = desk.call("person find order_id -", typed="777\n", json=True).value["persons"]
    assert found["person"] == desk.person()
    assert desk.call(f"import undo {told['batch']} --yes", json=True).value["records"] == 1_200
    assert desk.call("ledger verify --records").code == 0


def test_what_cannot_be_read_is_rejected_by_its_number(desk: Desk) -> None:
    (desk.house / "map.yaml").write_text(MAP.replace("order_total: total", "order_total: total, name: blob"), "utf-8")
    rows = [_row(blob=None), _row(), _row(blob=None, number=None), _row(blob=None, at=None)]
    rows.append(_row(blob=None, who={"mail": "x" * 40_000, "shoes": 1}))
    _write(desk, rows)
    told = _import(desk).value
    assert [one["line"] for one in told["rejects"]] == [2, 4, 5]
    assert told["stored"] == 2


@pytest.mark.parametrize("cut", [8, 100, -9])
def test_a_damaged_file_is_said_to_be(desk: Desk, cut: int) -> None:
    place = _write(desk, [_row()])
    place.write_bytes(place.read_bytes()[:cut])
    assert _import(desk).error["message"] == "file: expected a whole Parquet file, got something else"
    place.write_bytes(b"PAR1" + b"\xff" * 500 + b"PAR1")
    assert _import(desk).error["code"] == "invalid"


def test_a_column_that_is_not_there_is_named(desk: Desk) -> None:
    _write(desk, [{"number": 1}])
    problems = _import(desk).error["problems"]
    assert [text.partition(": ")[2] for text in problems] == [
        f"expected a column of the file, got '{name}'" for name in ("at", "who.mail", "total")
    ]


def test_without_the_extra_it_says_what_to_install(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(desk, [_row()])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = _import(desk).error
    assert (error["code"], error["hint"]) == ("unavailable", 'pip install "lockhouse[parquet]"')
