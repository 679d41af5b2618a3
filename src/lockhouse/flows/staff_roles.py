"""Roles of staff: given at once, but one that takes two is only proposed, and approved by somebody else.

Those are what reads personal data by the policy's table, and what has power over staff by `may`; its `separate` says
what nobody holds together. `access.people` says who may approve. While fewer than two have ever enrolled, and for
whoever begins a second line of invitations, the host approves what is proposed; the ledger has both. Any other proposal
of the host is a request: a member makes it theirs by giving the role, and another approves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.access.people import PROPOSAL_MS, State, against_leaving, against_role
from lockhouse.access.people import Deed as Begun
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.mail import notice_for
from lockhouse.gates.staff.called import moved
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.finding import active_doer, doer, one_of, require_host_may_give
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
    _hold(deed, policy, found, staff, role)
    await deed.done()
    return whole


def _stays(house: House, found: People, row: StaffRole, *, by: str) -> bool:
    """Whether nobody gives this anew: it is given or proposed. What the host proposed, a member makes theirs."""
    is_request = is_staff(by) and not is_staff(row.proposed_by)
    return row.state == GIVEN or (row.state == PROPOSED and not is_request and _waits(house, found, row))


def _waits(house: House, found: People, row: StaffRole) -> bool:
    """Whether the proposal still stands: for seven days, and while who made it is active."""
    is_fresh = row.state == GIVEN or house.clock.now_ms() - row.at < PROPOSAL_MS
    return is_fresh and doer(found, row.proposed_by).state is State.ACTIVE


def _hold(deed: Deed, policy: Policy, found: People, staff: bytes, role: str) -> None:
    """The account is as it was read, and so is what they have of roles that are kept apart from this one."""
    deed.hold(found.rows[staff])
    has = {row.role: row for row in found.roles.get(staff, [])}
    for other in sorted({name for apart in policy.separate.roles if role in apart for name in apart} - {role}):
        deed.hold_role(staff, other, has.get(other))


async def approve(house: House, staff: bytes, role: str, *, by: str) -> StaffRole:
    """Somebody holds the role that somebody else proposed them for.

    Raises:
        NotFound: there is no such account, or they are not proposed for the role.
        Refused: they have not enrolled yet or since a reset, the proposal stands no longer, this is nobody who may
            approve it, or what they hold since is kept apart.
        Unavailable: no policy rules.
    """
    policy, found, deed = house.live().policy, await people(house), Deed(house)
    row = _one(found, staff, role, only_waiting=True)
    # Who has not enrolled is whoever opens the link, and another one is soon made: no second person stands behind that.
    is_in = found.rows[staff].state == State.ACTIVE and not found.rows[staff].link
    refuse("role", None if is_in else "wrong-state", instead="somebody who has enrolled and is not disabled")
    standing = "one that was proposed within seven days, by somebody who is active"
    refuse("role", None if _waits(house, found, row) else "wrong-state", instead=standing)
    refuse("role", "kept-apart" if kept_apart(policy, meant(found.roles[staff])) else None)
    if is_staff(by):
        begun = Begun(doer(found, row.proposed_by), staff)
        now, other = house.clock.now_ms(), doer(found, by)
        refuse("role", against_role(begun, other, role=role, inviters=found.inviters, now=now))
        deed.hold(found.rows[other.id])
        deed.hold(found.rows[begun.by.id])
    else:
        require_host_may_give(house, found, staff, role)
    _hold(deed, policy, found, staff, role)
    given = deed.put(_then(house, row, GIVEN, by=by), was=row)
    await deed.done()
    return given


async def end(house: House, staff: bytes, role: str, *, by: str) -> StaffRole:
    """Somebody holds the role no longer, or is not proposed for it any more; what they are signed in by is over.

    Raises:
        NotFound: there is no such account, or they do not have the role.
        Refused: they are the last admin.
    """
    found = await people(house)
    row = _one(found, staff, role)
    policy = house.live_policy.policy if house.live_policy else None
    deed, account = Deed(house), found.rows[staff]
    active_doer(found, deed, by)
    if policy is not None and row.state == GIVEN and permits(policy, (role,), LETS_IN):
        refuse("role", against_leaving(staff, admins=found.admins(policy, also=staff)))
        hold_an_admin(deed, found, policy, but=staff)
    if row.state == GIVEN:
        deed.put(await all_over(house, deed, moved(house, account, "sessions", by=by), by=by), was=account)
    over = _then(house, row, ENDED, by=by)
    held_until = over.at if row.state == GIVEN else row.ended_at
    ended = deed.put(msgspec.structs.replace(over, ended_at=held_until), was=row)
    await deed.done()
    return ended


def _one(found: People, staff: bytes, role: str, *, only_waiting: bool = False) -> StaffRole:
    one_of(found, staff)
    for row in found.roles.get(staff, []):
        if row.role == role and (waits(row, found.policy) if only_waiting else row.state != ENDED):
            return row
    raise NotFound("role: expected one that they have or are proposed for", hint="lockhouse staff show STAFF")


def _then(house: House, row: StaffRole, state: int, *, by: str) -> StaffRole:
    return msgspec.structs.replace(row, state=state, by=by, at=house.clock.now_ms(), entry=house.ids.new())
