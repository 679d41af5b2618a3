"""Record store: the ledger and what lies beside its entries."""

from __future__ import annotations

from lockhouse.model.rows.base import Row


class LedgerEntry(Row, frozen=True):
    """One durable entry of a lane; `position` is None until the sequencer folds it into the tree."""

    TABLE = "ledger_entry"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("lane", "counter"), ("position",))
    id: bytes
    lane: str
    counter: int
    position: int | None
    at: int
    kind: str
    body: bytes
    """The whole entry as canonical JSON; its leaf is SHA-256(0x00 || body)."""
    leaf: bytes


class Intake(Row, frozen=True):
    """Beside an intake entry: which records it covers and their salted leaf hashes, which outlive the rows."""

    TABLE = "intake"
    STORE = "record"
    KEY = ("entry",)
    APPEND = True
    entry: bytes
    records: bytes
    """16 bytes each, in leaf order."""
    leaves: bytes
    """32 bytes each."""


class Lane(Row, frozen=True):
    """A writer's hash chain: its newest counter and head. Reopened under a lease with a fence.

    The MAC is by `lockhouse.ledger.tail`: what is not signed yet is known by it.
    """

    TABLE = "lane"
    STORE = "record"
    KEY = ("name",)
    name: str
    counter: int
    head: bytes
    fence: int
    mac: bytes


class Checkpoint(Row, frozen=True):
    """A signed tree head."""

    TABLE = "checkpoint"
    STORE = "record"
    KEY = ("size",)
    size: int
    at: int
    text: str


class Note(Row, frozen=True):
    """Beside a disclosure entry: whose boxes it opened. Deletable; indexed by ref for "who looked"."""

    TABLE = "note"
    STORE = "record"
    KEY = ("entry", "ref")
    INDEXES = (("ref",),)
    entry: bytes
    ref: bytes
    salt: bytes
    text: bytes


class Deletion(Row, frozen=True):
    """A record row removed on purpose and why, so that its absence is not tampering."""

    TABLE = "deletion"
    STORE = "record"
    KEY = ("record",)
    record: bytes
    leaf: bytes
    cause: str
    entry: bytes
