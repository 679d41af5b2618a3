"""The API's own outcome codes, as rows of the one table of them all (`faces.outcomes`)."""

from __future__ import annotations

from typing import Final

_CLIENT = "whoever looks after the calling system"
_TOKENS = "whoever makes tokens"
_NOBODY = "nobody; it is as it should be"

API_CODES: Final[dict[str, tuple[str, int, str, str, str]]] = {
    "LH-4000": (
        "rejected", 400, "The request's body is not JSON in UTF-8.",
        "Send one JSON object, as the API's document says.", _CLIENT,
    ),
    "LH-4001": (
        "rejected", 401, "No token that stands was shown.",
        "Show a token in `Authorization: Bearer`, from a network that it names: `lockhouse token list`.", _CLIENT,
    ),
    "LH-4002": (
        "rejected", 403, "The token may not do this.",
        "A token with the permission, in a role that has it: `lockhouse token create`.", _TOKENS,
    ),
    "LH-4003": (
        "rejected", 403, "The policy says no; `reasons` are the rules that decided.",
        "Another role or purpose, or what the reason asks for.", _TOKENS,
    ),
    "LH-4004": (
        "rejected", 404, "There is none, or none that this token may see.",
        "Ask for one that an answer named.", _CLIENT,
    ),
    "LH-4005": (
        "rejected", 405, "This address does not take this method.",
        "Use a method that `Allow` names.", _CLIENT,
    ),
    "LH-4006": (
        "rejected", 409, "The state moved on since it was read; nothing was changed.",
        "Read again, and repeat.", _CLIENT,
    ),
    "LH-4007": (
        "rejected", 410, "It was ended on purpose, and nothing brings it back.",
        "Nothing.", _NOBODY,
    ),
    "LH-4008": (
        "rejected", 413, "The request's body is larger than 64 KiB.",
        "Send less at once.", _CLIENT,
    ),
    "LH-4009": (
        "rejected", 415, "The request's body is not `application/json`, or is compressed.",
        "Say `Content-Type: application/json`, and send it as it is.", _CLIENT,
    ),
    "LH-4010": (
        "rejected", 422, "A part of the request is not of its form; `detail` says which.",
        "Put that part right.", _CLIENT,
    ),
    "LH-4011": (
        "rejected", 422, "The `Idempotency-Key` was used before, for another body or another address.",
        "Take a new key for each thing that is asked.", _CLIENT,
    ),
    "LH-4012": (
        "rejected", 409, "The first request with this `Idempotency-Key` is under way.",
        "Ask again in a moment.", _CLIENT,
    ),
    "LH-4013": (
        "rejected", 429, "Asked more often than a minute allows.",
        "Wait as long as `Retry-After` says.", _CLIENT,
    ),
}  # fmt: skip
"""Outcome, status, what happened, what would change it, and who can."""
