"""What a legal hold keeps of something that ends: a certificate does not call it erased, and the sweep leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.holds import standing, terms_of
from lockhouse.model.rows import HeldKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.holds import Terms
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Hold


async def kept_back(
    house: House, *, persons: Sequence[bytes], compartment: int, epoch: int | None
) -> list[tuple[Hold, Terms]]:
    """The standing holds that keep keys of what ends: of these persons, or of a compartment's whole epoch."""
    found = [(row, terms_of(row)) for row in await standing(house)]
    if epoch is None:
        return [(row, terms) for row, terms in found if terms.covers(persons, compartment)]
    held = {
        one.hold
        for row, _ in found
        for one in await house.reads.find(HeldKey, ("hold",), [(row.id,)])
        if (one.compartment, one.epoch) == (compartment, epoch)
    }
    return [(row, terms) for row, terms in found if row.id in held]
