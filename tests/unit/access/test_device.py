"""Codes that people type, and how a request stands when it is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access.device import (
    ALPHABET,
    INTERVAL_MS,
    LETTERS,
    SLOWER_MS,
    Asking,
    code_of,
    is_to_answer,
    polled,
    shown,
    typed,
)

UNTIL = 600_000
MIA, EVE = b"mia-------------", b"eve-------------"


@given(st.binary(min_size=16, max_size=16))
def test_every_code_is_typed_as_it_is_shown_in_any_case_and_with_any_spaces(random: bytes) -> None:
    code = code_of(random)
    assert (len(code), set(code) <= set(ALPHABET)) == (LETTERS, True)
    for text in (code, shown(code), shown(code).lower(), f"  {' '.join(code)} "):
        assert typed(text) == code


@pytest.mark.parametrize("text", ["", "BBBB", "BBBB-BBBA", "BBBB-BBBBB", "\uff22BBB-BBBB", "BBBB_BBBB", "BBBB\nBBBB"])
def test_what_can_be_no_code_is_none(text: str) -> None:
    assert typed(text) is None


def test_codes_of_neighbouring_bytes_differ() -> None:
    assert len({code_of(at.to_bytes(16)) for at in range(20**3)}) == 20**3


def test_a_request_is_over_at_its_last_millisecond_whatever_was_answered() -> None:
    for answer in ("waiting", "confirmed", "refused"):
        asking = Asking(answer, UNTIL)
        assert polled(asking, now=UNTIL - 1)[0] == answer
        assert polled(asking, now=UNTIL)[0] == "over"


def test_who_asks_early_is_slowed_down_each_time_and_in_time_again_is_answered() -> None:
    word, asking = polled(Asking("confirmed", UNTIL, 1_000), now=1_000 + INTERVAL_MS - 1)
    assert (word, asking.interval_ms) == ("slow-down", INTERVAL_MS + SLOWER_MS)
    assert polled(asking, now=asking.polled_at + asking.interval_ms - 1)[0] == "slow-down"
    assert polled(asking, now=asking.polled_at + asking.interval_ms)[0] == "confirmed"


def test_a_clock_that_was_set_back_slows_down_and_answers_nothing_early() -> None:
    word, _ = polled(Asking("confirmed", UNTIL, 50_000), now=10_000)
    assert word == "slow-down"


@pytest.mark.parametrize(
    ("answer", "wanted", "now", "may"),
    [
        ("waiting", b"", 0, True), ("waiting", MIA, 0, True), ("waiting", EVE, 0, False),
        ("waiting", MIA, UNTIL, False), ("confirmed", MIA, 0, False), ("refused", b"", 0, False),
    ],
)  # fmt: skip
def test_a_request_is_answered_by_whom_it_asks_while_it_waits(
    answer: str, wanted: bytes, now: int, *, may: bool
) -> None:
    asking = Asking(answer, UNTIL)  # type: ignore[arg-type]
    assert is_to_answer(asking, wanted=wanted, member=MIA, now=now) is may
