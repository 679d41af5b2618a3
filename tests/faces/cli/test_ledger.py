"""The ledger at the terminal: who did what, and where an entry is found again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

WHO = f"os-user:{os.getuid()}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    return desk


@pytest.mark.parametrize("word", ["nonsense", "os-user:anna", "staff:1", "service:", "os-user:1000 "])
def test_an_actor_that_nobody_can_be_is_no_empty_answer(desk: Desk, word: str) -> None:
    seen = desk.call(["ledger", "log", "--actor", word])
    assert (seen.code, seen.out) == (2, "")
    assert "--actor: expected os-user:UID, staff:ID or service:NAME" in seen.err


def test_an_actor_of_whom_nothing_is_noted_has_no_entry_and_who_acted_has_theirs(desk: Desk) -> None:
    desk.person()
    for nobody in ("os-user:4000000000", f"staff:{'0' * 32}", "service:nothing"):
        seen = desk.call(f"ledger log --actor {nobody}")
        assert (seen.code, seen.out) == (0, "no such entry\n")
    for somebody in {entry["body"].get("by") for entry in desk.call("ledger log", json=True).value} - {None}:
        assert desk.call(f"ledger log --actor {somebody}", json=True).value
    assert [entry["kind"] for entry in desk.call(f"ledger log --actor {WHO} --limit 1", json=True).value] == [
        "disclosure"
    ]
