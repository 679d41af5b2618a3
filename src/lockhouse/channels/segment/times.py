"""When an event happened, by the receiver's clock.

`timestamp = receivedAt - (sentAt - originalTimestamp)`: the client's clock may be wrong, but the span between
what it wrote as the event's time and as the sending time is right (Segment's specification; RudderStack does the
same). Which stamp is that original time depends on who wrote it: Segment's clients write `timestamp`; RudderStack's
write `originalTimestamp`, and `timestamp` beside it only when whoever calls them says when the event happened. So
`timestamp` comes first. A server that passes an event on has put `timestamp` right already and says so by adding
`receivedAt`; the times beside it are those of long ago.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

MAX_AHEAD_MS = 24 * 3_600_000
"""A client does not choose how long its data is kept by dating it ahead; a day covers wrong time zones."""
_MAX_STAMP_CHARS = 40


def millis(stamp: Any) -> int | None:
    """An ISO 8601 time as ms since 1970, UTC where it names no offset; None for anything else."""
    if not isinstance(stamp, str) or len(stamp) > _MAX_STAMP_CHARS:
        return None
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return round(at.timestamp() * 1000)


def occurred(item: dict[str, Any], *, sent_at: int | None, received_at: int) -> int:
    """When the item happened, in ms: never before 1970, never more than a day ahead of `received_at`.

    Without a readable time of its own it happened when it came in: an event is not refused for its clock.
    """
    original = millis(item.get("timestamp"))
    if original is None:
        original = millis(item.get("originalTimestamp"))
        if original is None:
            return received_at
    elif "receivedAt" in item:
        return max(0, min(original, received_at + MAX_AHEAD_MS))
    own = item.get("sentAt")
    sent = millis(own) if own is not None else None
    if sent is None:
        sent = sent_at
    at = original if sent is None else received_at - (sent - original)
    return max(0, min(at, received_at + MAX_AHEAD_MS))
