"""An ending on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.layout import when
from lockhouse.flows.request import destroyed_at

if TYPE_CHECKING:
    from lockhouse.gates.ending import Case


def destroyed(case: Case) -> str:
    """When the keys were destroyed, or from when on they will be; of what was called off neither."""
    if case.step in {"cancelling", "cancelled"}:
        return "-"
    at = destroyed_at(case)
    return f"from {when(case.destroy_at)}" if at is None else when(at)
