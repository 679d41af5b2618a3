"""Whose event is it, and what of it may be kept: look-ups for a whole group, then decisions item by item.

New source persons and their rings become durable in the identity store first and are read back from it; only then
is anything sealed for them. An overlay of the new persons of the group, and of the groups before it that are not yet
durable, keeps one burst from making three persons of one; across processes the blind index itself, unique in the
store, decides who made a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.gates.authority import checked, checked_bound, signed
from lockhouse.gates.collect.work import Work, evidence_of
from lockhouse.gates.facts import facts_of_persons, merge_facts, suppressed_by
from lockhouse.gates.house import PersonFacts
from lockhouse.gates.told import untold
from lockhouse.identity.match import DEVICE_OF, SAME_PERSON, match
from lockhouse.model import codes
from lockhouse.model.decision import PersonFacts as Asked
from lockhouse.model.rows import ErasedMark, Identifier, Link
from lockhouse.model.scale import Belief, PersonState
from lockhouse.policy.live import map_consent
from lockhouse.policy.reduce import TOO_OLD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.collect.turns import Key, Owner, Owners, Turns
    from lockhouse.gates.collect.work import Found
    from lockhouse.gates.house import House, LivePolicy

NEW = PersonFacts(seal=0, ending=False, state=0, region=None, consents={}, objected=frozenset(), active_at=0)
"""The facts of someone never seen: nothing was said, nothing is known."""


async def look_up(house: House, works: Sequence[Work], turns: Turns) -> Owners:
    """Who owns the group's identifiers, by what is committed or on its way; and each work's deciding facts.

    Somebody on their way has no facts yet, like somebody of the group itself.
    """
    keys = list({(one.kind, one.generation, one.tag) for work in works for one in work.found})
    owners: Owners = {}
    in_flight = turns.in_flight(keys)
    if keys:
        rows = await house.reads.find(Identifier, ("kind", "generation", "tag"), keys)
        for row in checked_bound(rows, house.row_macs):
            owners.setdefault((row.kind, row.generation, row.tag), []).append((row.proof, row.person, row.first_at))
    persons = {person for owned in owners.values() for _, person, _ in owned}
    facts = await facts_of_persons(house, persons) if persons else {}
    for owned in owners.values():
        owned[:] = [owner for owner in owned if owner[1] in facts and not facts[owner[1]].ending]
    for key, flying in in_flight.items():
        known = owners.setdefault(key, [])
        known += [owner for owner in flying if owner[:2] not in [one[:2] for one in known]]
    for work in works:
        if not owners:
            work.facts_of, work.facts = (), []
            continue
        found = {person for key in _keys(work.found) for _, person, _ in owners.get(key, ())}
        theirs = [person for person in found if person in facts]
        work.facts_of = tuple(sorted(theirs))
        work.facts = [facts[person] for person in work.facts_of]
    if house.erased_marks:
        await _erased_before(house, works, keys)
    if house.suppressions:
        identified = [work.reducer.identifiers(work.event, seen=work.seen) for work in works]
        for work, closed in zip(works, await suppressed_by(house, identified), strict=True):
            work.suppressions, work.suppressed = closed, frozenset().union(*closed.values())
    return owners


def _keys(found: Sequence[Found]) -> list[Key]:
    return [(one.kind, one.generation, one.tag) for one in found]


async def _erased_before(house: House, works: Sequence[Work], keys: list[Key]) -> None:
    before: dict[Key, int] = {}
    for mark in await house.reads.find(ErasedMark, ("kind", "generation", "tag"), keys):
        key = (mark.kind, mark.generation, mark.tag)
        before[key] = max(mark.before_at, before.get(key, 0))
    for work in works:
        if any(work.event.occurred_at < before.get(key, 0) for key in _keys(work.found)):
            work.refuse(codes.ERASED_BEFORE)


def decide(work: Work) -> None:
    """What of this item may be kept, by the live policy and everything that is known of whose it is."""
    live, event = work.live, work.event
    parts = work.facts or [NEW]
    consents, objected, state = merge_facts(parts)
    said, _unmapped = map_consent(live.policy, event.consent) if event.consent is not None else (None, ())
    regions = {part.region for part in parts} | {evidence_of(work)}
    regions.discard(None)
    region = regions.pop() if len(regions) == 1 else None  # evidence that differs widens nothing: the strictest rules
    asked = Asked(
        region=region, consents=consents, event_consents=said, signals=event.signals, state=PersonState(state),
        suppressed=work.suppressed, objected=objected,
    )  # fmt: skip
    alive, why = live.purposes_open(asked)
    overdue = _overdue(work)
    work.mask = alive & ~overdue
    if overdue & alive:
        why = tuple([TOO_OLD if overdue & alive >> at & 1 else word for at, word in enumerate(why)])
    reduced = work.reduced = work.reducer.reduce(event, work.mask, why=why, seen=work.seen)
    if reduced.kept == 0:
        work.refuse(_why_nothing(work, alive=alive), reduced.dropped)


def _overdue(work: Work) -> int:
    """Bits of the purposes whose keep had already passed when the event arrived."""
    live: LivePolicy = work.live
    at = min(work.event.occurred_at, work.batch.received_at)
    active_at = max((one.active_at for one in work.facts or ()), default=0)
    return live.overdue(at, work.batch.received_at, active_at=active_at)


def _why_nothing(work: Work, *, alive: int) -> str:
    if work.suppressed:
        return codes.SUPPRESSED
    if alive != work.mask and work.reducer.reduce(work.event, alive).kept:
        return codes.EXPIRED_ON_ARRIVAL
    return codes.NO_FIELD_LEFT


def settle(house: House, work: Work, owners: Owners) -> None:
    """Whose record it will be, by the identifiers that a purpose allows to keep; new owners join the overlay."""
    allowed = {field for field, _ in work.reduced.identifiers}
    kept = [one for one in work.found if one.field in allowed]
    found = match(kept, _owned(kept, owners))
    now = work.batch.received_at
    work.is_new = found.person is None
    work.belongs_to(found.person or house.ids.new())
    generations = {(one.kind, one.tag): one.generation for one in kept}
    indexes = []
    for kind, tag, belief in found.new_indexes:
        generation = generations[(kind, tag)]
        indexes.append((kind, generation, tag, belief))
        owners.setdefault((kind, generation, tag), []).append((belief, work.person, now))
    work.indexes = tuple(indexes)
    work.links = found.links
    work.proof = Belief(found.belief).proof


def owners_made(works: Sequence[Work]) -> list[tuple[Key, Owner]]:
    """The indexes that these works will make, as the overlay keeps them until they are durable."""
    return [
        ((kind, generation, tag), (belief, work.person, work.batch.received_at))
        for work in works
        for kind, generation, tag, belief in work.indexes
    ]


def whose(work: Work, owners: Owners) -> bytes | None:
    """Whose an item is of which nothing is kept: what it refuses is still theirs to refuse."""
    return match(work.found, _owned(work.found, owners)).person


def _owned(found: Sequence[Found], owners: Owners) -> dict[tuple[int, bytes], list[tuple[int, bytes, int]]]:
    """Only what somebody owns: most identifiers of a group are nobody's yet, or of one person."""
    return {(one.kind, one.tag): known for one in found if (known := owners.get((one.kind, one.generation, one.tag)))}


