"""What customers and shops asked of a provider: listed, settled by staff, and let go in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Tampered
from lockhouse.gates import asked
from lockhouse.gates.disclose.said import require_other
from lockhouse.gates.trusted_time import watched_now
from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor
    from lockhouse.model.rows import Asked

BY = "service:work"


async def listed(house: House) -> list[Asked]:
    """Every one that is kept, the oldest first.

    Raises:
        Tampered: one was not made, or not left, as this house made it.
    """
    return await asked.every_asked(house)


async def settle(house: House, own: bytes, *, reason: str, actor: Actor, own_persons: Collection[bytes]) -> Asked:
    """It is settled, by somebody whom it is not about.

    Args:
        house: as it stands.
        own: its id.
        reason: one word or code; it goes into the ledger for good.
        actor: who settles it.
        own_persons: the source persons whom the actor is, as far as anybody said so.

    Raises:
        NotFound: there is none.
        Conflict: it is settled already.
        Refused: it is the actor's own; that is noted.
        Tampered: it was not made, or not left, as this house made it.
    """
    row = await asked.find_asked(house, own)
    await require_other(house, *asked.persons_of(row), actor=actor, own=own_persons, action="request")
    return await asked.settle(house, row, reason=reason, by=actor.id)


async def waiting(house: House) -> list[Asked]:
    """Those that are open; none where one was edited, which `ledger verify --state` names."""
    try:
        return await asked.open_asked(house)
    except Tampered:
        return []


async def overdue(house: House, *, now: int) -> list[Asked]:
    """Those of `waiting` that are open past their day."""
    return [row for row in await waiting(house) if row.due_at <= now]


async def sweep(house: House) -> int:
    """What was settled more than three years ago is gone; how many there were.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it.
        Tampered: a row was not made, or not left, as this house made it.
    """
    before = await watched_now(house) - asked.KEPT_DAYS * DAY_MS
    rows = await asked.every_asked(house)
    old = [row for row in rows if row.settled_at is not None and row.settled_at < before]
    return await asked.let_go(house, old, by=BY)
