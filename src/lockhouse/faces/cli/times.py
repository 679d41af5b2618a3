"""Times as people type them: a day, a moment, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from lockhouse.errors import Invalid

_AGO = re.compile(r"(\d{1,5})([mhd])")
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def ms_of(at: datetime) -> int:
    """A moment in ms; one without an offset is UTC."""
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def since_of(text: str, *, now: int) -> int:
    """The beginning of a span in ms: `30m`, `2h`, `7d`, or a day or moment in ISO 8601.

    Raises:
        Invalid: it is none of these.
    """
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - int(ago[1]) * _UNIT_MS[ago[2]]
    try:
        return ms_of(datetime.fromisoformat(text))
    except ValueError as err:
        raise Invalid("--since", "30m, 2h, 7d or a day such as 2026-11-23", got="another form") from err
