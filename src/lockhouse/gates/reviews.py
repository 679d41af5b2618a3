"""Reviews of access as they stand: read with their MACs checked, and whether the next one is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.people import State
from lockhouse.access.reviewing import DONE, Line
from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked
from lockhouse.gates.staff.members import waits
from lockhouse.gates.staff.read import GIVEN, uses_of
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import AccessReview

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People

_MONTH_MS = 30 * DAY_MS


async def reviews(house: House) -> list[AccessReview]:
    """Every review, the newest first.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    rows = [row async for some in house.reads.scan(AccessReview) for row in checked(some, house.integrity_key)]
    return sorted(rows, key=lambda row: (-row.opened_at, row.id))


async def review_of(house: House, review: bytes) -> AccessReview:
    """One review.

    Raises:
        NotFound: there is none. Tampered: as `reviews`.
    """
    rows = checked((await house.reads.get(AccessReview, [(review,)])).values(), house.integrity_key)
    if not rows:
        raise NotFound("review: expected the id of one, got another", hint="lockhouse staff access list")
    return rows[0]


async def lines_of(house: House, found: People) -> list[Line]:
    """Who holds which role now, of those who are not disabled."""
    lines = []
    for staff, row in found.rows.items():
        held = [] if row.state == State.DISABLED else found.roles.get(staff, [])
        given = [role for role in held if role.state == GIVEN and not waits(role, found.policy)]
        used = max((one.at for one in await uses_of(house, staff)), default=0) if given else 0
        lines += [
            Line(
                staff=staff.hex(), role=role.role, given_at=role.at, proposed_by=role.proposed_by, given_by=role.by,
                used_at=used or None, enrolled=row.active_at is not None,
            )
            for role in given
        ]  # fmt: skip
    return sorted(lines, key=lambda one: (one.staff, one.role))


async def overdue(house: House, found: People, *, months: int) -> bool:
    """Whether no review is done that was opened within so long, where two or more have been members for as long."""
    since = sorted(row.active_at for row in found.rows.values() if row.active_at is not None)
    if not months or len(since) < 2:  # noqa: PLR2004  (one reviews, another signs)
        return False
    now = house.clock.now_ms()  # what a clock that ran ahead signed says nothing of this day
    closed = max(
        (row.opened_at for row in await reviews(house) if row.state == DONE and row.signed_at <= now), default=since[1]
    )
    return now - closed > months * _MONTH_MS
