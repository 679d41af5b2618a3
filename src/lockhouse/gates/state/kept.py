"""Keys that legal holds keep: as many as each says. No entry tells of one, and what opens by it is gone with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.holds import REF, STANDS
from lockhouse.model.rows import HeldKey, Hold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.gates.state.found import Found


async def hold_kept(house: House, rows: Sequence[Hold], found: Found) -> None:
    """Each hold that stands keeps so many keys as its row says; not asked of one that was changed meanwhile."""
    for row in rows:
        if row.state != STANDS:
            continue
        kept = await house.reads.find(HeldKey, ("hold",), [(row.id,)])
        there = sum(one.compartment != REF for one in kept)
        still = (await house.reads.get(Hold, [(row.id,)])).get((row.id,)) == row
        if there == row.keys or not still:
            continue
        sentence = f"Of its kept keys {there} are there, and it says that it keeps {row.keys}."
        kind = "missing-row" if there < row.keys else "edited-row"
        found.add(kind, f"{HeldKey.TABLE}, hold entry {row.entry.hex()}", sentence)
