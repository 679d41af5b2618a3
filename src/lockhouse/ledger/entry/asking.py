"""Entries of what customers and shops asked of a provider that passed it on."""

from __future__ import annotations

from typing import Literal

from lockhouse.ledger.entry.body import Actor, Body, Hex32, Number, Word


class Asked(Body, frozen=True):
    """A request came through a provider, was settled by staff, or is not kept any longer.

    Attributes:
        channel: its number. `persons`: how many source persons had one of its identifiers when it came.
        due: ms; when it must be answered. `by`: who took it in, settled it, or took it away.
        reason: one word of whoever settled it.
        row: hash of the row, which holds whom it is about. `place`: as in a suppression.
    """

    KIND = "asked"
    step: Literal["made", "settled", "swept"]
    what: Literal["access", "erasure", "shop"]
    channel: Number
    persons: Number
    due: Number
    by: Actor
    row: Hex32
    place: Hex32
    reason: Word | None = None
