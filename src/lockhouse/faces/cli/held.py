"""How much of a channel waits in quarantine, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.layout import count, when

if TYPE_CHECKING:
    from lockhouse.gates.quarantine import Waiting


def held_text(held: Waiting) -> str:
    """How many events, how large, and until when; `nothing` where none waits."""
    if not held.events:
        return "nothing"
    size = f"{count(held.events, 'event')}, {held.bytes:,} bytes"
    if held.first_until == held.last_until:
        return f"{size}, until {when(held.last_until)}"
    return f"{size}: the first until {when(held.first_until)}, the last until {when(held.last_until)}"


def replay_hint(name: str, held: Waiting) -> str:
    """A line that says what waits and what stores it; empty where nothing does."""
    if not held.events:
        return ""
    return (
        f"\n\nIn quarantine: {held_text(held)}. Under a policy that has what it lacked, this stores it:\n"
        f"  lockhouse channel replay {name}"
    )
