"""Checking what a caller says at the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Invalid, Refused
from lockhouse.faces.outcomes import OUTCOMES
from tests.faces.cli.house import EMAIL, PHONE, Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A shop that knows one customer."""
    desk = Desk(tmp_path)
    desk.found()
    desk.send(("Order Completed", {"email": EMAIL, "phone": PHONE, "order_id": "A-1"}))
    return desk


def test_a_caller_is_told_by_yes_or_no_and_nothing_of_them_is_shown(desk: Desk) -> None:
    person = desk.person()
    yes = desk.call(f"person check {person} phone -", typed=f"{PHONE[:3]} {PHONE[3:]}\n")
    no = desk.call(f"person check {person} phone -", typed="+4930901821\n")
    assert yes.out.startswith(
        "Yes: that is the phone that is held.\nIt may be checked 2 more times this hour.\nNoted as "
    )
    assert no.out.startswith("No: that is not the phone that is held.\nIt may be checked 1 more time this hour.\n")
    assert (yes.code, no.code) == (0, 0)
    assert PHONE[-6:] not in yes.out + yes.err + no.out + no.err
    seen = desk.call(f"person check {person} phone -", typed=f"{PHONE}\n", json=True).value
    assert (seen["field"], seen["matches"], seen["tries_left"]) == ("phone", True, 0)
    shut = desk.call(f"person check {person} phone -", typed=f"{PHONE}\n")
    assert shut.code == OUTCOMES[Refused].exit_code
    assert "It can be checked again at 14:30 UTC." in shut.err
    counted = desk.call("ledger log --kind quota", json=True).value[:6]
    assert sorted(one["body"]["tried"] for one in counted) == [1, 1, 2, 2, 3, 3], "one's own, and everybody's"


def test_a_value_on_the_command_line_an_unknown_field_and_a_role_that_may_not_are_refused(desk: Desk) -> None:
    person = desk.person()
    for line, outcome in (
        (f"person check {person} phone {PHONE}", Invalid),
        (f"person check {person} shoe_size -", Invalid),
        (f"person check {person} phone - --as analyst", Refused),
    ):
        seen = desk.call(line, typed=f"{PHONE}\n")
        assert seen.code == OUTCOMES[outcome].exit_code, line
        assert PHONE not in seen.err
