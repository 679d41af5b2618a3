"""Taking out what looks like an identifier costs time in proportion to the text, whatever the text is."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import thread_time

import pytest

from lockhouse.policy.types import lettered, national, numbers, redact
from lockhouse.policy.types.values import MAX_TEXT

MODULES = (lettered, national, numbers, redact)
PATTERNS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
} | {f"lettered.{name}": pattern for name, pattern, _ in lettered.LETTERED}
PATTERNS |= {f"national.{number.name}": number.word for number in national.NUMBERS if number.word is not None}
RUNS = (
    "-", "_", "a", "A", "1", "a-", "1-", "0-", "-1a", "a.", "1.", "1 ", "@", "a@", "a@a.", "a@a-", "%40", "a%40a.",
    "eyJ", "-eyJ", "%3DeyJ", "eyJaaaaaaaa.", "eyJ-eyJ1", "hex:", "a:", "11aa:", ":", "AA00", "AA00 AAAA ", "(01 ",
    "(0", "+1 ", "+1", "(211) ", "00", "lh_", "lh_-", "sk-a", "ghp_", "ghp_a", "xoxb-", "AIza", "AKIA", "[card]",
    "%20", "%201", "%2B1", "12.12.", "%", "+",
)  # fmt: skip
SHORT, LONG = 1 << 10, 1 << 14
AT_MOST = 40.0
"""A sixteenfold text: 16 times the steps where the search is linear, 256 times where it is quadratic."""
FLOOR_S = 20e-6
"""Below this a time says more about the clock than about the search."""


def _took(pattern: re.Pattern[str], text: str, *, tries: int) -> float:
    best = float("inf")
    for _ in range(tries):
        started = thread_time()
        pattern.sub("", text)
        best = min(best, thread_time() - started)
    return max(best, FLOOR_S)


def _text(run: str, size: int, end: str) -> str:
    return (run * size)[: size - len(end)] + end


def _is_square(pattern: re.Pattern[str], run: str, end: str, *, tries: int) -> bool:
    long, short = (_took(pattern, _text(run, size, end), tries=tries) for size in (LONG, SHORT))
    return long > AT_MOST * short


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_a_text_sixteen_times_as_long_takes_no_square_of_the_time(name: str) -> None:
    pattern = PATTERNS[name]
    square = [
        (run, end)
        for run in RUNS
        for end in ("", "!", "a@" + "a" * 63)
        # A core that two share may be slow for some milliseconds: what is slow once is looked at longer.
        if _is_square(pattern, run, end, tries=3) and _is_square(pattern, run, end, tries=40)
    ]
    assert square == []


WHOLE = (
    *RUNS,
    "4111 ",
    "4111 1111 1111 1111 ",
    "219-09-9999 ",
    "0151 ",
    "call 1234567 ",
    "a@b.cc",
    "1 2 ",
    "DE89 3704 ",
)


@pytest.mark.parametrize("search", [redact.identifiers, redact.cards])
def test_a_whole_search_sixteen_times_as_long_takes_no_square_of_the_time(search: Callable[[str], str]) -> None:
    def took(text: str) -> float:
        best = float("inf")
        for _ in range(3):
            started = thread_time()
            search(text)
            best = min(best, thread_time() - started)
        return max(best, 5 * FLOOR_S)

    square = [run for run in WHOLE if took(_text(run, MAX_TEXT, "")) > AT_MOST * took(_text(run, MAX_TEXT // 16, ""))]
    assert square == []


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJub25lIn.eyJzdWIiOiJhIn.c2ln",
        "q4xZ81kLmP0sT7uVwYbC3dEfGhJkNr92",
        "9f86d081884c7d659a2feaa0c55ad015",
    ],
)
@pytest.mark.parametrize("before", ["", "token=", "Bearer ", "t%3D", "/", "."])
def test_a_key_is_taken_out_wherever_it_starts(before: str, secret: str) -> None:
    assert secret[:12] not in redact.identifiers(f"{before}{secret} end")


def test_a_long_run_before_a_key_hides_no_key() -> None:
    assert redact.identifiers("-" * 40 + "q4xZ81kLmP0sT7uVwYbC3dEfGhJkNr92") == "[key]"
