"""Whether every break-glass was reviewed in time, and found in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lockhouse.posture.staff import StaffSeen

PAGE = "docs/operations/grants.md"


def reviewed(seen: StaffSeen) -> tuple[Literal["PASS", "FAIL"], str, str]:
    """State, sentence and mend: each one within 72 hours, by somebody else (NIST SP 800-53r5 AC-6(9), SOC 2 CC6.3)."""
    mend = f"somebody else who may grant.approve reviews it in the console ({PAGE})"
    if seen.glass_overdue:
        told = f"A break-glass was not reviewed within 72 hours: {', '.join(seen.glass_overdue)}."
        return "FAIL", told, mend
    if seen.glass_due:
        return "PASS", f"A break-glass waits for its review, and not for too long: {', '.join(seen.glass_due)}.", mend
    return "PASS", "No break-glass waits for its review.", ""
