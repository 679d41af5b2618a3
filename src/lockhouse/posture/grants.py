"""Whether every break-glass was reviewed in time, and found in order."""

from __future__ import annotations

from typing import Literal

PAGE = "docs/operations/grants.md"


def reviewed(due: tuple[str, ...], overdue: tuple[str, ...]) -> tuple[Literal["PASS", "FAIL"], str, str]:
    """State, sentence and mend: each one within 72 hours, by somebody else (NIST SP 800-53r5 AC-6(9), SOC 2 CC6.3)."""
    mend = f"somebody else who may grant.approve reviews it in the console ({PAGE})"
    if overdue:
        told = f"A break-glass was not reviewed within 72 hours: {', '.join(overdue)}."
        return "FAIL", told, mend
    if due:
        return "PASS", f"A break-glass waits for its review, and not for too long: {', '.join(due)}.", mend
    return "PASS", "No break-glass waits for its review.", ""
