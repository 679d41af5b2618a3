"""How many events of a channel became what, by the hour: counts that tell at a glance whether it works.

They stand in `drop_count`, beside the paths that were not kept, and cost a busy channel one row write a group: the hour
(since 1970) as the path, what became of the events as the reason. `EVER` counts all of them, and keeps the first and
the last time. Nothing here is about anybody, and no name that came in stands here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from lockhouse.model.change import Count

if TYPE_CHECKING:
    from lockhouse.model.rows import Drop

HOUR_MS: Final = 3_600_000
BECAME: Final = "became."
"""Begins what `drop_count` says beside an hour; behind it stands the outcome."""
EVER: Final = "*"
"""In the place of the hour: all of them."""
KEPT_HOURS: Final = 8 * 24
"""So that an hour can be held against the same one a week ago."""
_DIGITS: Final = 15
"""Of an hour's number, at most; one with thousands was written by somebody else."""


@lru_cache(64)  # many events come at one time: a batch's, and those of one ms
def pulse(channel: int, outcome: str, at: int) -> tuple[Count, Count]:
    """That one event of a channel became this at a time (ms)."""
    reason = f"{BECAME}{outcome}"
    return Count(channel, str(at // HOUR_MS), reason, 1, at), Count(channel, EVER, reason, 1, at)


def is_pulse(reason: str) -> bool:
    """Whether a row counts what became of events, and not what was dropped."""
    return reason.startswith(BECAME)


def hour_of(row: Drop) -> int | None:
    """The hour (since 1970) that a row counts; None of any other row."""
    if not is_pulse(row.reason) or not row.path.isdecimal() or len(row.path) > _DIGITS:
        return None
    return int(row.path)
