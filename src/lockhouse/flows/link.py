"""Say that two source persons are one, or no longer. Each record stays with the person it was sealed for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Invalid, NotFound
from lockhouse.gates.authority import checked, signed
from lockhouse.gates.disclose import group
from lockhouse.gates.disclose.group import joins
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import link_draft, tell, tell_late
from lockhouse.identity.match import SAME_PERSON
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import KeyRing, Link
from lockhouse.model.scale import Proof

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.gates.house import House


class Joint(msgspec.Struct, frozen=True, kw_only=True):
    """Two source persons who are one: with the best proof of what said so, and since when (ms) something has."""

    one: bytes
    other: bytes
    proof: int
    since: int


async def joints(house: House, persons: Sequence[bytes]) -> list[Joint]:
    """What joins these source persons to each other, pair by pair: what `undo` can take apart.

    Raises:
        Tampered: a link was not made by this house.
    """
    rows = await house.reads.find(Link, ("a",), [(person,) for person in persons])
    return _pairs(row for row in checked(rows, house.integrity_key) if joins(row) and row.b in persons)


async def held_apart(house: House, persons: Sequence[bytes]) -> list[Joint]:
    """What events said joins these source persons to others or to each other, and the brake holds apart, by pair.

    `make` joins them all the same.

    Raises:
        Tampered: a link or a blind index was not made by this house.
    """
    return _pairs(await group.held_apart(house, persons))


def _pairs(links: Iterable[Link]) -> list[Joint]:
    pairs: dict[tuple[bytes, bytes], list[Link]] = {}
    for row in links:
        pairs.setdefault((min(row.a, row.b), max(row.a, row.b)), []).append(row)
    return [
        Joint(one=one, other=other, proof=max(row.proof for row in said), since=min(row.from_at for row in said))
        for (one, other), said in sorted(pairs.items())
    ]


async def links_of(house: House, person: bytes) -> list[Link]:
    """Every link of a source person that says "the same person", undone ones too, oldest first.

    Raises:
        Tampered: a link was not made by this house.
    """
    rows = await house.reads.find(Link, ("a",), [(person,)]) + await house.reads.find(Link, ("b",), [(person,)])
    return sorted(
        (row for row in checked(rows, house.integrity_key) if row.kind == SAME_PERSON), key=lambda row: row.id
    )


async def make(house: House, one: bytes, other: bytes, *, by: str) -> Link:
    """The two are shown, packed and erased as one from now on.

    Staff have seen something that the identifiers do not say; it is believed like a provider's own word (`issued`).

    Raises:
        Invalid: both are the same source person.
        NotFound: one of them is not a living person.
        Moved: their facts keep moving; the link stands, and is told later.
    """
    if one == other:
        raise Invalid("link", "two source persons", got="one")
    await _living(house, one, other)
    now = house.clock.now_ms()
    row = Link(house.ids.new(), one, other, SAME_PERSON, int(Proof.ISSUED), now, None, None, house.ids.new(), b"")
    row = signed(row, house.integrity_key)
    alive = [Expect(KeyRing.TABLE, (end,), {"person": end}, or_absent=False, because="ended") for end in (one, other)]
    answer = await house.commits.commit(Change("identity", puts=(Put(Link.TABLE, row),), expects=tuple(alive)))
    if isinstance(answer, Conflict):
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    await tell_late(house, [row], by=by)
    return row


async def undo(house: House, one: bytes, other: bytes, *, by: str) -> int:
    """No link joins the two any more; how many were undone. Events do not make it again on the same proof.

    They may still be one through others.

    Raises:
        NotFound: no link that stands joins them, or one of them is not a living person.
        Moved: a link changed meanwhile.
    """
    standing = [row for row in await links_of(house, one) if other in (row.a, row.b) and row.undone_at is None]
    if not standing:
        raise NotFound("link: expected one between these two", hint="lockhouse person show ID lists them")
    await _living(house, one, other)
    now, puts, expects, drafts = house.clock.now_ms(), [], [], []
    for row in standing:
        undone = msgspec.structs.replace(row, undone_at=now, entry=house.ids.new())
        undone = signed(undone, house.integrity_key)
        puts.append(Put(Link.TABLE, undone))
        expects.append(Expect(Link.TABLE, (row.id,), {"mac": row.mac}, or_absent=False, because="link-moved"))
        drafts.append(link_draft(house, undone, by=by))
    answer = await house.commits.commit(Change("identity", puts=tuple(puts), expects=tuple(expects)))
    if isinstance(answer, Conflict):
        raise Moved("link: expected it as it was read", hint="try again")
    await tell(house, (one, other), drafts)
    return len(standing)


async def _living(house: House, *persons: bytes) -> None:
    await admit_rings(house, set(persons))
    if any(house.keyring.version_of(person) is None for person in persons):
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
