"""The doctor on houses that are ill: every finding is said, and what is said is so."""

from __future__ import annotations

import os
from contextlib import closing
from sqlite3 import connect
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Unavailable
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    return desk


def _said(desk: Desk, check: str) -> tuple[str, str, str]:
    [one] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == check]
    return one["state"], one["sentence"], one["mend"]


@pytest.mark.parametrize("store", ["identity", "record"])
def test_a_store_of_other_bytes_is_a_finding_and_no_incident(desk: Desk, store: str) -> None:
    file = desk.house / f"{store}.db"
    file.write_bytes(os.urandom(file.stat().st_size))
    state, sentence, mend = _said(desk, "schema")
    assert (state, sentence) == ("FAIL", f"No readable database: {store}.")
    assert "backup restore" in mend
    state, sentence, mend = _said(desk, "ledger")
    assert (state, "expected a readable database" in sentence) == ("ERROR", True)
    assert mend != "lockhouse doctor"
    for line in ("channel list", "migrate", "migrate --check"):
        seen = desk.call(line)
        assert (seen.code, "expected a readable database" in seen.err) == (OUTCOMES[Unavailable].exit_code, True)


def test_an_entry_that_is_gone_from_the_ledger_is_a_finding(desk: Desk) -> None:
    desk.call("channel list")
    state, sentence, _ = _said(desk, "ledger")
    assert (state, "entries are as they were signed. No record was read" in sentence) == ("PASS", True)
    with closing(connect(desk.house / "record.db")) as store:
        store.execute("DELETE FROM ledger_entry WHERE position = 0")
        store.commit()
    state, sentence, mend = _said(desk, "ledger")
    assert (state, mend) == ("FAIL", "lockhouse ledger verify --records"), sentence


def test_a_ledger_too_long_to_be_read_at_a_visit_is_said_to_be_unread(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockhouse.faces.cli.commands.doctor.MAX_READ", 1)
    state, sentence, mend = _said(desk, "ledger")
    assert (state, "entries were not read" in sentence, mend) == ("MANUAL", True, "lockhouse ledger verify --records")
