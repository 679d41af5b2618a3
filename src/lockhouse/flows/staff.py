"""Staff: accounts are made by a link, disabled and enabled, and factors reset; roles are in `flows.staff_roles`.

Whoever has the machine and its root key acts as `os-user:…`; who is signed in as `staff:…`. `access.people` says who
may decide over whom. While fewer than two have ever enrolled, nobody could approve anything: then the host does, and
the ledger says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.access.people import Deed as Begun
from lockhouse.access.people import (
    State,
    after,
    against_leaving,
    against_local,
    against_reset,
    against_second,
    of_one_line,
)
from lockhouse.errors import Conflict, Refused
from lockhouse.gates.mail import notice_for, put_for
from lockhouse.gates.staff.called import called, moved, new_account
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.factors import end_live
from lockhouse.gates.staff.failures import Failures, of_account
from lockhouse.gates.staff.finding import active_doer, doer, one_of, require_host_may
from lockhouse.gates.staff.links import ANEW, ENROL, OPENS_NOTHING, Link, open_link
from lockhouse.gates.staff.members import LETS_IN, hold_an_admin, is_staff, meant, people, waits
from lockhouse.gates.staff.read import GIVEN, PROPOSED, account_of_login, factors_of, uses_of
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.staff.sessions import all_over, cut_at
from lockhouse.gates.staff.told import FACTOR_LIVE
from lockhouse.model.mails import Invite, Mail, ResetBegun
from lockhouse.model.rows import StaffLogin, StaffRole
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.access.people import Step
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.called import Called
    from lockhouse.gates.staff.members import People
    from lockhouse.model.change import Put
    from lockhouse.model.rows import Factor, Staff

GIVES_ROLES = "staff.role"
RESET_MS = 24 * 60 * 60_000
"""How long a reset that was begun waits for its approval."""


class Known(NamedTuple):
    """An account as it is shown.

    Attributes:
        roles: one that waits for a second person is proposed, whatever its row says.
        factors: the live ones. `used_at`: when one was last used (ms); None: never.
    """

    row: Staff
    called: Called
    roles: tuple[StaffRole, ...]
    factors: tuple[Factor, ...]
    used_at: int | None


async def everybody(house: House) -> list[Known]:
    """Every account, oldest first.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    found = await people(house)
    return [await _known(house, found, row) for row in found.rows.values()]


async def show(house: House, staff: bytes) -> Known:
    """One account.

    Raises:
        NotFound: there is none. Tampered: as `everybody`.
    """
    found = await people(house)
    return await _known(house, found, one_of(found, staff))


