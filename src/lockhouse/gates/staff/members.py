"""The people of a house as `access.people` decides over them, and what their roles may, by the policy that rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.access.people import SETTLED_MS, Member, State, line
from lockhouse.gates.staff.read import ACTIVE, DISABLED, ENDED, GIVEN, PROPOSED, accounts, every_role, sound_roles
from lockhouse.model.federation import ACTOR as PROVIDER
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
STAFF = "staff:"
_OVER_STAFF = ("grant.approve", "grant.break-glass", "staff.approve", LETS_IN, "staff.reset", "staff.role")
_READS = frozenset({"masked", "full", "check", "change"})


class People(NamedTuple):
    """Everybody who has an account.

    Attributes:
        inviters: account -> who invited it; empty: the host.
        policy: that rules; None: none does.
    """

    rows: dict[bytes, Staff]
    roles: dict[bytes, list[StaffRole]]
    policy: Policy | None = None

    def member(self, staff: bytes) -> Member:
        """Somebody as they are decided over; the host for nobody."""
        if not staff:
            return HOST
        row = self.rows[staff]
        return Member(staff, State(row.state), row.active_at or 0, held(self.roles.get(staff, ()), self.policy))

    @property
    def inviters(self) -> dict[bytes, bytes]:
        """Account -> who invited it; empty: the host."""
        return {row.id: row.inviter for row in self.rows.values()}

    @property
    def active(self) -> list[bytes]:
        """Who may sign in."""
        return [row.id for row in self.rows.values() if row.state == ACTIVE]

    @property
    def came(self) -> list[bytes]:
        """Who has ever enrolled, also if they are disabled now: nobody is made to count less by disabling them."""
        return [row.id for row in self.rows.values() if row.active_at is not None]

    def admins(self, policy: Policy, *, also: bytes = b"") -> list[bytes]:
        """Who may sign in and let others in. Whose link is open has nothing to sign in with, but `also` counts."""
        able = [one for one in self.active if one == also or not self.rows[one].link]
        return [one for one in able if permits(policy, tuple(self.member(one).roles), LETS_IN)]

    def recent_admins(self, policy: Policy, staff: bytes, *, now: int) -> list[bytes]:
        """Who may let others in, or might within the last 72 hours; somebody also while they cannot sign in."""
        return [
            one
            for one, row in self.rows.items()
            if _was_in(row, now=now)
            and (one == staff or not row.link)
            and permits(policy, tuple(had(self.roles.get(one, ()), policy, now=now)), LETS_IN)
        ]


async def people(house: House, *, despite_roles: bool = False) -> People:
    """As they stand.

    Args:
        house: as it stands.
        despite_roles: leave out roles that this house did not make, for what takes power away and gives none.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    roles: dict[bytes, list[StaffRole]] = {}
    for role in await (sound_roles(house) if despite_roles else every_role(house)):
        roles.setdefault(role.staff, []).append(role)
    policy = house.live_policy.policy if house.live_policy else None
    return People({row.id: row for row in await accounts(house)}, roles, policy)


def held(rows: Iterable[StaffRole], policy: Policy | None) -> frozenset[str]:
    """The roles that are given, and stand."""
    return frozenset(row.role for row in rows if row.state == GIVEN and not waits(row, policy))


def waits(row: StaffRole, policy: Policy | None) -> bool:
    """Whether a role waits for a second person: it is proposed, or one gave it before a policy made it take two."""
    is_by_one = (is_staff(row.by) or row.by == PROVIDER) and row.by == row.proposed_by
    is_late = row.state == GIVEN and is_by_one and policy is not None and takes_two(policy, row.role)
    return row.state == PROPOSED or is_late


def had(rows: Collection[StaffRole], policy: Policy, *, now: int) -> frozenset[str]:
    """The roles that are given, or were until less than 72 hours ago, whatever was proposed of them since."""
    late = {row.role for row in rows if row.ended_at and now - row.ended_at < SETTLED_MS}
    return held(rows, policy) | late


def approvers(everybody: People, *, now: int) -> list[Member]:
    """Who may approve policies, or might within the last 72 hours, as if they were active; see `access.agreeing`."""
    policy = everybody.policy
    return [] if policy is None else [
        everybody.member(one)._replace(state=State.ACTIVE)
        for one, row in everybody.rows.items()
        if _was_in(row, now=now)
        and permits(policy, tuple(had(everybody.roles.get(one, ()), policy, now=now)), "policy.approve")
    ]  # fmt: skip


def _was_in(row: Staff, *, now: int) -> bool:
    is_late = row.state == DISABLED and now - row.at < SETTLED_MS
    return row.active_at is not None and (row.state == ACTIVE or is_late)


def meant(rows: Iterable[StaffRole]) -> frozenset[str]:
    """The roles that are given, or proposed."""
    return frozenset(row.role for row in rows if row.state != ENDED)


def reads_persons(policy: Policy, role: str) -> bool:
    """Whether the role sees, checks or changes anything of a single person, by any cell of the table."""
    cells = [modes for classes in policy.table.get(role, {}).values() for modes in classes.values()]
    return any(_READS & set(modes) for modes in cells)


def takes_two(policy: Policy, role: str) -> bool:
    """Whether nobody gives the role alone: it reads of persons, breaks the glass, approves, or has power over staff.

    So does one that the policy has no longer: what it was cannot be known.
    """
    if role not in policy.roles or reads_persons(policy, role):
        return True
    return any(permits(policy, (role,), permission) for permission in _OVER_STAFF)


def is_staff(by: str) -> bool:
    """Whether a member of staff acts, and not the host."""
    return by.startswith(STAFF)


def begins_second_line(everybody: People, policy: Policy, staff: bytes, *, now: int) -> bool:
    """Whether somebody whom the host invited begins the second line in which a role that takes two is held.

    Roles that ended within 72 hours count: nobody's place is taken before they can have seen it.
    """
    lines = {
        (one, *line(one, inviters=everybody.inviters))[-1]
        for one in everybody.rows
        if _weighed(everybody, policy, one, now=now)
    }
    return not everybody.rows[staff].inviter and staff not in lines and len(lines) <= 1


def _weighed(everybody: People, policy: Policy, staff: bytes, *, now: int) -> bool:
    has = had(everybody.roles.get(staff, ()), policy, now=now)
    return everybody.rows[staff].active_at is not None and any(takes_two(policy, role) for role in has)


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