async def settle_links(house: House, works: Sequence[Work]) -> None:
    """Which links the group really adds: a link that stands is not made again, a device's older one ends.

    A link that stands on a lower proof is made again on the higher: else whoever typed two people's identifiers into
    one form first would keep them apart for ever. One that was undone by hand is not made again on the same proof.
    A device belongs to whoever identified on it last: its link to the one before ends when the new one begins.
    """
    joining = [work for work in works if work.links]
    if not joining:
        return
    # Only what has not ended: a tablet in a shop has had a link for every customer there ever was.
    ends = [(end, None) for end in sorted({joined.person for work in joining for joined in work.links})]
    rows = await house.reads.find(Link, ("b", "until_at"), ends) + await house.reads.find(Link, ("a", "until_at"), ends)
    known = checked({row.id: row for row in rows}.values(), house.integrity_key)
    standing = [row for row in known if row.undone_at is None]
    cut_off = await untold(house, known)
    made: dict[tuple[bytes, bytes, int], int] = {}
    for row in known:
        _made(made, row.a, row.b, row.kind, proof=row.proof)
    for work in joining:
        fresh = [one for one in work.links if made.get((work.person, one.person, one.kind), 0) < one.proof]
        for one in fresh:
            _made(made, work.person, one.person, one.kind, proof=one.proof)
        at = work.batch.received_at
        links: list[Link] = []
        ended: list[Link] = []
        for one in fresh:
            row = Link(
                house.ids.new(), work.person, one.person, one.kind, one.proof, at, None, None, house.ids.new(), b""
            )
            links.append(signed(row, house.integrity_key))
            if one.kind == DEVICE_OF:
                ended += [old for old in standing if old.b == one.person and old.kind == DEVICE_OF]
        work.new_links = [*links, *(_ended(house, old, at) for old in ended)]
        work.ended_links = ended
        work.untold_links = [row for row in cut_off if work.person in (row.a, row.b)]


def _made(made: dict[tuple[bytes, bytes, int], int], a: bytes, b: bytes, kind: int, *, proof: int) -> None:
    """Remember a link; that two are one person is said in both directions."""
    for ends in ((a, b), (b, a)) if kind == SAME_PERSON else ((a, b),):
        made[(*ends, kind)] = max(made.get((*ends, kind), 0), proof)


def _ended(house: House, row: Link, at: int) -> Link:
    return signed(msgspec.structs.replace(row, until_at=at, entry=house.ids.new()), house.integrity_key)
