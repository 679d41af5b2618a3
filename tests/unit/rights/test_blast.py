"""What is routine: a twentieth, less where less is usual, and more where more is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lockhouse.model.ids import DAY_MS
from lockhouse.rights.blast import WINDOW_MS, by_window, is_most, is_much


@pytest.mark.parametrize(
    ("share", "usual", "much"),
    [
        (0.05, [], False),
        (0.0501, [], True),
        (0.128, [0.08] * 12, False),
        (0.1301, [0.08] * 12, True),
        (0.56, [0.5] * 12, True),
        (0.04, [0.001, 0.001], False),
        (0.04, [0.001, 0.001, 0.001], True),
        (0.04, [0.02, 0.02, 0.02], False),
        (0.041, [0.02, 0.02, 0.02], True),
        (0.01, [0.001, 0.001, 0.001], False),
        (0.03, [*[0.04] * 12, *[0.001] * 12], True),
        (0.03, [*[0.001] * 12, *[0.04] * 12], False),
        (0.03, [*[0.001] * 7, *[0.9] * 5], True),
    ],
    ids=[
        "a twentieth",
        "more than that",
        "usual in this house",
        "more than a twentieth above the usual",
        "not twice what is nearly all",
        "too few runs are known",
        "many times the usual",
        "twice the usual",
        "more than twice",
        "a hundredth is never much",
        "the oldest do not count",
        "the newest do",
        "a few that were large make nothing usual",
    ],
)
def test_a_run_is_much_by_its_share_or_beside_the_usual(share: float, usual: list[float], *, much: bool) -> None:
    assert is_much(share, usual) is much


def _stopped(runs: list[tuple[int, float]]) -> list[int]:
    """Which of these runs are much, where whatever is much is meant at once."""
    much = list[int]()
    for number, (now, share) in enumerate(runs):
        before = [(at, one, turn) for turn, (at, one) in enumerate(runs[:number])]
        young = sum(one for at, one, turn in before if now - at < WINDOW_MS and turn not in much)
        if is_much(share + young, by_window([(at, one) for at, one, _ in before], now=now)):
            much.append(number)
    return much


@pytest.mark.parametrize("hours", [0, 23])
def test_a_house_that_ends_a_thirteenth_each_month_is_asked_three_times_and_never_again(hours: int) -> None:
    firsts = [datetime(2026 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(60)]
    times = [first + timedelta(hours=hours * (turn % 2)) for turn, first in enumerate(firsts)]
    assert _stopped([(int(one.timestamp() * 1000), 1 / 13) for one in times]) == [0, 1, 2]


def test_a_house_in_which_some_lapse_each_day_is_never_asked() -> None:
    days = [(day * DAY_MS, 0.001 * (day % 3)) for day in range(400)]
    assert _stopped(days) == []


def test_whoever_goes_in_small_steps_is_asked_before_a_tenth_is_gone() -> None:
    days = [(day * DAY_MS, 0.0005) for day in range(400)]
    steps = [(day * DAY_MS, 0.01) for day in range(400, 430)]
    first, *_ = _stopped([*days, *steps])
    assert sum(share for _, share in steps[: first - 400]) < 0.05


def test_what_ends_of_a_class_is_much_from_half_of_it_on_but_for_its_last_few() -> None:
    assert [is_most(*one) for one in ((10, 10), (11, 11), (11, 21), (11, 22), (0, 0))] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_windows_count_back_from_now_to_the_first_run() -> None:
    runs = [(0, 0.1), (WINDOW_MS - 1, 0.2), (3 * WINDOW_MS, 0.4)]
    assert by_window(runs, now=3 * WINDOW_MS) == [0.1, 0.2, 0.0]
    assert by_window([], now=0) == []
