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


@pytest.mark.parametrize("what", ["compartment", "epoch"])
def test_what_ends_a_part_says_that_the_rows_stay_in_the_live_store(what: str) -> None:
    """Only all of a person is swept; their certificate says that rows go, those of a part that they stay."""
    said = " ".join(one.what for one in remains(what, done_at=0))
    assert "in the record store and in data backups" in said
    assert "until all of the person ends" in said
    assert "without a way to an identifier" not in said
    assert "until a job removes them" in " ".join(one.what for one in remains("person", done_at=0))
