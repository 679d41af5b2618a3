"""Whose the blind indexes are that somebody new got while their owner was shut, once the ending is called off.

Without the ending they would have led to one person, so the two are joined by a link; but for an identifier that joins
too many (`identity.brake`). It would have joined nobody: it goes back to where it was, with all that was counted of it,
and what its owner is linked to is held apart as before.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.gates.authority import checked, checked_bound, signed
from lockhouse.gates.ending.person import limbo_rows
from lockhouse.gates.owned import indexes_of
from lockhouse.identity.brake import BY_HAND, joined_by, reach
from lockhouse.identity.match import BRAKE, SAME_PERSON
from lockhouse.model.rows import Identifier, Limbo, Link
from lockhouse.model.scale import Proof

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.cases import Case
    from lockhouse.gates.house import House


class Rejoined(NamedTuple):
    """The indexes that go back to their person from whoever has them, and the links to those who keep, or had, some."""

    back: list[Identifier]
    links: list[Link]


async def rejoined(
    house: House, case: Case, person: bytes, indexes: Sequence[Identifier], taken: Sequence[Identifier]
) -> Rejoined:
    """What becomes of the person's indexes that others have.

    Args:
        person: who is put back.
        indexes: all that they had.
        taken: those of them that somebody has now, as they stand.

    Raises:
        Tampered: a link, a blind index or what waits in limbo was not made by this house.
    """
    if not taken:
        return Rejoined([], [])
    others = sorted({one.person for one in taken})
    common = await _common_kinds(house, case, person, indexes, others)
    gone = {_place(one) for one in taken if one.kind in common}
    back = [one for one in indexes if _place(one) in gone]
    rows = await house.reads.find(Identifier, ("person",), [(other,) for other in others])
    theirs = checked_bound(rows, house.row_macs)
    now, links = house.clock.now_ms(), []
    for other in others:
        shared = max(one.proof for one in taken if one.person == other)
        own = [one for one in theirs if one.person == other]
        proof = Proof.PROVEN if all(one.proof <= shared for one in own) else Proof.CLAIMED
        if all(_place(one) in gone for one in own):
            proof = BY_HAND  # nothing else leads to them: all that is theirs would have been the person's
        link = Link(house.ids.new(), person, other, SAME_PERSON, proof, now, None, None, house.ids.new(), b"")
        links.append(signed(link, house.integrity_key))
    return Rejoined(back, links)


async def _common_kinds(
    house: House, case: Case, person: bytes, indexes: Sequence[Identifier], others: Sequence[bytes]
) -> set[int]:
    """Kinds of the person's identifiers that join too many, with what they joined before and meanwhile."""
    ends = [(one,) for one in (person, *others)]
    rows = await house.reads.find(Link, ("a",), ends) + await house.reads.find(Link, ("b",), ends)
    links = checked({row.id: row for row in rows}.values(), house.integrity_key)
    known = await indexes_of(house, {end for row in links for end in (row.a, row.b)}.union(others))
    # Of the same ending: their indexes may still wait.
    for row in (await house.reads.get(Limbo, [(one, case.id) for one in case.persons])).values():
        known[row.person] = _of_persons(house, limbo_rows(house, case, row)[1])
    known[person] = _of_persons(house, indexes)
    joined: dict[int, set[bytes]] = defaultdict(set)
    for one in (person, *others):
        for kind, tags in reach(one, known, links).joined.items():
            joined[kind] |= tags
    return {one.kind for one in known[person] if joined_by(one.kind, joined) > BRAKE}


def _of_persons(house: House, indexes: Sequence[Identifier]) -> list[Identifier]:
    return [one for one in indexes if one.kind not in house.live().device_kinds]


def _place(one: Identifier) -> tuple[int, int, bytes, int]:
    return one.kind, one.generation, one.tag, one.proof
