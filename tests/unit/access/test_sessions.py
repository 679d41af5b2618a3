"""A session stands while it is used, for a shift at most, and not a moment longer than its member may sign in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access.sessions import STANDINGS, Limits, Times, is_to_be_touched, standing, until

MINUTE = 60_000
HOUR = 60 * MINUTE
NOON = 1_800_000_000_000
LIMITS = Limits()


def _standing(now: int, *, level: int = 2, seen_at: int | None = None, active: bool = True, cut_at: int = 0) -> str:
    session = Times(level, NOON, now if seen_at is None else seen_at, until(NOON, limits=LIMITS))
    return standing(session, now=now, limits=LIMITS, is_active=active, cut_at=cut_at)


@pytest.mark.parametrize(
    ("now", "seen_at", "level", "said"),
    [
        (NOON, NOON, 2, "stands"),
        (NOON + 30 * MINUTE - 1, NOON, 2, "stands"),
        (NOON + 30 * MINUTE, NOON, 2, "idle"),
        (NOON + 15 * MINUTE - 1, NOON, 3, "stands"),
        (NOON + 15 * MINUTE, NOON, 3, "idle"),
        (NOON + 12 * HOUR - 1, NOON + 12 * HOUR - 1, 2, "stands"),
        (NOON + 12 * HOUR, NOON + 12 * HOUR, 2, "over"),
    ],
)
@pytest.mark.asvs("7.3.1", "7.3.2")
def test_a_session_ends_after_half_an_hour_unused_and_twelve_hours_used(
    now: int, seen_at: int, level: int, said: str
) -> None:
    assert _standing(now, seen_at=seen_at, level=level) == said


def test_a_session_ends_with_the_right_to_sign_in() -> None:
    assert _standing(NOON, active=False) == "ended"
    assert _standing(NOON + 1, cut_at=NOON) == "ended"
    assert _standing(NOON + 1, cut_at=NOON - 1) == "stands"


def test_a_session_of_the_future_does_not_stand() -> None:
    assert _standing(NOON - MINUTE) == "stands"
    assert _standing(NOON - MINUTE - 1) == "over"
    assert _standing(NOON, seen_at=NOON + MINUTE + 1) == "over"


@given(times=st.tuples(*[st.integers(0, 2**53)] * 3), level=st.integers(0, 5), now=st.integers(0, 2**53))
def test_no_row_makes_a_session_stand_longer_than_its_limits(times: tuple[int, int, int], level: int, now: int) -> None:
    session = Times(level, *times)
    said = standing(session, now=now, limits=LIMITS, is_active=True, cut_at=0)
    assert said in STANDINGS
    if said == "stands":
        assert session.made_at - MINUTE <= now < session.made_at + 12 * HOUR
        assert session.seen_at - MINUTE <= now < session.seen_at + 30 * MINUTE


def test_a_use_is_written_down_once_a_minute() -> None:
    session = Times(2, NOON, NOON, NOON + HOUR)
    assert [is_to_be_touched(session, now=NOON + after) for after in (0, MINUTE - 1, MINUTE)] == [False, False, True]
