"""What an admin vouches for at the command line: recorded with its end, listed, ended, noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, NotFound
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import Desk

if TYPE_CHECKING:
    from pathlib import Path

WHO = "os-user:1000"


def test_a_fact_is_recorded_listed_and_ended(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    made = desk.call(f"grant record {WHO} network 10.0.0.0/8 --until 2027-06-30T18:00")
    assert made.out == f"Recorded: {WHO}, network 10.0.0.0/8, until 2027-06-30 18:00Z.\n"
    [fact] = desk.call("grant list", json=True).value
    assert (fact["actor"], fact["fact"], fact["value"]) == (WHO, "network", "10.0.0.0/8")
    assert "in force" in desk.call("grant list").out
    assert desk.call(f"grant end {WHO} network 10.0.0.0/8").code == 0
    assert "ended" in desk.call("grant list").out
    assert desk.call(f"grant end {WHO} network 10.0.0.0/8").code == OUTCOMES[NotFound].exit_code
    told = [entry["body"]["change"] for entry in desk.call("ledger log --kind attestation", json=True).value]
    assert told == ["ended", "made"]


def test_a_name_instead_of_an_id_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    seen = desk.call("grant record anna grant case-1 --until 2027-06-30")
    assert (seen.code, "os-user:UID" in seen.err) == (OUTCOMES[Invalid].exit_code, True)
    assert desk.call("training show", json=True).value == desk.call("grant list", json=True).value == []
