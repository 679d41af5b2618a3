"""What is out of service for now: a channel, whose senders keep what they have, or a recipient, whose events wait.

It is no part of the policy: whoever sees that something goes wrong takes it out at once, and puts it back as quickly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.gates.authority import checked
from lockhouse.model.rows import Pause

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House

What = Literal["channel", "recipient"]
IN_SERVICE, PAUSED = 0, 1


async def pauses(house: House, what: What, numbers: Collection[int]) -> dict[int, Pause]:
    """The channels or recipients of these numbers that are paused, each with who paused it and when.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    rows = await house.reads.get(Pause, [(what, number) for number in numbers])
    return {row.number: row for row in checked(rows.values(), house.integrity_key) if row.state == PAUSED}


async def is_paused(house: House, what: What, number: int) -> bool:
    """Whether this one is.

    Raises:
        Tampered: as `pauses`.
    """
    return number in await pauses(house, what, [number])
