"""What the ledger duty remembers, and what one group adds to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockhouse.ledger.append import LaneState
    from lockhouse.model.change import Leaf
    from lockhouse.model.rows import Checkpoint, House, LedgerEntry


@dataclass(slots=True)
class Kept:
    """What the ledger duty remembers between groups; read from the shelf at start.

    Attributes:
        waiting: durable entries without a position, in arrival order.
        checked_size: the tree size of the newest checkpoint.
        checked_s: when it was made, on the lease clock.
        unanchored: the newest checkpoint and its frontier, as long as they are not durable outside of the stores.
    """

    house: House | None
    lanes: dict[str, LaneState]
    fences: dict[str, int]
    waiting: list[LedgerEntry]
    checked_size: int
    checked_s: float
    unanchored: tuple[Checkpoint, bytes] | None = None


@dataclass(slots=True)
class Stage:
    """One group's additions to the ledger, dropped if the group fails."""

    house: House | None
    at: int
    accepted: bool = False
    lanes: dict[str, LaneState] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    leaves: dict[str, list[Leaf]] = field(default_factory=dict)
