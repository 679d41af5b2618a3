"""Times as people type them: a day, a moment, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lockhouse.errors import Invalid
from lockhouse.model.rows.base import MAX_AT_MS

_AGO = re.compile(r"(\d{1,5})([mhd])")
_MIN_AT_MS = -62_135_596_800_000
"""The first millisecond of the year 1."""
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def ms_of(at: datetime) -> int:
    """A moment in ms; one without an offset is UTC.

    Raises:
        Invalid: in UTC it lies before the year 1 or behind the year 9999, where nothing could show it.
    """
    ms = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    if not _MIN_AT_MS <= ms <= MAX_AT_MS:
        raise Invalid("time", "one in the years 1 to 9999 UTC", got="one beyond them", hint="for example 2027-06-30")
    return ms


def since_of(text: str, *, now: int) -> int:
    """The beginning of a span in ms: `30m`, `2h`, `7d`, or a day or moment in ISO 8601.

    Raises:
        Invalid: it is none of these, or as `ms_of`.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - int(ago[1]) * _UNIT_MS[ago[2]]
    try:
        return ms_of(datetime.fromisoformat(text))
    except ValueError as err:
        raise Invalid("--since", "30m, 2h, 7d or a day such as 2026-11-23", got="another form") from err
