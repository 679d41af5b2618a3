"""The matrix says what every role sees, under which guards, and what turns it; decide says the same."""

from __future__ import annotations

import pytest

from lockhouse.policy.matrix import Seen, conditions, matrix
from tests.unit.policy.worlds import VECTORS, compiled

CLINIC = compiled((VECTORS / "clinic.yaml").read_text("utf-8"))


def _seen(role: str, purpose: str, class_: str) -> Seen:
    [found] = [one for one in matrix(CLINIC, role=role) if (one.purpose, one.class_) == (purpose, class_)]
    return found


def test_a_class_that_is_masked_is_revealed_under_more_guards_than_it_is_seen() -> None:
    seen = _seen("desk", "treatment", "contact")
    assert (seen.sees, seen.guards) == ("mask", ("network", "quota"))
    assert seen.reveal == ("network", "quota", "reason")
    assert seen.check == ("network", "quota")
    assert seen.change is None
    assert seen.fields == {"mail": "email", "mobile": "phone", "full_name": "first"}


@pytest.mark.parametrize(
    ("role", "purpose", "class_", "sees"),
    [
        ("desk", "treatment", "wallet", "count"),
        ("desk", "treatment", "special", "nothing"),
        ("nurse", "treatment", "contact", "value"),
        ("nurse", "study", "special", "mask"),
        ("caller", "offers", "wallet", "mask"),
        ("caller", "offers", "location", "nothing"),
        ("clerk", "register", "profile", "mask"),
        ("desk_officer", "requests", "special", "nothing"),
    ],
)
def test_every_cell_says_what_a_plain_look_gives(role: str, purpose: str, class_: str, sees: str) -> None:
    assert _seen(role, purpose, class_).sees == sees


def test_a_field_asked_about_stands_with_every_role_and_with_who_sees_nothing_of_it() -> None:
    rows = {(one.role, one.purpose): one.sees for one in matrix(CLINIC, field="diagnosis")}
    assert rows.pop(("nurse", "study")) == "mask"
    assert rows.pop(("desk_officer", "requests")) == "nothing"
    assert set(rows) == {(role, "study") for role in ("desk", "caller", "clerk", "desk_officer", "copyist")} | {
        ("copyist", "requests")
    }
    assert set(rows.values()) == {"nothing"}


def _turned(role: str, purpose: str, class_: str) -> dict[str, str]:
    return {
        one.condition: one.becomes
        for one in conditions(CLINIC, role=role)
        if (one.purpose, one.class_) == (purpose, class_)
    }


def test_each_condition_turns_its_cell_alone() -> None:
    assert _turned("nurse", "treatment", "special") == {
        "no course": "nothing", "no reason": "mask", "no step-up": "mask", "no grant": "mask",
        "their own record": "nothing", "restricted": "nothing", "being erased": "nothing",
    }  # fmt: skip
    assert _turned("desk", "treatment", "contact") == {
        "no network": "nothing", "no quota": "count", "no reason": "mask", "their own record": "nothing",
        "restricted": "nothing", "being erased": "nothing",
    }  # fmt: skip


def test_a_persons_word_turns_it_region_by_region() -> None:
    turned = _turned("caller", "offers", "contact")
    assert {one for one in turned if one.startswith(("no yes", "said no"))} == {
        "no yes in eu", "said no", "said no in eu", "said no in us-ca",
    }  # fmt: skip
    assert {"objected", "left out of it", "a minor"} <= set(turned)
    assert set(turned.values()) == {"nothing"}


def test_a_basis_that_nobody_can_refuse_asks_no_word() -> None:
    assert not {"objected", "left out of it", "a minor", "said no"} & set(_turned("clerk", "billing", "wallet"))
