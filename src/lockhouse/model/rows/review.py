"""Identity store: reviews of who holds which role."""

from __future__ import annotations

from lockhouse.model.rows.base import Row


class AccessReview(Row, frozen=True):
    """A review of access. `state` 0 open, 1 signed off: what is to end is being ended, 2 done."""

    TABLE = "access_review"
    STORE = "identity"
    KEY = ("id",)
    AUTHORITY = True
    id: bytes
    state: int
    lines: bytes
    """msgpack of `access.reviewing.Line`s: ids, roles and decisions, no names."""
    opened_by: str
    opened_at: int
    signed_by: str
    """Empty: nobody yet."""
    signed_at: int
    by: str
    """Who did what was done last."""
    at: int
    entry: bytes
    mac: bytes
