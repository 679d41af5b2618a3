"""Times as a page writes them: in UTC, and said to be so, since a server does not know where its reader sits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def at(ms: int) -> str:
    """A time, for a machine: what a `<time>` element's `datetime` holds."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%MZ}"


def day(ms: int) -> str:
    """A time, for a person, as people in every language read it (ISO 8601 with a space)."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def clock(ms: int) -> str:
    """The time of the day, in UTC."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M}"


def ago(ms: int, now: int, _: Callable[[str], str]) -> str:
    """How long something is past, in the largest unit that it fills twice."""
    passed_s = max(0, now - ms) // 1000
    words = ((86_400, _("%(n)s d ago")), (3_600, _("%(n)s h ago")), (60, _("%(n)s min ago")), (1, _("%(n)s s ago")))
    unit, text = next((one for one in words if passed_s >= 2 * one[0]), words[-1])
    return text % {"n": passed_s // unit}


def from_day(text: str) -> int | None:
    """When a day as a form has it (`2026-05-03`) begins in UTC, in ms; None for what is no day."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None


def second(ms: int) -> str:
    """The time of the day to the second, in UTC."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M:%S}"


def day_only(ms: int) -> str:
    """A day, in UTC."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}"


def hour(ms: int) -> str:
    """The time of the day, and that it is UTC, for a sentence."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M} UTC"
