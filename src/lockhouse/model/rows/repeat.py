"""Record store: what a request that changed something was answered, so that a repeat is answered alike."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lockhouse.model.rows.base import At, Row

ThirtyTwo = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class Repeat(Row, frozen=True):
    """An `Idempotency-Key`, as a keyed hash, for 24 hours."""

    TABLE = "repeat"
    STORE = "record"
    KEY = ("tag",)
    tag: ThirtyTwo
    body: ThirtyTwo
    """Keyed hash of what was asked."""
    at: At
    answer: bytes
    """Sealed; empty while the first request is under way."""
