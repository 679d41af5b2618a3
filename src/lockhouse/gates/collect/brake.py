"""What the identifiers of a group's events join already: counts for the brake, and the links that it leaves.

The stores are asked only for events that would join something: that bring two identifiers or more of persons of which
one is somebody's and another is not, or is somebody else's. A customer who comes again with what is known, and a new
one of whom nothing is known, cost nothing. What the group itself joins, and the groups before it that are not yet
durable, counts from memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.gates.authority import checked
from lockhouse.gates.owned import indexes_of
from lockhouse.identity.brake import MARKS, Reach, joined_by, reach
from lockhouse.identity.match import BRAKE, SAME_PERSON, Joined
from lockhouse.model.rows import Link
from lockhouse.model.scale import Belief

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.gates.collect.turns import Brought, Owner, Owners
    from lockhouse.gates.collect.work import Found, Work
    from lockhouse.gates.house import House
    from lockhouse.identity.match import Match

Owned = dict[tuple[int, bytes], list["Owner"]]
NOTHING = Reach({}, frozenset())


class Reached(NamedTuple):
    """What source persons' identifiers join: `stored`, and what is on its way there, `told` what this group adds."""

    stored: Mapping[bytes, Reach]
    brought: Brought
    told: Brought

    def add(self, work: Work, kept: Sequence[Found]) -> None:
        """An item joins its identifiers to a person, or its person to others; the next ones count it."""
        same = [one.person for one in work.links if one.kind == SAME_PERSON]
        if len(kept) > 1 and (work.indexes or same):
            for person in (work.person, *same):
                self.brought[person] = (*self.brought.get(person, ()), kept)
                self.told[person] = (*self.told.get(person, ()), kept)


async def look_up_reach(house: House, works: Sequence[Work], owners: Owners, *, brought: Brought) -> Reached:
    """What everybody joins already whom an event of the group may join further.

    Raises:
        Tampered: a link or a blind index was not made by this house.
    """
    asked = {person for work in works for person in _joining(work, owners)}
    if not asked:
        return Reached({}, brought, {})
    keys = [(person, None) for person in sorted(asked)]
    rows = await house.reads.find(Link, ("a", "until_at"), keys) + await house.reads.find(Link, ("b", "until_at"), keys)
    links = checked({row.id: row for row in rows if row.kind == SAME_PERSON}.values(), house.integrity_key)
    indexes = await indexes_of(house, asked.union(*[(row.a, row.b) for row in links]))
    return Reached({person: reach(person, indexes, links) for person in asked}, brought, {})


def _joining(work: Work, owners: Owners) -> set[bytes]:
    """Whose an event's identifiers are, if it would join something to them."""
    owned = [
        {person for _, person, _ in owners.get((one.kind, one.generation, one.tag), ())}
        for one in work.found
        if one.is_person
    ]
    return set() if len(owned) < 2 or set.intersection(*owned) else set.union(*owned)  # noqa: PLR2004  # a pair


def counts(kept: Sequence[Found], owned: Owned, reached: Reached) -> dict[tuple[int, bytes], int]:
    """For each identifier that leads to somebody: of another kind, how many it joins with this event's among them."""
    if not (reached.stored or reached.brought):
        return {}
    persons = [one for one in kept if one.is_person]
    found = {}
    for one in persons if len(persons) > 1 else ():
        best = max(owned.get((one.kind, one.tag), ()), default=None)
        if best is not None and best[0] == one.belief:
            found[one.kind, one.tag] = _count(one, best[1], persons, reached)
    return found


def _count(one: Found, person: bytes, shown: Sequence[Found], reached: Reached) -> int:
    stored = reached.stored.get(person, NOTHING)
    joined = {kind: set(tags) for kind, tags in stored.joined.items()}
    for brought in (*reached.brought.get(person, ()), shown):
        for other in brought:
            is_other = other.is_person and other.belief >= one.belief
            if is_other and (other.kind, other.tag) not in stored.by_hand:
                joined.setdefault(other.kind, set()).add(other.tag)
    return joined_by(one.kind, joined)


def marks(found: Match, owned: Owned, counted: Mapping[tuple[int, bytes], int]) -> tuple[Joined, ...]:
    """Links to the owners of braked identifiers, as far as some are still needed.

    They hold apart instead of joining: whoever reads counts them, and finds the brake that this event was given.
    """
    left = []
    for kind, tag in found.braked:
        belief, person, _ = max(owned[kind, tag])
        if person != found.person and counted[kind, tag] <= BRAKE + MARKS:
            left.append(Joined(person, SAME_PERSON, Belief(belief).proof))
    return tuple(left)
