"""Whom somebody means, by the id that is printed; and who does something, by the word that the ledger has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.people import State
from lockhouse.errors import NotFound
from lockhouse.gates.staff.members import HOST, STAFF, begins_second_line, is_staff
from lockhouse.gates.staff.refusing import refuse
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from lockhouse.access.people import Member
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.deed import Deed
    from lockhouse.gates.staff.members import People
    from lockhouse.model.rows import Staff

APPROVERS = 2
"""From so many on who ever enrolled, the host approves nothing any more, but what begins a second line."""


def one_of(everybody: People, staff: bytes) -> Staff:
    """The account.

    Raises:
        NotFound: there is none.
    """
    row = everybody.rows.get(staff)
    if row is None:
        raise NotFound("staff: expected an id of an account, got another", hint="lockhouse staff list")
    return row


def doer(everybody: People, by: str) -> Member:
    """Who acts: a member of staff, or the host.

    Raises:
        NotFound: the account that acts is none.
    """
    return everybody.member(one_of(everybody, bytes.fromhex(by.removeprefix(STAFF))).id) if is_staff(by) else HOST


def active_doer(everybody: People, deed: Deed, by: str) -> Member:
    """Who acts, and still may when the deed is done: whoever is disabled meanwhile does nothing more.

    Raises:
        NotFound: the account that acts is none.
        Refused: it is not active.
    """
    who = doer(everybody, by)
    refuse("staff", None if who.state is State.ACTIVE else "not-active")
    if who.id:
        deed.hold(everybody.rows[who.id])
    return who


def require_host_may(everybody: People, *, where: str) -> None:
    """Nothing, while fewer than two have ever enrolled.

    Raises:
        Refused: two or more have, so one of them is to do it.
    """
    refuse(where, "has-staff" if len(everybody.came) >= APPROVERS else None)


def require_host_may_give(house: House, everybody: People, staff: bytes, role: str) -> None:
    """Nothing, while fewer than two have ever enrolled, or where a role that approves begins the second line.

    Raises:
        Refused: neither is so, and one of them is to approve it.
        Unavailable: no policy rules.
    """
    policy, now = house.live().policy, house.clock.now_ms()
    begins = permits(policy, (role,), "staff.approve") and begins_second_line(everybody, policy, staff, now=now)
    if not begins:
        require_host_may(everybody, where="role")
