"""Roles of staff, given or proposed, and ended: by a member, by the host, or as a group at an identity provider says.

Who may approve what takes two is `flows.staff_roles`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.access.people import PROPOSAL_MS, State, against_leaving
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.mail import notice_for
from lockhouse.gates.staff.called import moved
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.finding import active_doer, doer, one_of
from lockhouse.gates.staff.members import LETS_IN, hold_an_admin, is_staff, kept_apart, meant, people, takes_two, waits
from lockhouse.gates.staff.read import ENDED, GIVEN, PROPOSED
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.staff.sessions import all_over
from lockhouse.model.mails import RoleProposed
from lockhouse.model.rows import StaffRole
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People
    from lockhouse.model.policy import Policy


async def give(house: House, staff: bytes, role: str, *, by: str) -> StaffRole:
    """Somebody holds the role; or, of a role that takes two, is proposed for it: the row says which.

    Raises:
        Invalid: the policy has no such role.
        NotFound: there is no such account.
        Refused: they hold it already or are disabled, the policy keeps it apart from what they hold, or it is
            themselves who ask.
        Unavailable: no policy rules.
    """
    policy = house.live().policy
    if role not in policy.roles:
        raise Invalid("role", f"one of {', '.join(policy.roles)}", got="another word")
    found = await people(house)
    account = one_of(found, staff)
    rows = found.roles.get(staff, [])
    before = next((one for one in rows if one.role == role), None)
    is_wrong = account.state == State.DISABLED or (before is not None and _stays(house, found, before, by=by))
    free = "somebody who is not disabled, and has not got it"
    refuse("role", "wrong-state" if is_wrong else None, instead=free)
    deed = Deed(house)
    refuse("role", "same-person" if active_doer(found, deed, by).id == staff else None)
    refuse("role", "kept-apart" if kept_apart(policy, {*meant(rows), role}) else None)
    state = PROPOSED if takes_two(policy, role) else GIVEN
    ended_at = before.ended_at if before else 0
    new = StaffRole(staff, role, state, by, by, house.clock.now_ms(), ended_at, house.ids.new(), b"")
    whole = deed.put(new, was=before)
    if state == PROPOSED:
        deed.also(*notice_for(house, account, RoleProposed(role=role, at=whole.at)))
    hold_apart(deed, policy, found, staff, role)
    await deed.done()
    return whole


def _stays(house: House, found: People, row: StaffRole, *, by: str) -> bool:
    """Whether nobody gives this anew: it is given or proposed. What the host proposed, a member makes theirs."""
    is_request = is_staff(by) and not is_staff(row.proposed_by)
    return row.state == GIVEN or (row.state == PROPOSED and not is_request and stands(house, found, row))


def stands(house: House, found: People, row: StaffRole) -> bool:
    """Whether a proposal still stands: for seven days, and while who made it is active."""
    is_fresh = row.state == GIVEN or house.clock.now_ms() - row.at < PROPOSAL_MS
    return is_fresh and doer(found, row.proposed_by).state is State.ACTIVE


def hold_apart(deed: Deed, policy: Policy, found: People, staff: bytes, role: str) -> None:
    """The account is as it was read, and so is what they have of roles that are kept apart from this one."""
    deed.hold(found.rows[staff])
    has = {row.role: row for row in found.roles.get(staff, [])}
    for other in sorted({name for apart in policy.separate.roles if role in apart for name in apart} - {role}):
        deed.hold_role(staff, other, has.get(other))


async def end(house: House, staff: bytes, role: str, *, by: str) -> StaffRole:
    """Somebody holds the role no longer, or is not proposed for it any more; what they are signed in by is over.

    Raises:
        NotFound: there is no such account, or they do not have the role.
        Refused: they are the last admin.
    """
    found = await people(house)
    row = one_role(found, staff, role)
    policy = house.live_policy.policy if house.live_policy else None
    deed, account = Deed(house), found.rows[staff]
    active_doer(found, deed, by)
    if policy is not None and row.state == GIVEN and permits(policy, (role,), LETS_IN):
        refuse("role", against_leaving(staff, admins=found.admins(policy, also=staff)))
        hold_an_admin(deed, found, policy, but=staff)
    if row.state == GIVEN:
        deed.put(await all_over(house, deed, moved(house, account, "sessions", by=by), by=by), was=account)
    over = role_then(house, row, ENDED, by=by)
    held_until = over.at if row.state == GIVEN else row.ended_at
    ended = deed.put(msgspec.structs.replace(over, ended_at=held_until), was=row)
    await deed.done()
    return ended


def one_role(found: People, staff: bytes, role: str, *, only_waiting: bool = False) -> StaffRole:
    """The role of theirs that is meant.

    Raises:
        NotFound: there is no such account, or they do not have it.
    """
    one_of(found, staff)
    for row in found.roles.get(staff, []):
        if row.role == role and (waits(row, found.policy) if only_waiting else row.state != ENDED):
            return row
    raise NotFound("role: expected one that they have or are proposed for", hint="lockhouse staff show STAFF")


def role_then(house: House, row: StaffRole, state: int, *, by: str) -> StaffRole:
    """The role as it is about to be, under an entry of its own."""
    return msgspec.structs.replace(row, state=state, by=by, at=house.clock.now_ms(), entry=house.ids.new())
