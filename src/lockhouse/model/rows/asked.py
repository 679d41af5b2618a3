"""Record store: what customers and shops asked of a provider that passed it on, until staff have settled it."""

from __future__ import annotations

from lockhouse.model.rows.base import Row


class Asked(Row, frozen=True):
    """A request that a provider passed on. Nothing is done by it; staff open what it asks for, and settle it.

    `state` 0 open, 1 settled.
    """

    TABLE = "asked"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("state",),)
    AUTHORITY = True
    id: bytes
    """A keyed hash of the message it came with: the same message makes no second one."""
    channel: int
    what: str
    """`access`, `erasure` or `shop`."""
    reference: str
    """The provider's own number of the request; no number of a person."""
    persons: bytes
    """msgpack list of the source persons who had one of its identifiers when it came."""
    at: int
    due_at: int
    """When it must be answered."""
    state: int
    settled_at: int | None
    by: str
    """Who settled it; of an open one who took it in."""
    reason: str
    """One word or code of whoever settled it; empty while it is open."""
    entry: bytes
    mac: bytes
