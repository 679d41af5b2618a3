"""Identity store: legal holds, and the keys that they keep."""

from __future__ import annotations

from lockhouse.model.rows.base import U16, Row, Sixteen


class Hold(Row, frozen=True):
    """A legal hold. `state` 0 stands, 1 released: then its key is gone, and with it every key that it kept."""

    TABLE = "hold"
    STORE = "identity"
    KEY = ("id",)
    AUTHORITY = True
    id: bytes
    terms: bytes
    """msgpack of `gates.holds.Terms`: why, of whom, of what, and when it is looked at again."""
    keys: int
    """How many keys it keeps, or kept."""
    serial: bytes
    """Of the hold's own key: what the journal and a tombstone name once it is destroyed."""
    generation: int
    wrapped: bytes | None
    state: int
    at: int
    by: str
    entry: bytes
    mac: bytes


class HeldKey(Row, frozen=True):
    """The key of one person's boxes of a compartment and epoch, sealed under a hold's own; compartment 0: their ref."""

    TABLE = "held_key"
    STORE = "identity"
    KEY = ("hold", "person", "compartment", "epoch", "serial")
    INDEXES = (("person",),)
    hold: Sixteen
    person: Sixteen
    compartment: U16
    epoch: U16
    serial: bytes
    sealed: bytes
