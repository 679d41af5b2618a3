"""Staff as `doctor` looks at them: how many can sign in, who of them has too few passkeys, who never comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.staff.members import held, is_weighty, people
from lockhouse.gates.staff.read import ACTIVE, factors_of, uses_of
from lockhouse.gates.staff.told import FACTOR_LIVE, MEANS
from lockhouse.model.ids import DAY_MS
from lockhouse.posture.staff import KEYS, UNUSED_DAYS, StaffSeen

if TYPE_CHECKING:
    from lockhouse.gates.house import House


async def examined(house: House) -> StaffSeen:
    """What is to be said of the accounts.

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
    return StaffSeen(
        active=len(found.active), admins=len(found.admins(policy)) if policy else 0, one_key=tuple(one_key),
        unused=tuple(unused), recovered=tuple(recovered),
    )  # fmt: skip
