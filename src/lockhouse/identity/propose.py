"""Proposals: pairs of source persons who may be one, because one identifier leads to both at different belief.

An event never takes over an index of lower belief than its own: whoever typed an address first would own what its owner
proves later. It makes a person of its own, and leaves two rows of one blind index. Those are the proposal: it is
counted from what stands, so that there is one a pair, it ends with either person, and nobody can leave any but by what
makes an index anyway.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhouse.model.rows import Identifier

EXPIRES_AFTER_DAYS: Final = 180
"""What nobody joined in half a year is no longer proposed; the two can still be linked."""


class Proposal(NamedTuple):
    """Two who may be one.

    Attributes:
        at: when the later of the two got the identifier, ms.
        kinds: of the identifiers that lead to both.
        weaker, stronger: the two, by how far those are believed.
        belief: how far the weaker one's are, as `Belief` counts.
    """

    at: int
    kinds: frozenset[int]
    weaker: bytes
    stronger: bytes
    belief: int


def proposals_in(rows: Iterable[Identifier], *, now: int) -> Iterator[Proposal]:
    """What the rows of blind indexes propose, one for each identifier and pair.

    Args:
        rows: in the order of their keys.
        now: ms; what is older than half a year is left out.
    """
    held: list[Identifier] = []
    for row in rows:
        if held and (held[0].kind, held[0].generation, held[0].tag) != (row.kind, row.generation, row.tag):
            yield from _of_one(held, now)
            held = []
        held.append(row)
    yield from _of_one(held, now)


def _of_one(rows: list[Identifier], now: int) -> Iterator[Proposal]:
    for lower, higher in combinations(rows, 2):
        at = max(lower.first_at, higher.first_at)
        if lower.person != higher.person and at > now - EXPIRES_AFTER_DAYS * DAY_MS:
            yield Proposal(at, frozenset({lower.kind}), lower.person, higher.person, lower.proof)


def merged(proposals: Iterable[Proposal]) -> list[Proposal]:
    """One proposal a pair, with all that leads to both, the newest first."""
    found: dict[tuple[bytes, bytes], Proposal] = {}
    for one in proposals:
        pair = (min(one.weaker, one.stronger), max(one.weaker, one.stronger))
        known = found.get(pair, one)
        found[pair] = known._replace(
            at=max(known.at, one.at), kinds=known.kinds | one.kinds, belief=max(known.belief, one.belief)
        )
    return sorted(found.values(), key=lambda one: (-one.at, one.weaker, one.stronger))
