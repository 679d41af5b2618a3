"""A legal hold at the command line: placed, read for the claim, reviewed, released."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid, NotFound, Tampered
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows.base import MAX_AT_MS
from tests.faces.cli.house import EMAIL, Desk

if TYPE_CHECKING:
    from pathlib import Path

PLACE = "hold place {} --reason lawsuit --basis 7-O-12-26 --review 2027-06-30"


def test_a_hold_is_placed_outlives_an_erasure_is_reviewed_and_ends_by_its_release(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    held = desk.call(PLACE.format(person), json=True).value
    asked = desk.call(f"request open {person}", json=True).value
    case, holds = asked["request"], asked["holds"]
    assert holds == [held["id"]]
    assert desk.call(f"request fulfil {case} --now --yes").code == 0
    assert "data was erased" in desk.call(f"person show {person}").err
    seen = desk.call(f"hold read {held['id']} {person}").out
    assert "held, for legal-claim, noted as" in seen
    assert EMAIL in seen
    assert desk.call(f"request certificate {case} --to certificate.json").code == 0
    assert f"boxes under legal hold {held['id']}" in (desk.house / "certificate.json").read_text("utf-8")
    desk.clock.now += 400 * DAY_MS
    assert desk.call("accept clock --yes").code == 0
    assert "past its review" in desk.call("hold list").out
    assert "1 legal hold past review: lockhouse hold list" in desk.call("retention plan").out
    assert held["id"] in desk.call("doctor").out
    assert desk.call(f"hold review {held['id']} --until 2029-01-01").code == 0
    assert "stands since" in desk.call(f"hold show {held['id']}").out
    asked = desk.call(f"hold release {held['id']}", typed="1\n", talks=True)
    assert asked.code == OUTCOMES[Invalid].exit_code, "it asks for the number of keys"
    assert desk.call(f"hold release {held['id']} --yes").code == 0
    assert desk.call(f"hold read {held['id']} {person}").code == OUTCOMES[NotFound].exit_code
    assert [one["state"] for one in desk.call("hold list", json=True).value] == ["released"]
    assert desk.call("ledger verify --records --state").code == 0
    told = [entry["body"] for entry in desk.call("ledger log --kind hold", json=True).value]
    assert [(one["change"], one["hold"]) for one in told] == [
        ("ended", held["id"]), ("reviewed", held["id"]), ("made", held["id"]),
    ]  # fmt: skip
    assert "change=reviewed" in (shown := desk.call("ledger log --kind hold").out)
    assert shown.count(f"hold={held['id']}") == 3
    assert "review=2029-01-01 00:00Z" in shown


def test_a_list_is_read_in_words_and_whole(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    bought = [{"sku": f"TEA-{number}", "quantity": number} for number in range(1, 9)]
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1", "products": bought}))
    person = desk.person()
    held = desk.call(PLACE.format(person), json=True).value["id"]
    [line] = [one for one in desk.call(f"hold read {held} {person}").out.splitlines() if one.startswith("  items ")]
    assert "TEA-1" in line
    assert "TEA-8" in line
    assert not set("[]{}'") & set(line), line


def test_a_compartment_that_is_none_lists_those_there_are_as_a_shell_takes_them(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    line = PLACE.format(desk.person())
    error = desk.call(f"{line} --compartment contact", json=True).error
    quoted = "'contact|contract~24m.last_activity=fulfilment'"
    assert error["message"].startswith("--compartment: expected one of 'behaviour|")
    assert quoted in error["message"]
    assert desk.call(f"{line} --compartment {quoted}").code == 0


def test_a_sentence_a_name_or_a_day_that_has_passed_is_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    for wrong in (
        PLACE.format(person).replace("lawsuit", "'she sues us'"), PLACE.format("anna"),
        PLACE.format(person).replace("2027", "2007"), PLACE.format(person) + " --compartment contact",
        PLACE.format(""),
    ):  # fmt: skip
        assert desk.call(wrong).code == OUTCOMES[Invalid].exit_code, wrong
    assert desk.call("hold list", json=True).value == []


def test_who_places_a_hold_is_told_what_is_only_shut_and_not_in_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    whole = desk.call(PLACE.format(person), json=True).value
    assert whole["shut"] == 0
    part = "contact|contract~24m.last_activity=fulfilment"
    opened = desk.call(["request", "open", person, "--compartment", part])
    assert opened.code == 0, opened.err
    assert desk.call(PLACE.format(person), json=True).value["shut"] == 1
    assert "Not held: 1 key that an ending has only shut." in desk.call(PLACE.format(person)).out


def test_an_edited_hold_stops_neither_the_release_of_another_nor_the_plan(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    one, other = (desk.call(PLACE.format(person), json=True).value["id"] for _ in range(2))
    with closing(sqlite3.connect(desk.house / "identity.db")) as store, store:
        store.execute("UPDATE hold SET keys = keys + 1 WHERE id = ?", (bytes.fromhex(other),))
    assert desk.call("hold list").code == OUTCOMES[Tampered].exit_code
    assert desk.call("retention plan").code == 0
    assert desk.call(f"hold show {one}").code == 0
    assert desk.call(f"hold show {other}").code == OUTCOMES[Tampered].exit_code
    assert desk.call(f"hold release {one} --yes").code == 0
    assert "edited-row" in desk.call("ledger verify --state").out


@pytest.mark.parametrize("review", ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59.999999"])
def test_a_time_that_no_calendar_has_in_utc_is_refused_before_anything_is_kept(tmp_path: Path, review: str) -> None:
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    seen = desk.call(f"hold place {desk.person()} --reason lawsuit --basis 7-O-12-26 --review {review}")
    assert (seen.code, "years 1 to 9999 UTC" in seen.err) == (OUTCOMES[Invalid].exit_code, True)
    assert desk.call(f"grant record os-user:1000 grant case-1 --until {review}").code == OUTCOMES[Invalid].exit_code
    assert desk.call("hold list", json=True).value == desk.call("grant recorded", json=True).value == []
    assert desk.call("ledger log --since 0001-01-01T00:00:00+12:00").code == OUTCOMES[Invalid].exit_code


def test_a_stored_time_beyond_the_calendar_hides_neither_its_hold_nor_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a house has it that took such a time before it was refused."""
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "order_id": "A-1"}))
    person = desk.person()
    monkeypatch.setattr("lockhouse.faces.cli.commands.hold.ms_of", lambda _: MAX_AT_MS + 1)
    held = desk.call(PLACE.format(person), json=True).value
    monkeypatch.undo()
    said = f"beyond the calendar ({MAX_AT_MS + 1} ms)"
    for line in ("hold list", f"hold show {held['id']}", "ledger log"):
        seen = desk.call(line)
        assert (seen.code, said in seen.out) == (0, True), seen.err
    assert desk.call("ledger log --kind hold", json=True).value[0]["body"]["review"] == MAX_AT_MS + 1
    assert [one["id"] for one in desk.call("hold list", json=True).value] == [held["id"]]
    assert desk.call(f"hold release {held['id']} --yes").code == 0
