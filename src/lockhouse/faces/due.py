"""What is due to end, as it is told: month by month, or by how long ago somebody was last active."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lockhouse.model.ids import DAY_MS, EPOCH_DAY_ZERO_MS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.flows.lapse import Lapse
    from lockhouse.flows.retain import Due


def epochs_told(found: Iterable[Due], *, now: int) -> list[dict[str, Any]]:
    """Months of collection, each with its first day, its end and how it stands at a moment (ms)."""
    return [_epoch(one, now=now) for one in found]


def _epoch(one: Due, *, now: int) -> dict[str, Any]:
    begins = EPOCH_DAY_ZERO_MS + one.epoch * DAY_MS
    state = "shut" if one.shut else "due" if one.due_at <= now else "ahead" if begins > now else "kept"
    return {
        "compartment": one.compartment, "name": one.name, "class": one.class_, "purposes": list(one.purposes),
        "epoch": datetime.fromtimestamp(begins / 1000, UTC).date().isoformat(), "due_at": one.due_at, "state": state,
        "due": one.due_at <= now, "shut": one.shut, "ahead": begins > now,
    }  # fmt: skip


def idle_told(found: Iterable[Lapse]) -> list[dict[str, Any]]:
    """Compartments, each with of how many persons it is due."""
    return [
        {
            "compartment": one.compartment, "name": one.name, "class": one.class_, "purposes": list(one.purposes),
            "persons": one.persons, "due_at": one.due_at,
        }
        for one in found
    ]  # fmt: skip
