"""Canonical persons: source persons joined by links that are believed.

Links of proof `issued` or better join; `claimed` ones never do, because anyone may have typed them. Links are read
with their MACs: one planted in the store joins nobody. Nor does what events linked to a person of whom an identifier
joins too many (`identity.brake`): that is computed here, whenever somebody reads. What anybody refused stands all the
same for everybody whom such links would join: the brake ends showing and joining, and takes no refusal from what it
covered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.gates.authority import checked
from lockhouse.gates.owned import indexes_of
from lockhouse.identity.brake import BY_HAND, common, holds_apart
from lockhouse.identity.fold import canonical
from lockhouse.identity.match import SAME_PERSON
from lockhouse.model.rows import Link
from lockhouse.model.scale import Proof

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from lockhouse.gates.house import House

MAX_STEPS = 8


class Circle(NamedTuple):
    """A whole group, the canonical person first; and `apart` those whom only the brake holds apart from it, sorted."""

    group: tuple[bytes, ...]
    apart: tuple[bytes, ...]


async def groups_of(house: House, persons: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """Each person's whole group, the canonical one first; persons of one group are answered once.

    Raises:
        Tampered: a link or a blind index was not made by this house.
    """
    return [one.group for one in await circles_of(house, persons)]


async def circles_of(house: House, persons: Sequence[bytes]) -> list[Circle]:
    """The same, each with those whom believed links would join to it if none were braked.

    Raises:
        Tampered: a link or a blind index was not made by this house.
    """
    known = set(persons)
    edges: dict[bytes, Link] = {}
    frontier = set(persons)
    for _ in range(MAX_STEPS):
        if not frontier:
            break
        fresh = await _links_of(house, frontier)
        edges.update({row.id: row for row in fresh})
        joined = {end for row in edges.values() if joins(row) for end in (row.a, row.b)}
        frontier = joined - known
        known |= joined
    many = await _common(house, edges.values())
    holding = [row for row in edges.values() if not holds_apart(row, many)]
    wanted = set(persons)
    groups = [group for group in canonical(sorted(known), holding) if wanted.intersection(group)]
    if len(holding) == len(edges):
        return [Circle(group, ()) for group in groups]
    near = {one: members for members in canonical(sorted(known), edges.values()) for one in members}
    return [Circle(group, tuple(one for one in near[group[0]] if one not in group)) for group in groups]


async def held_apart(house: House, persons: Collection[bytes]) -> list[Link]:
    """The links of these source persons that would join, and that the brake holds apart, oldest first.

    Raises:
        Tampered: a link or a blind index was not made by this house.
    """
    near = {end for row in await _links_of(house, persons) if joins(row) for end in (row.a, row.b)}
    rows = {row.id: row for row in await _links_of(house, near.union(persons)) if joins(row)}
    many = await _common(house, rows.values())
    return [row for _, row in sorted(rows.items()) if holds_apart(row, many) and {row.a, row.b} & set(persons)]


async def _links_of(house: House, persons: Iterable[bytes]) -> list[Link]:
    keys = [(person,) for person in sorted(persons)]
    rows = await house.reads.find(Link, ("a",), keys) + await house.reads.find(Link, ("b",), keys)
    return checked({row.id: row for row in rows}.values(), house.integrity_key)


async def _common(house: House, links: Collection[Link]) -> frozenset[bytes]:
    """Those at the ends of the links whose identifiers join too many; asked only where an event has joined somebody."""
    joining = [row for row in links if joins(row) and row.proof != BY_HAND]
    if not joining:
        return frozenset()
    ends = {end for row in links if joins(row) for end in (row.a, row.b)}
    indexes = await indexes_of(house, ends)
    return common({end for row in joining for end in (row.a, row.b)}, indexes, links)


def joins(link: Link) -> bool:
    """Whether a link makes two source persons one for everything that is shown, packed or erased, unless braked."""
    return link.kind == SAME_PERSON and link.proof >= Proof.ISSUED and link.undone_at is None
