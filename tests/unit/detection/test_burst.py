"""A burst is one more than the limit allows within its window."""

from __future__ import annotations

from lockhouse.detection.burst import Limit, is_burst

LIMIT = Limit(most=3, window_ms=1_000)


def test_the_limit_is_allowed_and_one_more_is_not() -> None:
    assert not is_burst([0, 100], now=200, limit=LIMIT)
    assert is_burst([0, 100, 150], now=200, limit=LIMIT)


def test_what_is_older_than_the_window_does_not_count() -> None:
    assert not is_burst([0, 100, 150], now=1_100, limit=LIMIT)


def test_times_in_the_future_do_not_count() -> None:
    assert not is_burst([500, 600, 700], now=200, limit=LIMIT)
