"""Putting a person right at the command line, and taking it back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid, NotFound, Refused
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import EMAIL, PHONE, Desk

if TYPE_CHECKING:
    from pathlib import Path

NEW = "+4930901999"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A shop that knows one customer."""
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "phone": PHONE, "order_id": "A-1"}))
    desk.clock.now += 1_000
    return desk


def test_a_field_is_put_right_shown_as_such_and_undone(desk: Desk) -> None:
    person = desk.person()
    done = desk.call(f"person change {person} phone -", typed="+49 (30) 901999\n")
    assert done.out.startswith("Changed: that is the phone that is held from now on.\nUntil 2026-12-23 ")
    assert f"it can be undone: lockhouse person change {person} phone --undo" in done.out
    same = desk.call(f"person change {person} phone -", typed=f"{NEW}\n")
    assert same.out.startswith("That is the phone that is held already: nothing was changed.\nIt may be changed 1 more")
    shown = desk.call(f"person show {person} --as support")
    assert "phone     masked  •••1999            staff  corrected  2026-11-23" in shown.out
    assert "phone was put right on 2026-11-23. Until 2026-12-23 " in shown.out
    [found] = desk.call("person find phone -", typed=f"{PHONE}\n", json=True).value["persons"]
    assert (found["person"], found["former"]) == (person, True)
    undone = desk.call(f"person change {person} phone --undo")
    assert undone.out.startswith("Undone: what was held of phone before the change of 2026-11-23 is held again.\nNoted")
    assert [one.code for one in (done, same, shown, undone)] == [0, 0, 0, 0]
    assert NEW[-6:] not in "".join(one.out + one.err for one in (done, same, shown, undone))
    again = desk.call(f"person change {person} phone --undo")
    assert again.code == OUTCOMES[NotFound].exit_code
    changes = [one["body"]["change"] for one in desk.call("ledger log --kind correction", json=True).value]
    assert changes == ["undone", "made"]


def test_who_is_found_by_what_was_put_right_is_said_to_be(desk: Desk) -> None:
    person = desk.person()
    desk.call(f"person change {person} phone -", typed=f"{NEW}\n")
    by_old = desk.call("person find phone -", typed=f"{PHONE}\n")
    by_new = desk.call("person find phone -", typed=f"{NEW}\n")
    line = "Found by what was held before: it has been put right since."
    assert (line in by_old.out, line in by_new.out, person in by_new.out) == (True, False, True)


def test_a_value_on_the_command_line_an_unknown_field_and_a_role_that_may_not_are_refused(desk: Desk) -> None:
    person = desk.person()
    for line, outcome in (
        (f"person change {person} phone {NEW}", Invalid),
        (f"person change {person} shoe_size -", Invalid),
        (f"person change {person} order_id - --as support", Refused),
        (f"person change {person} phone - --as analyst", Refused),
        (f"person change {person} phone --undo --as analyst", Refused),
    ):
        seen = desk.call(line, typed=f"{NEW}\n")
        assert seen.code == OUTCOMES[outcome].exit_code, line
        assert NEW not in seen.err
    assert desk.call("ledger log --kind correction", json=True).value == []


def test_after_thirty_days_it_is_said_why_nothing_is_undone(desk: Desk) -> None:
    person = desk.person()
    for course in ("privacy-basics", "phishing"):
        desk.call(f"training record os-user:{os.getuid()} {course} --until 2027-06-30")
    desk.call(f"person change {person} phone -", typed=f"{NEW}\n")
    desk.clock.now += 30 * 86_400_000
    late = desk.call(f"person change {person} phone --undo")
    assert late.code == OUTCOMES[Refused].exit_code
    assert "Not undone: this was changed more than thirty days ago." in late.err
    assert "--undo" not in desk.call(f"person show {person} --as support").out
