"""Taking out what looks like an identifier costs time in proportion to the text, whatever the text is."""

from __future__ import annotations

import re
from time import thread_time

import pytest

from lockhouse.policy.types import redact

PATTERNS = sorted(name for name, value in vars(redact).items() if isinstance(value, re.Pattern))
RUNS = (
    "-", "_", "a", "A", "1", "a-", "1-", "0-", "-1a", "a.", "1.", "1 ", "@", "a@", "a@a.", "a@a-", "%40", "a%40a.",
    "eyJ", "-eyJ", "%3DeyJ", "eyJaaaaaaaa.", "eyJ-eyJ1", "hex:", "a:", "11aa:", ":", "AA00", "AA00 AAAA ", "(01 ",
    "(0", "+1 ", "+1", "(211) ", "00", "lh_", "lh_-", "sk-a", "ghp_", "ghp_a", "xoxb-", "AIza", "AKIA", "[card]",
)  # fmt: skip
SHORT, LONG = 1 << 10, 1 << 14
AT_MOST = 40.0
"""A sixteenfold text: 16 times the steps where the search is linear, 256 times where it is quadratic."""
FLOOR_S = 20e-6
"""Below this a time says more about the clock than about the search."""


def _took(pattern: re.Pattern[str], text: str) -> float:
    best = float("inf")
    for _ in range(3):
        started = thread_time()
        pattern.sub("", text)
        best = min(best, thread_time() - started)
    return max(best, FLOOR_S)


def _text(run: str, size: int, end: str) -> str:
    return (run * size)[: size - len(end)] + end


@pytest.mark.parametrize("name", PATTERNS)
def test_a_text_sixteen_times_as_long_takes_no_square_of_the_time(name: str) -> None:
    pattern = getattr(redact, name)
    square = [
        (run, end)
        for run in RUNS
        for end in ("", "!", "a@" + "a" * 63)
        if _took(pattern, _text(run, LONG, end)) > AT_MOST * _took(pattern, _text(run, SHORT, end))
    ]
    assert square == []


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJub25lIn.eyJzdWIiOiJhIn.c2ln",
        "q4xZ81kLmP0sT7uVwYbC3dEfGhJkNr92",
        "a-run-of-words-that-ends-in-digits-77",
    ],
)
@pytest.mark.parametrize("before", ["", "token=", "Bearer ", "t%3D", "/", "."])
def test_a_key_is_taken_out_wherever_it_starts(before: str, secret: str) -> None:
    assert secret[:12] not in redact.identifiers(f"{before}{secret} end")


def test_a_long_run_before_a_key_hides_no_key() -> None:
    assert redact.identifiers("-" * 40 + "q4xZ81kLmP0sT7uVwYbC3dEfGhJkNr92") == "[key]"
