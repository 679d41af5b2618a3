"""Whom a look is about, besides what stands against them: the one who looks, a colleague, somebody watched over.

What staff are themselves customers by is held as keyed hashes of customers' tags (`StaffIdentifier`). So no table leads
from a member of staff to a customer without the house's keys; at a look each identifier of whoever is looked at is
hashed once more, and looked up. What somebody says of themselves shuts the record to them alone: else any member could
shut anybody's to everybody. It is a colleague's from when somebody else, who may, has said so, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.gates.authority import checked, checked_bound
from lockhouse.gates.staff.members import STAFF
from lockhouse.model.rows import Identifier, PersonFlag, StaffIdentifier

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor, Ask

_NOBODY = frozenset({"count", "send"})
"""Actions that look at nobody."""
LIVE = 1


class Marks(NamedTuple):
    """Source persons who are the one who looks, who are other members of staff, who are watched over."""

    own: frozenset[bytes] = frozenset()
    colleagues: frozenset[bytes] = frozenset()
    flagged: frozenset[bytes] = frozenset()

    def on(self, ask: Ask, group: Collection[bytes]) -> Ask:
        """The ask about one canonical person: of several source persons one is enough."""
        own, colleague, flagged = (not one.isdisjoint(group) for one in self)
        if not own | colleague | flagged:
            return ask
        facts = msgspec.structs.replace(
            ask.facts, own_record=ask.facts.own_record or own, colleague=colleague and not own, flagged=flagged
        )
        return msgspec.structs.replace(ask, facts=facts)


def staff_tag(house: House, kind: int, generation: int, tag: bytes) -> bytes:
    """Under what it is kept that a member of staff has the identifier that a customer's index has as `tag`."""
    return house.staff_keys.tag("identifier", f"{kind}.{generation}.{tag.hex()}")


async def marks_of(house: House, ask: Ask, persons: Collection[bytes]) -> Marks:
    """What is known of these source persons.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    if ask.action in _NOBODY:
        return Marks()
    return await marks_for(house, ask.actor, persons)


async def marks_for(house: House, actor: Actor, persons: Collection[bytes]) -> Marks:
    """The same, for an actor who asks for no fields.

    Raises:
        Tampered: as of `marks_of`.
    """
    flags = await house.reads.get(PersonFlag, [(person,) for person in persons])
    flagged = frozenset(row.person for row in checked(flags.values(), house.integrity_key) if row.state == LIVE)
    said, me = await _said(house, persons), (actor.owner or actor.id)
    own = frozenset(person for person, row in said if f"{STAFF}{row.staff.hex()}" == me)
    return Marks(own, frozenset(person for person, row in said if is_confirmed(row)) - own, flagged)


def is_confirmed(row: StaffIdentifier) -> bool:
    """Whether somebody else says so than whoever has it."""
    return row.by != f"{STAFF}{row.staff.hex()}"


async def _said(house: House, persons: Collection[bytes]) -> list[tuple[bytes, StaffIdentifier]]:
    """Each source person with what says that a member of staff has an identifier of theirs."""
    if not await _any(house):
        return []
    found = await house.reads.find(Identifier, ("person",), [(person,) for person in persons])
    rows = checked_bound(found, house.row_macs)
    tags = {staff_tag(house, row.kind, row.generation, row.tag): row.person for row in rows}
    held = checked(await house.reads.find(StaffIdentifier, ("tag",), [(tag,) for tag in tags]), house.integrity_key)
    return [(tags[row.tag], row) for row in held if row.state == LIVE]


async def _any(house: House) -> bool:
    async for rows in house.reads.scan(StaffIdentifier, chunk=1):
        return bool(rows)
    return False
