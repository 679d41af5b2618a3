"""Propose: source persons who may be one, what else of them agrees, and that they are not one.

Nothing here joins anybody: the index of lower belief is what somebody typed, and no more than that would a link carry
which was made without people. Whoever accepts a proposal links the two.
"""

from __future__ import annotations

from heapq import nlargest
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked, checked_bound, signed
from lockhouse.gates.disclose.group import groups_of
from lockhouse.gates.disclose.said import require_seen
from lockhouse.gates.facts import facts_of_persons
from lockhouse.gates.rework import Agreement, check_merge
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import tell_late
from lockhouse.identity.match import SAME_PERSON
from lockhouse.identity.propose import Proposal, merged, proposals_in
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import Identifier, KeyRing, Link
from lockhouse.model.scale import Belief, PersonState, Proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor

LIMIT = 100
"""Proposals a list, the newest."""
HELD = 10_000
"""Of the newest, so many are looked at: what was joined or refused since is among them."""
_GONE = PersonState.ERASED | PersonState.ENDING | PersonState.RESTRICTED
"""Of whom nothing is proposed: what is restricted is only kept (GDPR Art. 18(2))."""


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """Two source persons who may be one.

    Attributes:
        weaker: whose identifier is believed less; `stronger` the other.
        fields: of the identifiers that lead to both.
        belief: how far the weaker one's are: `public` may be anybody's typing.
        at: since when, ms.
    """

    weaker: bytes
    stronger: bytes
    fields: tuple[str, ...]
    belief: str
    at: int


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """The newest proposals; `more` if there are others."""

    proposals: tuple[Proposed, ...]
    more: bool


async def proposals(house: House, *, limit: int = LIMIT, told: Callable[[int], None] = lambda _indexes: None) -> Listed:
    """What stands proposed, the newest first; every blind index of the house is read for it.

    Args:
        limit: how many.
        told: hears how many indexes were read so far.

    Raises:
        Tampered: a blind index or a link was not made by this house.
    """
    now, seen, tail = house.clock.now_ms(), 0, list[Identifier]()
    newest: list[Proposal] = []
    async for chunk in house.reads.scan(Identifier):
        rows = [*tail, *chunk]
        last = rows[-1]
        cut = next(at for at in range(len(rows)) if _same(rows[at], last))  # the last one's rows may go on
        rows, tail = rows[:cut], rows[cut:]
        found = proposals_in(checked_bound(_shared(rows), house.row_macs), now=now)
        newest = nlargest(HELD, [*newest, *found], key=attrgetter("at"))
        seen += len(chunk)
        told(seen)
    newest += proposals_in(checked_bound(tail, house.row_macs), now=now)
    standing = await _standing(house, merged(newest))
    names = house.live().names
    listed = tuple(
        Proposed(
            weaker=one.weaker, stronger=one.stronger, at=one.at, belief=Belief(one.belief).name.lower(),
            fields=tuple(sorted(names.name("identifier", kind) or f"#{kind}" for kind in one.kinds)),
        )
        for one in standing[:limit]
    )  # fmt: skip
    return Listed(proposals=listed, more=len(standing) > limit)


def _same(one: Identifier, other: Identifier) -> bool:
    return (one.kind, one.generation, one.tag) == (other.kind, other.generation, other.tag)


def _shared(rows: Sequence[Identifier]) -> list[Identifier]:
    """Those of the rows whose identifier leads to several; nearly all lead to one, and their MACs need no check."""
    beside = {at for at, (one, other) in enumerate(pairwise(rows)) if _same(one, other)}
    return [row for at, row in enumerate(rows) if at in beside or at - 1 in beside]


async def compare(house: House, one: bytes, other: bytes, *, by: Actor) -> Agreement:
    """Which further fields of two who are proposed agree, and which differ; their values stay where they are.

    That tells of one what is known of the other: so it takes a role that may look at both, whatever they are besides.

    Raises:
        NotFound: nothing proposes the two.
        Refused: one of them is watched over, or a colleague, and no role hears of such; that is noted.
    """
    await require_seen(house, one, other, actor=by, action="compare")
    await require(house, one, other)
    return await check_merge(house, (one, other), by=by.id)


async def require(house: House, one: bytes, other: bytes) -> None:
    """The two are proposed.

    Raises:
        NotFound: nothing proposes the two.
    """
    keys = [(one,), (other,)]
    own = checked_bound(await house.reads.find(Identifier, ("person",), keys), house.row_macs)
    own.sort(key=lambda row: (row.kind, row.generation, row.tag, row.proof))
    if not await _standing(house, merged(proposals_in(own, now=house.clock.now_ms()))):
        raise _none()


async def refuse(house: House, one: bytes, other: bytes, *, by: str) -> None:
    """The two are not one: they are not proposed any more. Whoever links them by hand takes that back.

    Raises:
        NotFound: nothing proposes the two, or one of them has ended meanwhile.
        Conflict: their facts keep moving; the refusal stands, and is told later.
    """
    await require(house, one, other)
    await admit_rings(house, {one, other})
    now = house.clock.now_ms()
    row = Link(house.ids.new(), one, other, SAME_PERSON, int(Proof.ISSUED), now, None, now, house.ids.new(), b"")
    row = signed(row, house.integrity_key)
    alive = tuple(
        Expect(KeyRing.TABLE, (end,), {"person": end}, or_absent=False, because="ended") for end in (one, other)
    )
    if isinstance(
        await house.commits.commit(Change("identity", puts=(Put(Link.TABLE, row),), expects=alive)), Conflict
    ):
        raise _none()
    await tell_late(house, [row], by=by)


def _none() -> NotFound:
    return NotFound("proposal: expected one of these two", hint="lockhouse proposal list names them")


async def _standing(house: House, found: Sequence[Proposal]) -> list[Proposal]:
    """Those of living persons who are not one already, and of whom nobody said that they are not."""
    persons = sorted({end for one in found for end in (one.weaker, one.stronger)})
    facts = await facts_of_persons(house, persons, fresh=True)
    group = {person: at for at, members in enumerate(await groups_of(house, persons)) for person in members}
    links = await house.reads.find(Link, ("a",), [(person,) for person in persons])
    refused = _refused(checked(links, house.integrity_key))
    return [
        one
        for one in found
        if not one.kinds <= house.live().device_kinds  # two who share a device are no one person
        and all(end in facts and not facts[end].state & _GONE for end in (one.weaker, one.stronger))
        and group[one.weaker] != group[one.stronger]
        and frozenset({one.weaker, one.stronger}) not in refused
    ]


def _refused(links: Iterable[Link]) -> set[frozenset[bytes]]:
    """Pairs that people took apart, or said are not one."""
    return {frozenset({row.a, row.b}) for row in links if row.kind == SAME_PERSON and row.undone_at is not None}
