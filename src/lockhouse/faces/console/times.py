"""Times as a page writes them: in UTC, and said to be so, since a server does not know where its reader sits."""

from __future__ import annotations

from datetime import UTC, datetime


def at(ms: int) -> str:
    """A time, for a machine: what a `<time>` element's `datetime` holds."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%MZ}"


def day(ms: int) -> str:
    """A time, for a person, as people in every language read it (ISO 8601 with a space)."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def clock(ms: int) -> str:
    """A time of today, for a person."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M} UTC"


def date(ms: int) -> str:
    """The day of a time, for a person (ISO 8601)."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}"
