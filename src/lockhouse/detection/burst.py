"""Too much of something from one door in a short time: the rule that stops and asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

HOUR_MS = 3_600_000


class Limit(NamedTuple):
    """At most `most` within `window_ms`."""

    most: int
    window_ms: int


ERASURES = Limit(20, HOUR_MS)
"""Erasures from one door: more than this an hour is a script, a mistake or an attack, and a person should look."""


def is_burst(times: Iterable[int], *, now: int, limit: Limit) -> bool:
    """Whether one more at `now` would be more than the limit allows.

    Args:
        times: when it happened before, ms, in any order.
    """
    return sum(1 for at in times if now - limit.window_ms < at <= now) >= limit.most
