"""The doctor on houses that are ill: every finding is said, and what is said is so."""

from __future__ import annotations

import os
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
