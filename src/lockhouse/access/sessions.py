"""Whether a session stands.

1. A session is a random reference of 256 bits that the house keeps as a tag (OWASP ASVS 5.0 V7.2.1-3); a new one is
   made at each sign-in, never taken over from before it (V7.2.4).
2. It ends 12 hours after it was made, used or not, and after 30 minutes without use. NIST SP 800-63B-4 §2.2.3 allows
   24 hours and one hour at level 2; of a session at level 3 §2.3.3 asks for 12 hours and 15 minutes.
3. It ends at once when its member is disabled, loses a role, or one of their factors is reset (V7.4.1-2): its row is
   taken away in the same Change. Should one be missed or put back, `cut_at` says since when none counts.
4. What lies ahead of the clock by more than a minute does not stand: the row or the clock is wrong.
5. A session is bound to no device, and nobody says so: what guards against a stolen one is `step_up`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from lockhouse.access.sign_in import Level

_MINUTE_MS = 60_000
SKEW_MS = _MINUTE_MS
TOUCH_MS = _MINUTE_MS
"""A session's last use is written down once a minute at most, since each is a write."""

Standing = Literal["stands", "ended", "idle", "over"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)


class Limits(NamedTuple):
    """How long sessions live, in ms."""

    overall_ms: int = 12 * 60 * _MINUTE_MS
    idle_ms: int = 30 * _MINUTE_MS
    idle_bound_ms: int = 15 * _MINUTE_MS
    """Of sessions at level 3."""


class Times(NamedTuple):
    """What of a session decides; times in ms."""

    level: int
    made_at: int
    seen_at: int
    until_at: int


def until(made_at: int, *, limits: Limits) -> int:
    """When a session that is made now is over, used or not."""
    return made_at + limits.overall_ms


def standing(session: Times, *, now: int, limits: Limits, is_active: bool, cut_at: int) -> Standing:
    """Whether a session stands, or why it does not.

    Args:
        is_active: whether its member may sign in now.
        cut_at: when the member was last disabled, lost a role or had a factor reset; 0: never.
    """
    if not is_active or session.made_at <= cut_at:
        return "ended"
    ahead = max(session.made_at, session.seen_at) > now + SKEW_MS
    if ahead or now >= min(session.until_at, session.made_at + limits.overall_ms):
        return "over"
    idle_ms = limits.idle_bound_ms if session.level >= Level.BOUND else limits.idle_ms
    return "idle" if now - session.seen_at >= idle_ms else "stands"


def is_to_be_touched(session: Times, *, now: int) -> bool:
    """Whether this use is to be written down."""
    return now - session.seen_at >= TOUCH_MS
