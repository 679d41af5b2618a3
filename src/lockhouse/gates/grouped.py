"""Roles as the groups of somebody's identity say: given where one person may give them, proposed where it takes two.

What a member or the host ended, no group gives again; a role that the settings name and no group gives any more is
ended, and every session with it. The last admin stays one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.access.federation import moves
from lockhouse.errors import NotFound, Refused
from lockhouse.gates.roles import end, give
from lockhouse.gates.staff.federated import provider
from lockhouse.gates.staff.members import meant
from lockhouse.gates.staff.read import ENDED, roles_of
from lockhouse.model.federation import ACTOR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection

    from lockhouse.gates.house import House


async def follow(house: House, staff: bytes, groups: Collection[str]) -> None:
    """Somebody's roles are as their groups say, as far as groups say anything.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
        Conflict: one of them moves meanwhile.
    """
    mapped = provider(house).rules.roles
    if not mapped or house.live_policy is None:
        return
    rows = await roles_of(house, staff)
    kept_out = {row.role for row in rows if row.state == ENDED and row.by != ACTOR}
    then = moves(mapped, groups, has=meant(rows))
    for role in then.end:
        await _tried(end(house, staff, role, by=ACTOR))
    for role in then.begin:
        if role not in kept_out and role in house.live_policy.policy.roles:
            await _tried(give(house, staff, role, by=ACTOR))


async def _tried(deed: Awaitable[object]) -> None:
    """A role that may not begin, being kept apart from another, or not end, being the last admin's, stays as it is."""
    with suppress(NotFound, Refused):
        await deed
