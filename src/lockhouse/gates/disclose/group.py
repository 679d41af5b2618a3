"""Canonical persons: source persons joined by links that are believed.

Links of proof `issued` or better join; `claimed` ones never do, because anyone may have typed them. Links are read
with their MACs: one planted in the store joins nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.authority import checked
from lockhouse.identity.fold import canonical
from lockhouse.identity.match import SAME_PERSON
from lockhouse.model.rows import Link
from lockhouse.model.scale import Proof

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House

MAX_STEPS = 8


async def groups_of(house: House, persons: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """Each person's whole group, the canonical one first; persons of one group are answered once.

    Raises:
        Tampered: a link was not made by this house.
    """
    known = set(persons)
    edges: dict[bytes, Link] = {}
    frontier = set(persons)
    for _ in range(MAX_STEPS):
        if not frontier:
            break
        keys = [(person,) for person in sorted(frontier)]
        rows = await house.reads.find(Link, ("a",), keys) + await house.reads.find(Link, ("b",), keys)
        fresh = checked((row for row in rows if row.id not in edges), house.integrity_key)
        edges.update({row.id: row for row in fresh})
        joined = {end for row in edges.values() if joins(row) for end in (row.a, row.b)}
        frontier = joined - known
        known |= joined
    wanted = set(persons)
    return [group for group in canonical(sorted(known), edges.values()) if wanted.intersection(group)]


def joins(link: Link) -> bool:
    """Whether a link makes two source persons one for everything that is shown, packed or erased."""
    return link.kind == SAME_PERSON and link.proof >= Proof.ISSUED and link.undone_at is None
