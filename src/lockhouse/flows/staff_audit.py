"""Staff as `doctor` looks at them: how many can sign in, who of them has too few passkeys, who never comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.grants import is_due, is_overdue
from lockhouse.access.people import of_one_line
from lockhouse.gates.granted import every_grant, now_of, seen
from lockhouse.gates.reviews import overdue as is_review_due
from lockhouse.gates.staff.members import held, is_weighty, people
from lockhouse.gates.staff.read import ACTIVE, factors_of, uses_of
from lockhouse.gates.staff.told import FACTOR_LIVE, MEANS
from lockhouse.model.ids import DAY_MS
from lockhouse.policy.decide import permits
from lockhouse.posture.staff import KEYS, UNUSED_DAYS, StaffSeen

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People
    from lockhouse.model.policy import Policy

GIVES, APPROVES = "staff.role", "staff.approve"


async def examined(house: House, *, review_months: int = 0) -> StaffSeen:
    """What is to be said of the accounts.

    Args:
        house: as it stands.
        review_months: how often who holds which role is to be reviewed; 0: never.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    found = await people(house)
    policy = house.live_policy.policy if house.live_policy else None
    one_key, unused = [], []
    for staff in found.active:
        keys = [
            one
            for one in await factors_of(house, staff)
            if one.state == FACTOR_LIVE and MEANS[one.kind] == "passkey"
        ]  # fmt: skip
        if policy and is_weighty(policy, held(found.roles.get(staff, ()), policy)) and len(keys) < KEYS:
            one_key.append(staff.hex())
        used = max((one.at for one in await uses_of(house, staff)), default=0)
        if max(used, found.rows[staff].active_at or 0) + UNUSED_DAYS * DAY_MS < house.clock.now_ms():
            unused.append(staff.hex())
    recovered = [row.id.hex() for row in found.rows.values() if row.recovered_at is not None and row.state == ACTIVE]
    waiting = [row for row in await every_grant(house) if is_due(seen(row))]
    overdue = tuple(row.id.hex() for row in waiting if is_overdue(seen(row), now=now_of(house)))
    return StaffSeen(
        glass_due=tuple(row.id.hex() for row in waiting), glass_overdue=overdue,
        active=len(found.active), admins=len(found.admins(policy)) if policy else 0, one_key=tuple(one_key),
        unused=tuple(unused), recovered=tuple(recovered), gives_by_two=policy is not None and _by_two(found, policy),
        review_overdue=await is_review_due(house, found, months=review_months),
    )  # fmt: skip


def _by_two(found: People, policy: Policy) -> bool:
    """Whether two people who can sign in, of two lines, can give a role that takes two: one proposes, one approves."""
    able = [found.member(one) for one in found.active if not found.rows[one].link]
    gives = [one for one in able if permits(policy, tuple(one.roles), GIVES)]
    approves = [one for one in able if permits(policy, tuple(one.roles), APPROVES)]
    return any(
        bool(two.roles - one.roles) and not of_one_line(one.id, two.id, inviters=found.inviters)
        for one in gives
        for two in approves
        if one.id != two.id
    )
