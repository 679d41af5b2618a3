"""The blind indexes that source persons own, read with their MACs: the brake counts them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lockhouse.gates.authority import checked_bound
from lockhouse.model.rows import Identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import House


async def indexes_of(house: House, persons: Iterable[bytes]) -> dict[bytes, list[Identifier]]:
    """The blind indexes of source persons that point to persons; a device's many cookies are nobody's many addresses.

    Raises:
        Tampered: one was not made by this house.
    """
    devices = house.live().device_kinds
    rows = await house.reads.find(Identifier, ("person",), [(person,) for person in sorted(persons)])
    found: dict[bytes, list[Identifier]] = defaultdict(list)
    for row in checked_bound(rows, house.row_macs):
        if row.kind not in devices:
            found[row.person].append(row)
    return found
