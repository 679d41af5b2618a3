"""What everybody said of consent in one file: pseudonymous unless the role sees more, noted, and read elsewhere."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Refused
from lockhouse.faces.cli.consents_out import Written
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.flows.spoken import Spoken
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

ORDER = {"email": EMAIL, "order_id": "A-1", "order_total": "12.50"}
MASKED = "--as privacy_officer"
IN_FULL = "--reveal --as privacy_officer --reason 'moving: T-17'"
FILE = "email,purpose,state,time,source\nlist@customers.example,marketing,granted,2026-05-01T10:00:00Z,double-opt-in\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = _found(tmp_path)
    made.send(("Order Completed", ORDER))
    assert made.call(f"consent record {made.person()} marketing granted").code == 0
    made.clock.now += 1_000
    assert made.call(f"consent record {made.person()} analytics denied").code == 0
    return made


def _found(folder: Path) -> Desk:
    made = Desk(folder)
    made.found()
    return made


def _export(desk: Desk, words: str, name: str = "out.csv") -> Any:
    return desk.call(f"consent export --to {name} {words}", json=True)


def _rows(desk: Desk, name: str = "out.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((desk.house / name).read_text("utf-8"))))


def test_words_stand_beside_an_id_and_a_masked_address(desk: Desk) -> None:
    person = desk.person()
    told = _export(desk, MASKED).value
    assert told == {
        "persons": 1,
        "by_hash": 0,
        "unseen": 0,
        "words": 2,
        "with_identifier": 0,
        "masked": 2,
        "guarded": 0,
    }
    rows = _rows(desk)
    assert [(one["person"], one["purpose"], one["state"]) for one in rows] == [
        (person, "marketing", "granted"), (person, "analytics", "denied"),
    ]  # fmt: skip
    assert {one["email (masked)"] for one in rows} == {"c•••@c•••.example"}
    raw = (desk.house / "out.csv").read_text("utf-8")
    assert "canary" not in raw
    assert (desk.house / "out.csv").stat().st_mode & 0o777 == 0o600
    assert desk.call("consent import out.csv --dry-run", json=True).value["stored"] == 0


def test_a_file_that_was_to_be_in_full_is_not_written_where_nothing_opens(desk: Desk) -> None:
    refused = _export(desk, "--reveal --as privacy_officer")
    assert (refused.code, refused.error["code"]) == (OUTCOMES[Refused].exit_code, "refused")
    assert not (desk.house / "out.csv").exists()
    assert _export(desk, IN_FULL).code == 0


def test_what_a_reason_opens_comes_in_again_elsewhere(desk: Desk, tmp_path: Path) -> None:
    told = _export(desk, IN_FULL).value
    assert (told["words"], told["with_identifier"]) == (2, 2)
    (tmp_path / "b").mkdir()
    other = _found(tmp_path / "b")
    other.clock.now = desk.clock.now
    (other.house / "in.csv").write_bytes((desk.house / "out.csv").read_bytes())
    other.send(("Order Completed", ORDER))
    said = other.call("consent import in.csv", json=True).value
    assert (said["stored"], said["rejected"]) == (2, 0)
    assert _words(other) == _words(desk)


def _words(desk: Desk) -> list[tuple[str, str, int]]:
    shown = desk.call(f"consent show {desk.person()}", json=True).value
    return [(one["purpose"], one["word"], one["at"]) for one in shown]


def test_who_is_known_by_a_hash_only_is_counted_and_has_no_address(desk: Desk) -> None:
    (desk.house / "list.csv").write_text(FILE, encoding="utf-8")
    assert desk.call("consent import list.csv").code == 0
    told = _export(desk, IN_FULL).value
    assert (told["persons"], told["by_hash"], told["words"], told["with_identifier"]) == (2, 1, 3, 2)
    [row] = [one for one in _rows(desk) if not one["email"]]
    assert (row["source"], row["time"], row["notice"]) == ("double-opt-in", "2026-05-01T10:00:00.000+00:00", "")
    assert "1 person known by a keyed hash only" in desk.call(f"consent export --to more.csv {IN_FULL}").out
    assert desk.call("consent import out.csv --dry-run", json=True).value["rejected"] == 1


def test_every_person_of_the_file_is_noted_before(desk: Desk) -> None:
    def looks() -> int:
        return sum(one["kind"] == "disclosure" for one in desk.call("ledger log", json=True).value)

    before = looks()
    _export(desk, IN_FULL)
    assert looks() == before + 1
    assert desk.call("ledger verify --records --state").code == 0


def test_a_role_that_may_not_leaves_no_file_and_a_file_that_stands_is_left_alone(desk: Desk) -> None:
    assert _export(desk, "--as support --for fulfilment").error["code"] == "refused"
    assert _export(desk, "--as nobody").error["code"] == "invalid"
    assert not (desk.house / "out.csv").exists()
    (desk.house / "out.csv").write_text("mine", encoding="utf-8")
    assert _export(desk, IN_FULL).error["code"] == "invalid"
    assert (desk.house / "out.csv").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1@customers.example", "'=1+1@customers.example"),
        ("+1+cmd@customers.example", "'+1+cmd@customers.example"),
        (" @sum(1)", "' @sum(1)"),
        ("-2@customers.example", "'-2@customers.example"),
        ("+4930901820", "+4930901820"),
        ('a"b,c@customers.example', 'a"b,c@customers.example'),
        ("anna@customers.example", "anna@customers.example"),
    ],
)
def test_nothing_that_a_spreadsheet_runs_stands_in_a_cell(value: str, cell: str) -> None:
    word = Spoken(
        person=b"\1" * 16, identifiers={"email": value}, masked={}, purpose="marketing", granted=True, at=0,
        channel="staff", source="not one word", notice=None,
    )  # fmt: skip
    written = Written(["email", "phone"])
    [row] = csv.DictReader(io.StringIO((written.head() + written.line(word)).decode()))
    assert (row["email"], row["source"], row["time"]) == (cell, "", "1970-01-01T00:00:00.000+00:00")
    assert written.guarded == (cell != value)
