"""Which source person an event belongs to: a pure answer over what the blind indexes say.

The rules, and what each one is against:

Belief is the proof of an identifier, and among claims whether the key was more than one that anyone can read.

- A record is sealed for the source person of its own *strongest* identifier: person before device, then the higher
  belief, then the order in which the event names them. Un-merging then gives every record back to its owner. (A device
  comes last whatever its belief: else a well-known tablet would keep its users' addresses from being indexed at all.)
- An event takes over the owner of an identifier only from an index of the event's own belief or a higher one. Otherwise
  whoever typed a victim's still unknown address first would own the victim's later orders (pre-hijacking). It gets a
  person of its own, and a proposal is left for a check by people or workers.
- Only identifiers as strong as the strongest may lead to an owner: an attacker's own proven account does not lead into
  the victim's profile because the victim's loyalty number was typed beside it.
- An identifier becomes an index of a person only if it is believed as far as the index that led there, or, of a new
  person, as the event's strongest. Otherwise whoever knows a customer's number would attach an address of their own to
  it, and be found, shown and erased as that customer. So all indexes of a person are of one belief, and none moves.
- Identifiers that belong to different persons make a link, with the lowest proof among them.
- A device never joins a person's keys: a shared tablet has many users. It keeps a source person of its own, made when
  it comes without any person's identifier, and is joined by a directed link in time.
- An identifier that joins more than three of another kind (a till's own address, typed for each guest) is braked, where
  the caller counts them (`identity.brake`): it leads nowhere and joins nothing unless the event has nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from lockhouse.model.scale import Belief

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAME_PERSON: Final = 0
DEVICE_OF: Final = 1
"""Kinds of a link, as its row has them."""
BRAKE: Final = 3
"""How many identifiers of another kind one may join; a household shares a phone, not a crowd."""


class Shown(Protocol):
    """An identifier that an event carries."""

    @property
    def kind(self) -> int:
        """Its number in the name registry."""
        ...

    @property
    def is_person(self) -> bool:
        """Whether it points to a person, not to a device."""
        ...

    @property
    def belief(self) -> int:
        """How far this event's channel and key vouch that it belongs to its person."""
        ...

    @property
    def tag(self) -> bytes:
        """Its keyed hash."""
        ...


class Owner(NamedTuple):
    """One row of a blind index: at this belief it belongs to this person."""

    belief: int
    person: bytes
    first_at: int


class Joined(NamedTuple):
    """Another source person that belongs with the event's, by the word of this event: the same one, or its device."""

    person: bytes
    kind: int
    proof: int


class Match(NamedTuple):
    """Where an event belongs.

    Attributes:
        person: the source person it is sealed for; None: make one.
        belief: in the event's strongest identifier; the lowest when it carries none.
        new_indexes: (kind, tag, belief) to be made for that person.
        links: to persons who own other identifiers of the event; a device's is always at this end.
        proposals: (person, belief) who hold one of its identifiers at a lower belief: perhaps the same, perhaps a trap.
        braked: (kind, tag) that were too common to be believed.
    """

    person: bytes | None
    belief: int
    new_indexes: tuple[tuple[int, bytes, int], ...]
    links: tuple[Joined, ...]
    proposals: tuple[tuple[bytes, int], ...]
    braked: tuple[tuple[int, bytes], ...] = ()


NOBODY: Final = Match(None, Belief.PUBLIC, (), (), ())


def match(
    shown: Sequence[Shown],
    known: Mapping[tuple[int, bytes], Sequence[tuple[int, bytes, int]]],
    *,
    counts: Mapping[tuple[int, bytes], int] | None = None,
) -> Match:
    """Where an event with these identifiers belongs.

    Args:
        shown: the event's identifiers, in the policy's order.
        known: (kind, tag) -> its rows as (belief, person, first_at); committed ones and those in flight.
        counts: (kind, tag) of a person's identifier -> how many of another kind it would join, this event's among them.
    """
    if not shown:
        return NOBODY
    believed, braked = _brake(shown, counts)
    strongest = believed[0]
    for one in believed:
        if (one.is_person, one.belief) > (strongest.is_person, strongest.belief):
            strongest = one
    owner = _owner(believed, strongest, known)
    if len(believed) == 1:
        rows = known.get((strongest.kind, strongest.tag), ())
        if owner is not None:
            return Match(owner[1], strongest.belief, (), (), (), braked)
        index = (strongest.kind, strongest.tag, strongest.belief)
        return Match(None, strongest.belief, (index,), (), tuple((row[1], row[0]) for row in rows), braked)
    return _join(believed, strongest, owner, known)._replace(braked=braked)


def _brake(
    shown: Sequence[Shown], counts: Mapping[tuple[int, bytes], int] | None
) -> tuple[Sequence[Shown], tuple[tuple[int, bytes], ...]]:
    if not counts:
        return shown, ()
    common = tuple((one.kind, one.tag) for one in shown if counts.get((one.kind, one.tag), 0) > BRAKE)
    if not common:
        return shown, ()
    rest = [one for one in shown if (one.kind, one.tag) not in common]
    if any(one.is_person for one in rest):
        return rest, common
    # Nothing but what is common, and at most the device it was typed on.
    alone = max((one for one in shown if one.is_person), key=lambda one: one.belief)
    return [alone, *rest], tuple(one for one in common if one != (alone.kind, alone.tag))


def _owner(
    believed: Sequence[Shown],
    strongest: Shown,
    known: Mapping[tuple[int, bytes], Sequence[tuple[int, bytes, int]]],
) -> tuple[int, bytes, int] | None:
    """The row that leads to an owner: of the strongest identifier, or else of the next one as strong; none below it."""
    belief, is_person = strongest.belief, strongest.is_person
    for one in (strongest, *believed):
        if one.belief == belief and one.is_person == is_person:
            rows = known.get((one.kind, one.tag))
            if rows:
                best = max(rows)
                if best[0] >= belief:
                    return best
    return None


def _join(
    believed: Sequence[Shown],
    strongest: Shown,
    owner: tuple[int, bytes, int] | None,
    known: Mapping[tuple[int, bytes], Sequence[tuple[int, bytes, int]]],
) -> Match:
    """What each identifier of the event does besides: join the person, link to another, or leave a proposal."""
    least, person = (strongest.belief, None) if owner is None else owner[:2]
    indexes: dict[tuple[int, bytes, int], None] = {}
    links: dict[tuple[bytes, int], int] = {}
    proposals: dict[bytes, int] = {}
    for one in believed:
        rows = known.get((one.kind, one.tag), ())
        same_sort = one.is_person == strongest.is_person
        best = max(rows) if rows else None
        if best is not None and best[0] >= one.belief:
            if best[1] != person:
                link = (best[1], SAME_PERSON if same_sort else DEVICE_OF)
                links[link] = max(links.get(link, 0), min(one.belief, strongest.belief))
            continue
        if same_sort and one.belief >= least:
            indexes[(one.kind, one.tag, one.belief)] = None
        for row in rows:
            if row[1] != person:
                proposals[row[1]] = max(proposals.get(row[1], 0), row[0])
    return Match(
        person,
        strongest.belief,
        tuple(indexes),
        tuple(Joined(other, kind, Belief(belief).proof) for (other, kind), belief in links.items()),
        tuple(proposals.items()),
    )
