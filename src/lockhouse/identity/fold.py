"""What is known of a person: one value a field out of all that was seen, and which source persons are one.

The order of belief: the higher proof, then what came with more than a public key, then the newest. It is a total order
over what was seen, so the answer depends neither on the order of reading nor on how often something was read: the fold
is commutative, associative and idempotent. What staff put right on the person's own word is believed like what is
proven, as of when it was put right: it stands before all that was there, and until something as well proven comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.identity.match import SAME_PERSON
from lockhouse.model.scale import Assurance, Proof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.model.rows import Link

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One field's value in one record, and how far it is to be believed.

    Attributes:
        proof: of the record's strongest identifier.
        at: when it happened, ms.
        record: id of the record it stands in.
        channel: number of the channel it came through.
    """

    field: str
    value: Any
    proof: int
    assurance: int
    at: int
    record: bytes
    channel: int


def fold(values: Iterable[Seen]) -> dict[str, Seen]:
    """The most believed of each field's values."""
    best: dict[str, Seen] = {}
    for seen in values:
        held = best.get(seen.field)
        if held is None or _is_before(held, seen):
            best[seen.field] = seen
    return best


def _is_before(held: Seen, seen: Seen) -> bool:
    """Whether `seen` is believed more; among equals in every other respect the values' own bytes decide."""
    one, other = _belief(held), _belief(seen)
    return one < other or (one == other and _encode(held.value) < _encode(seen.value))


def _belief(seen: Seen) -> tuple[tuple[int, bool, int, bytes], int, int]:
    record = belief(seen.proof, seen.assurance, at=seen.at, record=seen.record)
    return (record, seen.assurance, seen.channel)


def belief(proof: int, assurance: int, *, at: int, record: bytes) -> tuple[int, bool, int, bytes]:
    """What orders records by how far they are believed, the most believed last.

    Args:
        proof: of the record's strongest identifier.
        assurance: of its sender.
        at: when it happened, ms.
        record: its id.
    """
    return (proof, assurance >= Assurance.SECRET, at, record)


def canonical(
    persons: Iterable[bytes], links: Iterable[Link], *, least: Proof = Proof.ISSUED
) -> tuple[tuple[bytes, ...], ...]:
    """The source persons in groups that are one human each, by links that hold now.

    A link counts if it says "the same person", was not undone and has at least the proof `least`. Claimed links never
    join for a reveal, a package or an erasure: anybody can type two people's identifiers into one form.

    Returns:
        the groups, their members and the groups themselves in ascending order; a lone person is a group of one.
    """
    above: dict[bytes, bytes] = {person: person for person in persons}
    for link in links:
        if link.kind == SAME_PERSON and link.undone_at is None and link.proof >= least:
            one, other = _top(above, link.a), _top(above, link.b)
            above[max(one, other)] = min(one, other)
    groups: dict[bytes, list[bytes]] = {}
    for person in sorted(above):
        groups.setdefault(_top(above, person), []).append(person)
    return tuple(tuple(group) for group in groups.values())


def _top(above: dict[bytes, bytes], person: bytes) -> bytes:
    """The smallest member of a person's group; the way there is halved for the next who asks."""
    above.setdefault(person, person)
    while above[person] != person:
        above[person] = above[above[person]]
        person = above[person]
    return person
