"""`proposal …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.client import shapes
from lockhouse.faces.cli.call import person_of
from lockhouse.faces.cli.commands import proposal
from lockhouse.faces.cli.remote.told import plain, require_own_role
from lockhouse.faces.cli.told import are_one
from lockhouse.flows.propose import LIMIT

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def list_(*, limit: int = LIMIT, acting: As | None = None, call: Call) -> Said:
    """Who may be one person."""
    require_own_role(acting)
    with call.api() as house:
        return proposal.listed(plain(house.proposal_list(shapes.ProposalsAsked(limit=limit))), call=call)


def compare(person: str, other: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Which further fields of the two agree."""
    asked = _pair(person, other, acting)
    with call.api() as house:
        return proposal.compared(person, other, plain(house.proposal_compare(asked)), call=call)


def accept(person: str, other: str, /, *, acting: As | None = None, call: Call) -> Said:
    """The two are one."""
    asked = _pair(person, other, acting)
    with call.api() as house:
        return are_one(plain(house.proposal_accept(asked)), call=call)


def refuse(person: str, other: str, /, *, acting: As | None = None, call: Call) -> Said:
    """The two are not proposed any more."""
    asked = _pair(person, other, acting)
    with call.api() as house:
        return proposal.refused(plain(house.proposal_refuse(asked)), call=call)


def _pair(person: str, other: str, acting: As | None) -> shapes.PairAsked:
    require_own_role(acting)
    return shapes.PairAsked(person=person_of(person).hex(), other=person_of(other).hex())
