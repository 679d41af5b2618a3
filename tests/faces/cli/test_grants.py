"""What an admin vouches for at the command line: recorded with its end, listed, ended, noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, NotFound, Refused
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
    [fact] = desk.call("grant recorded", json=True).value
    assert (fact["actor"], fact["fact"], fact["value"]) == (WHO, "network", "10.0.0.0/8")
    assert "in force" in desk.call("grant recorded").out
    assert desk.call(f"grant withdraw {WHO} network 10.0.0.0/8").code == 0
    assert "ended" in desk.call("grant recorded").out
    assert desk.call(f"grant withdraw {WHO} network 10.0.0.0/8").code == OUTCOMES[NotFound].exit_code
    told = [entry["body"]["change"] for entry in desk.call("ledger log --kind attestation", json=True).value]
    assert told == ["ended", "made"]


def test_a_name_instead_of_an_id_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    seen = desk.call("grant record anna grant case-1 --until 2027-06-30")
    assert (seen.code, "os-user:UID" in seen.err) == (OUTCOMES[Invalid].exit_code, True)
    assert desk.call("training show", json=True).value == desk.call("grant recorded", json=True).value == []


ASKED = "grant request --for fulfilment --class contact --reason 'call back' --ticket T-17"


def test_whoever_has_only_the_machine_asks_for_no_grant_and_breaks_no_glass(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    for words in (ASKED, ASKED.replace("request", "break-glass")):
        seen = desk.call(words)
        assert (seen.code, "signed-in member of staff" in seen.err) == (OUTCOMES[Refused].exit_code, True)
    assert desk.call("grant list", json=True).value == []
    assert desk.call("grant list").out == "nobody asked for any\n"
    assert desk.call(f"grant show {'0' * 32}").code == OUTCOMES[NotFound].exit_code


def test_nobody_vouches_for_a_grant_of_a_member_of_staff(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    seen = desk.call(f"grant record staff:{'a' * 32} grant case-1 --until 2027-06-30")
    assert (seen.code, "lockhouse grant request" in seen.err) == (OUTCOMES[Invalid].exit_code, True)


def test_what_somebody_is_a_customer_by_is_typed_and_never_said_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    made = desk.call("staff invite -", typed="root@shop.example\nRoot\n", json=True).value
    seen = desk.call(f"staff identifier add {made['staff']} email anna@example.com")
    assert seen.code != 0
    added = desk.call(f"staff identifier add {made['staff']} email -", typed="anna@example.com\n")
    assert (added.code, "anna" in added.out + added.err) == (0, False)
    [one] = desk.call(f"staff identifier list {made['staff']}", json=True).value
    assert (one["field"], one["state"]) == ("email", "live")
    assert desk.call(f"staff identifier end {made['staff']} {one['identifier']}").code == 0
    assert desk.call("ledger verify --state").code == 0
