"""Entries of corrections: what staff put right of a person, on the person's own word, and what became of it."""

from __future__ import annotations

from typing import Literal

from lockhouse.ledger.entry.body import Actor, Body, Hex16, Hex32, Number, Word


class Correction(Body, frozen=True):
    """A field of a person was put right (GDPR Art. 16), or such a correction ended.

    Attributes:
        change: `made`; `undone`, so that what was there before is shown again; `replaced`, thirty days after a newer
            one came in its place.
        ref: of the source person. `field`: its number.
        by: who did. `role`, `purpose`: as what and what for; none where time did it.
        look: the disclosure in which the value before was compared, of one that was made.
        row: hash of the row. `place`: as in a suppression.
    """

    KIND = "correction"
    change: Literal["made", "undone", "replaced"]
    ref: Hex16
    field: Number
    by: Actor
    row: Hex32
    place: Hex32
    role: Word | None = None
    purpose: Word | None = None
    look: Hex16 | None = None
