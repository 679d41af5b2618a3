"""A long import spends its time on rows: Python looks for rings among them seldom, and as before behind it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from lockhouse.faces.cli.many import THRESHOLD, many_rows
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAP = """import: 1
event: Order Completed
time: {column: at, zone: UTC}
fields: {email: mail, order_id: number}
"""


class Looks:
    """How often Python looked for rings by itself; whoever asks for all of them was told to."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        self.count += phase == "start" and info["generation"] < 2


@pytest.fixture
def looks() -> Iterator[Looks]:
    counted = Looks()
    gc.callbacks.append(counted)
    yield counted
    gc.callbacks.remove(counted)


def _looked(desk: Desk, looks: Looks, name: str, rows: int) -> int:
    text = "".join(f"one{at}@customers.example,{name}-{at},2026-11-01\n" for at in range(rows))
    (desk.house / name).write_text("mail,number,at\n" + text, encoding="utf-8")
    before = looks.count
    said = desk.call(f"import {name} --channel shop --map map.yaml", json=True).value
    assert said["stored"] == rows
    return looks.count - before


def test_more_rows_are_no_more_looks(tmp_path: Path, looks: Looks) -> None:
    desk, usual = Desk(tmp_path), gc.get_threshold()
    desk.found()
    (desk.house / "map.yaml").write_text(MAP, encoding="utf-8")
    few = _looked(desk, looks, "few.csv", 1)
    many = _looked(desk, looks, "many.csv", 400)
    assert many - few < 10
    assert gc.get_threshold() == usual


def _stop_in_the_midst() -> None:
    with many_rows():
        assert gc.get_threshold() == THRESHOLD
        assert gc.get_freeze_count() > 0
        raise ValueError("stop")


def test_what_was_is_back_behind_an_import_that_failed() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ValueError, match="stop"):
        _stop_in_the_midst()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (usual, 0)
