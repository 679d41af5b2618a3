"""The grants of whoever looks: as they stand when a look begins, and still when it is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.gates.granted import all_stand, standing_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.disclose.decided import Group
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask


async def with_grants(house: House, ask: Ask) -> Ask:
    """The ask with the grants that stand now, whatever stood when it was asked.

    Raises:
        Tampered: a grant was not made, or not left, as this house made it.
    """
    grants = await standing_for(house, ask.actor)
    if grants == ask.facts.grants:
        return ask
    return msgspec.structs.replace(ask, facts=msgspec.structs.replace(ask.facts, grants=grants))


async def require_grants(house: House, ask: Ask, groups: Sequence[Group]) -> None:
    """Nothing, if each grant that the look rests on still stands behind its note.

    Raises:
        Moved: one has ended meanwhile; what was noted is opened for nobody, and all of it is decided anew.
    """
    if not await all_stand(house, ask.actor, {one for group in groups for one in group.grants}):
        raise Moved("disclose: expected the grant to stand still", hint="try again")
