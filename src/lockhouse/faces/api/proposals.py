"""Source persons who may be one: told, compared, joined and refused; each deed names the token that did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.api import shapes
from lockhouse.faces.api.deeds import require_others
from lockhouse.faces.api.shapes import answered, id_of, plain
from lockhouse.flows import link, propose
from lockhouse.gates.one_at_a_time import HOUSE

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call


async def listed(call: Call) -> shapes.ProposalList:
    """Who may be one person."""
    async with HOUSE.turn():
        found = await propose.proposals(call.house, limit=call.query.limit)
    return answered(shapes.ProposalList, **plain(found))


async def compare(call: Call) -> shapes.Compared:
    """Which further fields of the two agree; noted before it is told."""
    one, two = await _pair(call, "compare")
    return answered(shapes.Compared, **plain(await propose.compare(call.house, one, two, by=call.actor)))


async def accept(call: Call) -> shapes.PersonsLinked:
    """The two are one."""
    one, two = await _pair(call, "link")
    await propose.require(call.house, one, two)
    row = await link.make(call.house, one, two, by=call.actor.id)
    return answered(shapes.PersonsLinked, person=one, other=two, link=row.id)


async def refuse(call: Call) -> shapes.ProposalRefused:
    """The two are not proposed any more."""
    one, two = await _pair(call, "refuse")
    await propose.refuse(call.house, one, two, by=call.actor.id)
    return answered(shapes.ProposalRefused, person=one, other=two, refused=True)


async def _pair(call: Call, action: str) -> tuple[bytes, bytes]:
    one, two = id_of(call.body.person, where="person"), id_of(call.body.other, where="other")
    await require_others(call, (one, two), action)
    return one, two
