"""Times as people read them: whatever number is stored, something is shown."""

from __future__ import annotations

import pytest

from lockhouse.faces.cli.layout import day, when


@pytest.mark.parametrize("at", [253_402_300_800_000, -62_135_596_800_001, 2**63, -(2**70), 10**400])
def test_a_number_that_is_no_time_is_shown_as_the_number_it_is(at: int) -> None:
    assert when(at) == day(at) == f"beyond the calendar ({at} ms)"


def test_the_last_and_the_first_moment_of_the_calendar_are_shown_as_times() -> None:
    assert (when(253_402_300_799_999), day(0), when(None)) == ("9999-12-31 23:59Z", "1970-01-01", "-")
    assert "calendar" not in when(-62_135_596_800_000)
