"""Roles of staff: given at once, but one that takes two is only proposed, and approved by somebody else.

Those are what reads personal data by the policy's table, and what has power over staff by `may`; its `separate` says
what nobody holds together. `access.people` says who may approve. While fewer than two have ever enrolled, and for
whoever begins a second line of invitations, the host approves what is proposed; the ledger has both. Any other proposal
of the host is a request: a member makes it theirs by giving the role, and another approves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.people import Deed as Begun
from lockhouse.access.people import State, against_role
from lockhouse.gates.roles import end, give, hold_apart, one_role, role_then, stands
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.finding import doer, require_host_may_give
from lockhouse.gates.staff.members import is_staff, kept_apart, meant, people
from lockhouse.gates.staff.read import GIVEN
from lockhouse.gates.staff.refusing import refuse

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.rows import StaffRole

__all__ = ["approve", "end", "give"]


async def approve(house: House, staff: bytes, role: str, *, by: str) -> StaffRole:
    """Somebody holds the role that somebody else proposed them for.

    Raises:
        NotFound: there is no such account, or they are not proposed for the role.
        Refused: they have not enrolled yet or since a reset, the proposal stands no longer, this is nobody who may
            approve it, or what they hold since is kept apart.
        Unavailable: no policy rules.
    """
    policy, found, deed = house.live().policy, await people(house), Deed(house)
    row = one_role(found, staff, role, only_waiting=True)
    # Who has not enrolled is whoever opens the link, and another one is soon made: no second person stands behind that.
    is_in = found.rows[staff].state == State.ACTIVE and not found.rows[staff].link
    refuse("role", None if is_in else "wrong-state", instead="somebody who has enrolled and is not disabled")
    standing = "one that was proposed within seven days, by somebody who is active"
    refuse("role", None if stands(house, found, row) else "wrong-state", instead=standing)
    refuse("role", "kept-apart" if kept_apart(policy, meant(found.roles[staff])) else None)
    if is_staff(by):
        begun = Begun(doer(found, row.proposed_by), staff)
        now, other = house.clock.now_ms(), doer(found, by)
        refuse("role", against_role(begun, other, role=role, inviters=found.inviters, now=now))
        deed.hold(found.rows[other.id])
        deed.hold(found.rows[begun.by.id])
    else:
        require_host_may_give(house, found, staff, role)
    hold_apart(deed, policy, found, staff, role)
    given = deed.put(role_then(house, row, GIVEN, by=by), was=row)
    await deed.done()
    return given
