"""Whom somebody means, by the id that is printed; and who does something, by the word that the ledger has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import NotFound
from lockhouse.gates.staff.members import HOST
from lockhouse.gates.staff.refusing import refuse

if TYPE_CHECKING:
    from lockhouse.access.people import Member
    from lockhouse.gates.staff.members import People
    from lockhouse.model.rows import Staff

STAFF = "staff:"
APPROVERS = 2
"""From so many on who can sign in, the host approves nothing any more."""


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


def is_staff(by: str) -> bool:
    """Whether a member of staff acts, and not the host."""
    return by.startswith(STAFF)


def require_host_may(everybody: People, *, where: str) -> None:
    """Nothing, while fewer than two can sign in.

    Raises:
        Refused: two or more can, so one of them is to approve it.
    """
    refuse(where, "has-staff" if len(everybody.active) >= APPROVERS else None)
