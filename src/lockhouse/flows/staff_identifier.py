"""By what staff are customers themselves: so that nobody looks at their own record, or a colleague's, unseen.

The value is typed once and hashed; it stands nowhere. Members add their own; whoever may `staff.identifier` adds
somebody's, and ends one, but not their own: then they could look at themselves. Adding says nothing of whether a
customer is found by it; and whoever adds a stranger's only shuts that stranger's record to themselves. To colleagues it
is shut once somebody else has added the same for the same member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.authority import checked
from lockhouse.gates.disclose.about import LIVE, is_confirmed, staff_tag
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.finding import active_doer, one_of
from lockhouse.gates.staff.members import people
from lockhouse.gates.staff.refusing import refuse
from lockhouse.gates.typed import pointing
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.model.rows import StaffIdentifier
from lockhouse.policy.decide import permits

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People

ENDED = 0
MOST = 20
"""Of one member: enough for every address and number that somebody has, and not for trying many."""
MAY = "staff.identifier"


async def add(house: House, staff: bytes, field: str, typed: str, *, by: str) -> StaffIdentifier:
    """The member has this identifier; from the next look on it counts. Said again by somebody else, it is confirmed.

    Args:
        house, staff: whose. by: who says so.
        field: of the policy, that identifies a person. typed: its value.

    Raises:
        Invalid: no such field, or the value has no usable form, or they have as many as anybody may.
        NotFound: there is no such account.
        Refused: it is somebody else's, and this is nobody who may.
    """
    live, everybody = house.live(), await people(house)
    fields = [name for name, one in live.policy.fields.items() if one.identifies == "person"]
    if field not in fields:
        raise Invalid("field", f"one of {', '.join(fields)}", got="another")
    deed, who = Deed(house), one_of(everybody, staff)
    doing = active_doer(everybody, deed, by)
    is_free = doing.id in {who.id, b""} or _may(everybody, doing.id)
    refuse("identifier", None if is_free else "not-allowed")
    kind, plain = live.kind(field), pointing(live, field, typed)
    tag = house.indexer.tag(kind.number, kind.generation, plain, norm=NORM_VERSION)
    mine = await of(house, staff)
    own = staff_tag(house, kind.number, kind.generation, tag)
    before = next((row for row in mine if equal(row.tag, own)), None)
    is_held = before is not None and before.state == LIVE
    if before is not None and is_held and (is_confirmed(before) or doing.id == staff):
        return before
    if not is_held and sum(row.state == LIVE for row in mine) >= MOST:
        raise Invalid("identifier", f"at most {MOST} of one member", got="one more")
    now, ids = house.clock.now_ms(), house.ids
    known = before.id if before is not None and is_held else ids.new()
    new = StaffIdentifier(own, staff, known, kind.number, LIVE, by, now, ids.new(), b"")
    deed.hold(who)
    whole = deed.put(new, was=before)
    await deed.done()
    return whole


async def end(house: House, staff: bytes, identifier: bytes, *, by: str) -> StaffIdentifier:
    """It counts no longer.

    Raises:
        NotFound: they have no such identifier.
        Refused: it is one's own, or this is nobody who may.
    """
    everybody, deed = await people(house), Deed(house)
    one_of(everybody, staff)
    doing = active_doer(everybody, deed, by)
    refuse("identifier", "same-person" if doing.id == staff else None)
    refuse("identifier", None if not doing.id or _may(everybody, doing.id) else "not-allowed")
    for row in await of(house, staff):
        if row.id == identifier and row.state == LIVE:
            now = house.clock.now_ms()
            over = msgspec.structs.replace(row, state=ENDED, by=by, at=now, entry=house.ids.new())
            whole = deed.put(over, was=row)
            await deed.done()
            return whole
    raise NotFound("identifier: expected one that staff identifier list gave", hint="lockhouse staff identifier list")


async def of(house: House, staff: bytes) -> list[StaffIdentifier]:
    """Every identifier that somebody has or had, oldest first.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    rows = checked(await house.reads.find(StaffIdentifier, ("staff",), [(staff,)]), house.integrity_key)
    return sorted(rows, key=lambda row: row.id)


def field_of(house: House, row: StaffIdentifier) -> str:
    """The field that it is a value of; its number where the policy has it no longer."""
    numbers = house.live().policy.identifiers.items()
    return next((name for name, number in numbers if number == row.kind), str(row.kind))


def _may(everybody: People, staff: bytes) -> bool:
    policy = everybody.policy
    return policy is not None and permits(policy, tuple(everybody.member(staff).roles), MAY)
