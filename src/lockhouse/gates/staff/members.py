"""The people of a house as `access.people` decides over them, and what their roles may, by the policy that rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access.people import Member, State
from lockhouse.gates.staff.read import ACTIVE, ENDED, GIVEN, accounts, every_role
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockhouse.gates.house import House
    from lockhouse.gates.staff.deed import Deed
    from lockhouse.model.policy import Policy
    from lockhouse.model.rows import Staff, StaffRole

HOST = Member(b"", State.ACTIVE)
"""Whoever has the machine: nobody invited them, and they hold no role."""
LETS_IN = "staff.invite"
"""Whoever may do this is an admin."""
_WEIGHTY = (LETS_IN, "policy.approve", "key.rotate", "backup.create", "retention.apply")
_READS = frozenset({"masked", "full", "check", "change"})


class People(NamedTuple):
    """Everybody who has an account.

    Attributes:
        inviters: account -> who invited it; empty: the host.
    """

    rows: dict[bytes, Staff]
    roles: dict[bytes, list[StaffRole]]

    def member(self, staff: bytes) -> Member:
        """Somebody as they are decided over; the host for nobody."""
        if not staff:
            return HOST
        row = self.rows[staff]
        return Member(staff, State(row.state), row.active_at or 0, held(self.roles.get(staff, ())))

    @property
    def inviters(self) -> dict[bytes, bytes]:
        """Account -> who invited it; empty: the host."""
        return {row.id: row.inviter for row in self.rows.values()}

    @property
    def active(self) -> list[bytes]:
        """Who may sign in."""
        return [row.id for row in self.rows.values() if row.state == ACTIVE]

    def admins(self, policy: Policy) -> list[bytes]:
        """Who may sign in and let others in."""
        return [one for one in self.active if permits(policy, tuple(self.member(one).roles), LETS_IN)]


async def people(house: House) -> People:
    """As they stand.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    roles: dict[bytes, list[StaffRole]] = {}
    for role in await every_role(house):
        roles.setdefault(role.staff, []).append(role)
    return People({row.id: row for row in await accounts(house)}, roles)


def held(rows: Iterable[StaffRole]) -> frozenset[str]:
    """The roles that are given."""
    return frozenset(row.role for row in rows if row.state == GIVEN)


def meant(rows: Iterable[StaffRole]) -> frozenset[str]:
    """The roles that are given, or proposed."""
    return frozenset(row.role for row in rows if row.state != ENDED)


def reads_persons(policy: Policy, role: str) -> bool:
    """Whether the role sees, checks or changes anything of a single person, by any cell of the table."""
    cells = [modes for classes in policy.table.get(role, {}).values() for modes in classes.values()]
    return any(_READS & set(modes) for modes in cells)


def is_weighty(policy: Policy, roles: Collection[str]) -> bool:
    """Whether one of the roles lets people in, approves policies, rotates keys, copies the house or ends much."""
    return any(permits(policy, tuple(roles), permission) for permission in _WEIGHTY)


def kept_apart(policy: Policy, roles: Collection[str]) -> tuple[str, ...]:
    """Roles among these that the policy says nobody holds together; empty if there are none."""
    for apart in policy.separate.roles:
        together = tuple(name for name in apart if name in roles)
        if len(together) > 1:
            return together
    return ()


def hold_an_admin(deed: Deed, everybody: People, policy: Policy, *, but: bytes) -> None:
    """Another admin is still one when the deed is done: of two who take each other's place, one does."""
    for staff in everybody.admins(policy):
        if staff != but:
            deed.hold(everybody.rows[staff])
            for role in everybody.roles[staff]:
                deed.hold(role)
            return
