"""The brake: an identifier that comes with more than three others of one kind belongs to many, and joins nobody.

A till's own address stands on everybody's order, a shop's phone in every guest's form. Nobody lists them beforehand,
and each order for itself looks like a household. So what an identifier joins is counted: per other kind, the
identifiers of its source person and of those whom events linked to that person. They count as far as they are believed
like the identifier itself, so that nobody who types addresses brakes one that is proven. What staff joined by hand they
have seen: it does not count, and no brake holds it apart.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from lockhouse.identity.match import BRAKE, SAME_PERSON
from lockhouse.model.scale import Belief, Proof

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lockhouse.model.rows import Link

BY_HAND: Final = Proof.ISSUED
"""The proof of what people say: no kind of channel gives it, so that a link of an event carries another."""

MARKS: Final = 8
"""Links that are made of those who are held apart: the brake, counted from what stands, outlives as many erasures."""


class Reach(NamedTuple):
    """What one source person's identifiers join: tags by kind; and as (kind, tag) what staff joined to them by hand."""

    joined: dict[int, set[bytes]]
    by_hand: frozenset[tuple[int, bytes]]


class Indexed(Protocol):
    """A row of a blind index."""

    @property
    def kind(self) -> int:
        """Its number in the name registry."""
        ...

    @property
    def tag(self) -> bytes:
        """Its keyed hash."""
        ...

    @property
    def proof(self) -> int:
        """How far it is believed, as `Belief` counts."""
        ...


def reach(person: bytes, indexes: Mapping[bytes, Sequence[Indexed]], links: Iterable[Link]) -> Reach:
    """What stands of a source person and of those whom events linked to them, by kind.

    Args:
        person: whose.
        indexes: the blind indexes of the person and of everybody at the other ends of the links.
        links: at least all of theirs, each once.
    """
    own = indexes.get(person, ())
    least = max((one.proof for one in own), default=int(Belief.PUBLIC))
    found: dict[int, set[bytes]] = defaultdict(set)
    by_hand: set[tuple[int, bytes]] = set()
    for one in own:
        found[one.kind].add(one.tag)
    for link in links:
        if person not in (link.a, link.b) or not _stands(link):
            continue
        other = indexes.get(link.b if link.a == person else link.a, ())
        if link.proof == BY_HAND:
            by_hand |= {(one.kind, one.tag) for one in other}
        elif link.proof >= Belief(least).proof:
            for one in other:
                if one.proof >= least:
                    found[one.kind].add(one.tag)
    for kind, tag in by_hand:
        found[kind].discard(tag)
    return Reach(found, frozenset(by_hand))


def joined_by(kind: int, joined: Mapping[int, Collection[bytes]]) -> int:
    """Of the other kind that an identifier of this kind joins most of: how many."""
    return max((len(tags) for other, tags in joined.items() if other != kind), default=0)


def common(
    persons: Iterable[bytes], indexes: Mapping[bytes, Sequence[Indexed]], links: Collection[Link]
) -> frozenset[bytes]:
    """The source persons of whom an identifier joins too many: what events linked them to is held apart."""
    found = set()
    for person in persons:
        kinds = {one.kind for one in indexes.get(person, ())}
        joined = reach(person, indexes, links).joined
        if any(joined_by(kind, joined) > BRAKE for kind in kinds):
            found.add(person)
    return frozenset(found)


def holds_apart(link: Link, many: Collection[bytes]) -> bool:
    """Whether a link joins nobody because an end of it has an identifier that joins too many."""
    return link.proof != BY_HAND and (link.a in many or link.b in many)


def _stands(link: Link) -> bool:
    return link.kind == SAME_PERSON and link.undone_at is None
