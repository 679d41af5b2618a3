"""An ending on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from lockhouse.faces.cli.layout import when
from lockhouse.flows.request import destroyed_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.gates.ending import Case


def unmeant(case: Case) -> str | None:
    """The run of a case that ends much and waits for `retention confirm`; None of every other case."""
    return case.run.id.hex() if case.is_unmeant and case.run is not UNSET else None


def ending(case: Case) -> int | None:
    """How many boxes a case's run ends, as `retention confirm` wants it typed; None where none waits for that."""
    return case.run.boxes if case.is_unmeant and case.run is not UNSET else None


def destroyed(case: Case) -> str:
    """When the keys were destroyed, or from when on they will be; of what was called off neither.

    What a run that ends much has shut waits for `retention confirm`.
    """
    return destroyed_of({
        "step": case.step, "confirm": unmeant(case), "destroyed_at": destroyed_at(case), "destroy_at": case.destroy_at,
    })  # fmt: skip


def destroyed_of(told: Mapping[str, Any]) -> str:
    """The same of a case as it is told."""
    if told["step"] in {"cancelling", "cancelled"}:
        return "-"
    if told["confirm"]:
        return "once confirmed"
    at: int | None = told["destroyed_at"]
    return f"from {when(told['destroy_at'])}" if at is None else when(at)
