"""The tables at the edge are whole, and the page is the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockhouse.channels import codes as channel_codes
from lockhouse.errors import LockhouseError
from lockhouse.faces.outcomes import CODES, OUTCOMES, anchor, page, remedies, sentence
from lockhouse.model import codes

ROOT = Path(__file__).parents[2]


def _below(error: type[LockhouseError]) -> set[type[LockhouseError]]:
    return {error}.union(*(_below(child) for child in error.__subclasses__() if child.__module__ == "lockhouse.errors"))


def test_every_error_has_one_outcome() -> None:
    assert set(OUTCOMES) == _below(LockhouseError) - {LockhouseError}


def test_errors_leave_with_a_failing_status_and_exit_code() -> None:
    assert all(edge.status >= 400 and 1 < edge.exit_code < 126 for edge in OUTCOMES.values())


@pytest.mark.parametrize("module", [codes, channel_codes])
def test_every_code_that_a_room_may_answer_is_in_the_table(module: object) -> None:
    answered = {value for name, value in vars(module).items() if name.isupper() and not name.startswith("_")}
    assert answered
    assert answered <= set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_says_what_happened_what_would_change_it_and_who_can(code: str) -> None:
    answer = CODES[code]
    assert answer.sentence.endswith(".")
    assert answer.change.endswith(".")
    assert answer.who
    assert answer.outcome in {"stored", "trimmed", "observed", "held", "accepted", "duplicate", "refused", "rejected"}
    assert sentence(code) == answer.sentence
    assert f"## {code}\n" in page()
    assert anchor(code) == f"docs/outcomes.md#{code.lower()}"


def test_the_policys_word_is_never_a_failing_status() -> None:
    assert {answer.status for code, answer in CODES.items() if code.startswith(("LH-0", "LH-2"))} == {200}


@pytest.mark.parametrize("code", ["LH-0001", "LH-2107"])
def test_a_value_that_was_not_fit_has_its_own_remedy_and_every_other_reason_the_codes(code: str) -> None:
    own = (CODES[code].change, CODES[code].who)
    assert remedies(code, ["undeclared", "no-consent"]) == remedies(code, []) == [own]
    [bad], [long] = remedies(code, ["bad-value", "bad-value"]), remedies(code, ["too-long"])
    assert own not in {bad, long}
    assert remedies(code, ["undeclared", "bad-value", "too-long"]) == [bad, long, own]


def test_where_no_field_decided_the_remedy_is_the_codes() -> None:
    assert remedies("LH-2111", ["bad-value"]) == [(CODES["LH-2111"].change, CODES["LH-2111"].who)]
    assert remedies("LH-9999", []) == remedies("LH-0000", []) == []


def test_an_unknown_code_says_itself() -> None:
    assert sentence("LH-9999") == "LH-9999"


def test_the_page_is_the_table() -> None:
    assert (ROOT / "docs/outcomes.md").read_text() == page()