async def failed(house: House, staff: bytes) -> Failures:
    """How many sign-ins to an account failed in the last seven days.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    return await of_account(house, staff)


async def _known(house: House, found: People, row: Staff) -> Known:
    live = [one for one in await factors_of(house, row.id) if one.state == FACTOR_LIVE]
    used = max((one.at for one in await uses_of(house, row.id)), default=0)
    roles = sorted(found.roles.get(row.id, ()), key=lambda one: one.role)
    shown = tuple(msgspec.structs.replace(one, state=PROPOSED) if waits(one, found.policy) else one for one in roles)
    return Known(row, called(house, row), shown, tuple(live), used or None)


async def invite(
    house: House, who: Called, *, by: str, language: str = "en", mailed: Callable[[Link], str] | None = None
) -> Link:
    """Somebody has an account, and one link by which they enrol. The first of a house is its admin.

    Args:
        house: as it stands.
        who: is invited.
        by: who acts.
        language: of their pages and mail.
        mailed: how the link is written; then it is mailed to the login, which must be an e-mail address.

    Raises:
        Invalid: the login or the name is none.
        Conflict: the login is somebody's already.
        Refused: who acts is not active.
    """
    found = await people(house)
    deed = Deed(house)
    inviter = active_doer(found, deed, by)
    row = new_account(house, who, inviter=inviter.id, by=by, language=language)
    if await account_of_login(house, row.login_tag) is not None:
        raise Conflict("login: expected one that nobody has", hint="lockhouse staff list")
    row, link = open_link(house, deed, row, kind=ENROL)
    deed.also(*([] if mailed is None else [_by_mail(house, who, link, language=language, mailed=mailed)]))
    deed.put(row, was=None)
    deed.set(StaffLogin(row.login_tag, row.id, b""), was=None)
    # Whoever was invited first and disabled before they enrolled leaves the house without anybody to let others in.
    is_first = not found.came and all(row.state == State.DISABLED for row in found.rows.values())
    role = admin_role(house) if is_first else None
    if role is not None:
        now = house.clock.now_ms()
        deed.put(StaffRole(row.id, role, GIVEN, by, by, now, 0, house.ids.new(), b""), was=None)
    await deed.done()
    return link


def _by_mail(house: House, who: Called, link: Link, *, language: str, mailed: Callable[[Link], str]) -> Put:
    about = Invite(link=mailed(link), until_at=link.until_at)
    return put_for(house, Mail(to=who.login, name=who.name, language=language, until_at=link.until_at, about=about))


def admin_role(house: House) -> str | None:
    """The first role of the policy that lets people in and gives them roles; None if none does, or no policy rules."""
    policy = house.live_policy.policy if house.live_policy else None
    lets = (LETS_IN, GIVES_ROLES)
    return (
        next((one for one in policy.roles if all(permits(policy, (one,), what) for what in lets)), None)
        if policy
        else None
    )


async def link_anew(
    house: House, staff: bytes, *, by: str, mailed: Callable[[Link], str] | None = None
) -> Link:  # fmt: skip
    """Another link for somebody who was invited and has not enrolled; the one before does not open any more.

    Args:
        house: as it stands.
        staff: whom it is for.
        by: who acts.
        mailed: as of `invite`.

    Raises:
        NotFound: there is no such account.
        Refused: they have enrolled, or are disabled; or they have a role, or are proposed for one, and a member of
            staff asks who may give none: whoever opens the link has it.
    """
    found = await people(house)
    row = one_of(found, staff)
    has_role = bool(meant(found.roles.get(staff, ())))
    refuse("staff", "holds-roles" if has_role and is_staff(by) and not _gives_roles(house, found, by) else None)
    open_to = "somebody who has not enrolled and is not disabled"
    refuse("staff", None if row.state == State.INVITED else "wrong-state", instead=open_to)
    deed = Deed(house)
    linked, link = open_link(house, deed, moved(house, row, "linked", by=by), kind=ENROL)
    if mailed is not None:
        deed.also(_by_mail(house, called(house, row), link, language=row.language, mailed=mailed))
    deed.put(linked, was=row)
    await deed.done()
    return link


def _gives_roles(house: House, found: People, by: str) -> bool:
    rules = house.live_policy
    return rules is not None and permits(rules.policy, tuple(doer(found, by).roles), GIVES_ROLES)


async def first_link(house: House, who: Called, *, by: str) -> Link | None:
    """A link for the first admin of a house in which nobody can sign in; None where somebody can.

    Whoever was invited by the host and has not enrolled gets a new one; else somebody called so is invited.

    Raises:
        Invalid: the login or the name is none.
        Conflict: the login is somebody's already, who is disabled.
    """
    found = await people(house)
    if found.active:
        return None
    waiting = [row.id for row in found.rows.values() if row.state == State.INVITED and not row.inviter]
    return await (link_anew(house, waiting[0], by=by) if waiting else invite(house, who, by=by))


async def disable(house: House, staff: bytes, *, by: str) -> Staff:
    """Somebody signs in no more, in no process, from now on; `enable` undoes it.

    Raises:
        NotFound: there is no such account.
        Refused: they are the last admin, or are disabled already.
    """
    found = await people(house, despite_roles=True)
    row = one_of(found, staff)
    deed = Deed(house)
    active_doer(found, deed, by)
    if house.live_policy is not None:
        policy = house.live_policy.policy
        refuse("staff", against_leaving(staff, admins=found.admins(policy, also=staff)))
        hold_an_admin(deed, found, policy, but=staff)
    state = _after(row, "disable")
    link = OPENS_NOTHING if row.state == State.ACTIVE and row.link else b""  # still nobody who could sign in
    ended = msgspec.structs.replace(moved(house, row, "disabled", by=by), state=state, link=link)
    whole = deed.put(await all_over(house, deed, ended, by=by), was=row)
    await deed.done()
    return whole


async def enable(house: House, staff: bytes, *, by: str) -> Staff:
    """Somebody may sign in again, anew, with the roles and factors they have. Who never enrolled needs a new link.

    Raises:
        NotFound: there is no such account.
        Refused: they are not disabled, or it is themselves who ask.
    """
    found = await people(house)
    row = one_of(found, staff)
    deed = Deed(house)
    refuse("staff", "same-person" if doer(found, by).id == staff else None)
    active_doer(found, deed, by)
    state = _after(row, "enable")
    cut = await cut_at(house, row)
    then = msgspec.structs.replace(moved(house, row, "enabled", by=by), state=state, sessions_from=cut)
    whole = deed.put(then, was=row)
    await deed.done()
    return whole


def _after(row: Staff, step: Step) -> int:
    then = after(State(row.state), step, was_active=row.active_at is not None)
    stands = "somebody who is disabled" if step == "enable" else "somebody who is not disabled already"
    refuse("staff", "wrong-state" if then is None else None, instead=stands)
    return row.state if then is None else int(then)


async def reset(house: House, staff: bytes, *, by: str) -> Staff:
    """A reset of somebody's factors is begun: nothing changes for them until somebody else approves it in 24 hours.

    Raises:
        NotFound: there is no such account.
        Refused: they are not active, or it is themselves who ask.
    """
    found = await people(house)
    row = one_of(found, staff)
    refuse("staff", against_reset(doer(found, by), subject=found.member(staff)), instead="somebody who can sign in")
    deed = Deed(house)
    whole = deed.put(moved(house, row, "reset-begun", by=by), was=row)
    deed.also(*notice_for(house, row, ResetBegun(at=whole.at)))
    await deed.done()
    return whole


async def approve_reset(house: House, staff: bytes, *, by: str) -> Link:
    """A reset that somebody else began is carried out: factors and sessions are over, and a link enrols anew.

    Raises:
        NotFound: there is no such account.
        Refused: none was begun in the last 24 hours, or this is nobody who may approve it.
    """
    found = await people(house)
    row = one_of(found, staff)
    now = house.clock.now_ms()
    is_begun = row.step == "reset-begun" and now - row.at < RESET_MS and row.state == State.ACTIVE
    refuse("reset", None if is_begun else "wrong-state", instead="one that was begun within 24 hours")
    deed = Deed(house)
    if not is_staff(by):
        require_host_may(found, where="reset")
    else:
        begun, other = Begun(doer(found, row.by), staff), doer(found, by)
        stands = begun.by.state is State.ACTIVE  # as a role's proposal, it counts while who made it is active
        refuse("reset", None if stands else "wrong-state", instead="one that was begun by somebody who is active")
        refuse("reset", against_second(begun, other, inviters=found.inviters, now=now))
        deed.hold(found.rows[other.id])
        if begun.by.id:
            deed.hold(found.rows[begun.by.id])
    return await _anew(house, deed, row, moved(house, row, "reset", by=by))


async def recover_local(house: House, staff: bytes, *, by: str) -> Link:
    """The only admin enrols anew by a link, on the machine itself. `doctor` says so until somebody reviews it.

    Raises:
        NotFound: there is no such account.
        Refused: there is another admin, or was within 72 hours, or it is not the machine's user who asks.
    """
    found = await people(house)
    row = one_of(found, staff)
    if is_staff(by) or house.live_policy is None:
        raise Refused("recover: expected the machine's own user, in a house with a policy", reasons=("not-host",))
    now = house.clock.now_ms()
    refuse("recover", against_local(staff, admins=found.recent_admins(house.live_policy.policy, staff, now=now)))
    then = msgspec.structs.replace(moved(house, row, "recovered", by=by), recovered_at=now)
    return await _anew(house, Deed(house), row, then)


async def review_recovery(house: House, staff: bytes, *, by: str) -> Staff:
    """Somebody looked into a recovery on the machine, and answers for it.

    Raises:
        NotFound: there is no such account.
        Refused: there is none to review, it is themselves or somebody of their line who asks; or the host, though two
            or more have ever enrolled.
    """
    found = await people(house)
    row = one_of(found, staff)
    refuse("review", None if row.recovered_at is not None else "wrong-state", instead="a recovery on the machine")
    if is_staff(by):
        other = doer(found, by).id
        refuse("review", "same-person" if other == staff else None)
        refuse("review", "of-one-line" if of_one_line(other, staff, inviters=found.inviters) else None)
    else:
        require_host_may(found, where="review")
    deed = Deed(house)
    whole = deed.put(msgspec.structs.replace(moved(house, row, "reviewed", by=by), recovered_at=None), was=row)
    await deed.done()
    return whole


async def _anew(house: House, deed: Deed, row: Staff, then: Staff) -> Link:
    """Every factor and session of theirs is over, and one link enrols anew.

    A factor that a session of theirs adds meanwhile ends right behind it: none can be added once the sessions are over.
    """
    await end_live(house, deed, row.id, by=then.by)
    linked, link = open_link(house, deed, then, kind=ANEW)
    deed.put(await all_over(house, deed, linked, by=then.by), was=row)
    await deed.done()
    late = Deed(house)
    if await end_live(house, late, row.id, by=then.by):
        await late.done()
    return link
