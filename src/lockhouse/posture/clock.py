"""Whether time may be believed here, and what waits while it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.posture import mends

if TYPE_CHECKING:
    from lockhouse.posture.world import House

BEHIND_MS = 120_000


def behind(house: House) -> tuple[str, str]:
    """That the clock is behind the ledger, and what mends it; empty if it is not."""
    if house.behind_ms <= BEHIND_MS:
        return "", ""
    rules = ", and no policy that waits comes to rule" if _waits(house) else ""
    told = f"The clock is behind the ledger's newest time: nothing will be destroyed{rules}."
    return told, f"set this machine's clock right ({mends.OUTAGE})"


def leapt(house: House) -> str:
    """What waits for a day that somebody watches; empty if nothing does."""
    if not house.unwatched:
        return ""
    rules = ", nor does the policy that waits come to rule, though its hour may have come" if _waits(house) else ""
    return f"The clock leapt by more than a day: until a day was watched nothing ends by date{rules}."


def _waits(house: House) -> bool:
    return bool(house.waiting) and not house.waits_in_vain
