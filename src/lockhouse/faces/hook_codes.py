"""Outcome codes of what providers deliver, as rows of the one table of them all (`faces.outcomes`)."""

from __future__ import annotations

from typing import Final

_SENDER = "whoever looks after the sending system"
_OPERATOR = "whoever runs the house"

HOOK_CODES: Final[dict[str, tuple[str, int, str, str, str]]] = {
    "LH-1110": (
        "rejected", 401, "Nothing proves this delivery, or there is no such channel.",
        "Give the provider and the channel the same secret: `lockhouse channel show` says whether it has one.",
        _OPERATOR,
    ),
    "LH-1111": (
        "rejected", 401, "The delivery's signature is right, but its time is too far from the house's clock.",
        "Have the provider send it anew, not again; set both clocks.", _OPERATOR,
    ),
    "LH-1112": (
        "rejected", 200, "A delivery of the provider's test mode: proven, and not stored.",
        "Deliver with the provider's live keys.", _SENDER,
    ),
}  # fmt: skip
