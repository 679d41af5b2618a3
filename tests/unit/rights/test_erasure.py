"""The clock of an erasure, and what its certificate owns up to."""

from __future__ import annotations

import pytest

from lockhouse.rights.erasure import ANSWER_WITHIN_DAYS, destroy_at, remains

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.mark.parametrize(("cause", "hours"), [("request", 24), ("policy", 72)])
def test_keys_are_destroyed_after_the_cooling_time(cause: str, hours: int) -> None:
    assert destroy_at(1_000, cause=cause, regulations=["gdpr"]) == 1_000 + hours * HOUR  # type: ignore[arg-type]


def test_cooling_never_runs_past_the_law() -> None:
    for name, days in ANSWER_WITHIN_DAYS.items():
        assert destroy_at(0, cause="policy", regulations=[name]) <= days * DAY


def test_an_unknown_law_counts_as_the_strictest() -> None:
    assert destroy_at(0, cause="request", regulations=["moon"]) == destroy_at(0, cause="request", regulations=["gdpr"])


def test_only_a_person_leaves_keyed_hashes_behind_and_they_end() -> None:
    ends = [one.until for one in remains("person", done_at=0)]
    assert ends.count(90 * DAY) == 1
    assert len(remains("epoch", done_at=0)) == len(ends) - 1
