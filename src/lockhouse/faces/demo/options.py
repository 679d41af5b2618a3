"""What one may choose about a demo."""

from __future__ import annotations

from pathlib import Path

import msgspec

PEOPLE = 2_000
SEED = 7


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A demo's choices.

    Attributes:
        once: tell the whole story without asking, then end.
        json: print no story, only its figures as one object.
        people: how many made-up customers the shop has.
        seed: the same seed, the same day.
        keep: an empty or new folder that the house is made in and left in; None for a temporary one.
        real: real shop transactions instead of made-up ones.
        limit: at most so many baskets of the real ones; 0 for the whole month.
    """

    once: bool = False
    json: bool = False
    people: int = PEOPLE
    seed: int = SEED
    keep: Path | None = None
    real: bool = False
    limit: int = 0
