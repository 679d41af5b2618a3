"""Whose event is it, and what of it may be kept: look-ups for a whole group, then decisions item by item.

New source persons and their rings become durable in the identity store first and are read back from it; only then
is anything sealed for them. An overlay of the new persons of the group, and of the groups before it that are not yet
durable, keeps one burst from making three persons of one; across processes the blind index itself, unique in the
store, decides who made a person. What the items before have said of a person decides the next one of the group too:
a group stores what its items would have stored one after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.gates.authority import checked, checked_bound, signed
from lockhouse.gates.collect.brake import counts, look_up_reach, marks
from lockhouse.gates.collect.ended import look_up_ended
from lockhouse.gates.collect.moves import moved_region
from lockhouse.gates.collect.sales import customer_at
from lockhouse.gates.collect.turns import Flight
from lockhouse.gates.collect.words import heard, moves_seal, new_words
from lockhouse.gates.collect.work import Work, evidence_of
from lockhouse.gates.facts import facts_of_persons, merge_facts, suppressed_by
from lockhouse.gates.house import PersonFacts
from lockhouse.gates.regions import region_of
from lockhouse.gates.told import untold
from lockhouse.identity.match import DEVICE_OF, SAME_PERSON, match
from lockhouse.model import codes
from lockhouse.model.decision import PersonFacts as Asked
from lockhouse.model.rows import ErasedMark, Identifier, Link
from lockhouse.model.scale import Assurance, PersonState, Proof
from lockhouse.policy.live import map_consent
from lockhouse.policy.past import without
from lockhouse.policy.reduce import TOO_OLD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.collect.brake import Reached
    from lockhouse.gates.collect.turns import Key, Owners, Turns
    from lockhouse.gates.collect.work import Found
    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.identity.match import Joined
    from lockhouse.policy.reduce import Reduced

_CLAIMED = int(Proof.CLAIMED)
"""Of a record: a claim is a claim, whatever key it came with. Plain numbers, here and below: an event passes many."""
NEW = PersonFacts(seal=0, ending=False, state=0, region=None, consents={}, objected=frozenset(), active_at=0)
"""The facts of someone never seen: nothing was said, nothing is known."""


class Known(NamedTuple):
    """Who owns the group's identifiers and what decides over each of them, going on with what the group itself adds."""

    owners: Owners
    facts: dict[bytes, PersonFacts]
    told: dict[bytes, PersonFacts]
    """The facts of those whom the group makes or heard of."""
    reached: Reached
    """What identifiers join already."""


async def look_up(house: House, works: Sequence[Work], turns: Turns, *, fresh: bool = False) -> Known:
    """Who owns the group's identifiers and what decides over them, by what is committed or on its way.

    `fresh`: also of whom this process remembers, for what no commit will find to be decided by an older word.
    """
    keys = list({(one.kind, one.generation, one.tag) for work in works for one in work.found})
    owners: Owners = {}
    in_flight, flying, brought = turns.in_flight(keys), turns.facts(), turns.brought()
    if keys:
        rows = await house.reads.find(Identifier, ("kind", "generation", "tag"), keys)
        for row in checked_bound(rows, house.row_macs):
            owners.setdefault((row.kind, row.generation, row.tag), []).append((row.proof, row.person, row.first_at))
    for key, made in in_flight.items():
        known = owners.setdefault(key, [])
        known += [owner for owner in made if owner[:2] not in [one[:2] for one in known]]
    persons = {person for owned in owners.values() for _, person, _ in owned}
    facts = {person: flying[person] for person in persons if person in flying}
    if len(facts) < len(persons):
        facts |= await facts_of_persons(house, persons - facts.keys(), fresh=fresh)
    for owned in owners.values():
        owned[:] = [owner for owner in owned if owner[1] in facts and not facts[owner[1]].ending]
    if late := [work for work in works if work.batch.late_at]:
        await look_up_ended(house, late, owners)
    if house.erased_marks:
        await _erased_before(house, works, keys)
    if house.suppressions:
        identified = [work.reducer.identifiers(work.event, seen=work.seen) for work in works]
        for work, (closed, as_read) in zip(works, await suppressed_by(house, identified), strict=True):
            work.suppressions, work.suppressed = closed, frozenset().union(*closed.values())
            work.suppressions_read = as_read
    return Known(owners, facts, {}, await look_up_reach(house, works, owners, brought=brought))


def _keys(found: Sequence[Found]) -> list[Key]:
    return [(one.kind, one.generation, one.tag) for one in found]


async def _erased_before(house: House, works: Sequence[Work], keys: list[Key]) -> None:
    before: dict[Key, int] = {}
    marks = await house.reads.find(ErasedMark, ("kind", "generation", "tag"), keys)
    for mark in checked_bound(marks, house.row_macs):
        key = (mark.kind, mark.generation, mark.tag)
        before[key] = max(mark.before_at, before.get(key, 0))
    for work in works:
        # In doubt it is from before; and what came in before did not happen after, whatever its sender's clock says.
        at = min(work.event.occurred_at, work.batch.received_at) if work.batch.dated else 0
        if any(at < before.get(key, 0) for key in _keys(work.found)):
            work.refuse(codes.ERASED_BEFORE)


def take_in(house: House, work: Work, known: Known) -> None:
    """One item decided: what of it is kept, whose it is and what it says; the next ones of the group go by that."""
    owners, facts = known.owners, known.facts
    if owners:
        found = {person for key in _keys(work.found) for _, person, _ in owners.get(key, ())}
        work.facts_of = tuple(sorted(found))
        work.facts = [facts[person] for person in work.facts_of]
    else:
        work.facts_of, work.facts = (), []
    decide(work, owners)
    if work.reply is not None:
        owned = _owned(work.found, owners)
        work.belongs_to(match(work.found, owned, counts=counts(work.found, owned, known.reached)).person or b"")
        work.said = new_words(work) if work.person else ()  # what it refuses is still theirs to refuse
        return
    _settle(house, work, known)
    work.said = new_words(work)
    if work.indexes if work.is_new else moves_seal(work):
        facts[work.person] = known.told[work.person] = heard(work, _made(work) if work.is_new else work.own)


def _made(work: Work) -> PersonFacts:
    """The facts of the person whom this item makes, as they will be read back."""
    region = evidence_of(work)
    return PersonFacts(
        seal=0, ending=False, state=0, region=region, came_with=region,
        region_at=-1 if region is None else work.batch.received_at, consents={}, objected=frozenset(),
        active_at=work.active_on, version=1, created_at=work.batch.received_at,
    )  # fmt: skip


def decide(work: Work, owners: Owners) -> None:
    """What of this item may be kept, by the live policy and everything that is known of whose it is."""
    live, event = work.live, work.event
    parts = work.facts or [NEW]
    consents, objected, state = merge_facts(parts)
    said, _unmapped = map_consent(live.policy, event.consent) if event.consent is not None else (None, ())
    region, regions = region_of(parts, said=evidence_of(work))
    asked = Asked(
        region=region, regions=regions, consents=consents, event_consents=said, signals=event.signals,
        state=PersonState(state), suppressed=work.suppressed, objected=objected, customer=customer_at(work, owners),
    )  # fmt: skip
    alive, why = live.purposes_open(asked)
    overdue = _overdue(work)
    work.mask = alive & ~overdue & ~work.closed
    if overdue:  # whatever else shuts such a purpose: no word of anybody's would open it
        why = tuple([TOO_OLD if (overdue >> at) & 1 else word for at, word in enumerate(why)])
    reduced = work.reduced = work.reducer.reduce(event, work.mask, why=why, seen=work.seen)
    if work.ended and reduced.kept:
        reduced = work.reduced = _without_ended(work, reduced, why)
    if reduced.kept == 0:
        work.refuse(codes.ERASED_BEFORE if work.past else _why_nothing(work, alive=alive), reduced.dropped)


def _without_ended(work: Work, reduced: Reduced, why: Sequence[str]) -> Reduced:
    """What is kept where parts of the person have ended since the event came in; whose it is, is told as before."""
    left = without(work.seen, work.ended, live=work.mask)
    work.past = work.seen.found.keys() - left.found.keys()
    rest: Reduced = work.reducer.reduce(work.event, work.mask, why=why, seen=left)
    return msgspec.structs.replace(rest, identifiers=reduced.identifiers)


def _overdue(work: Work) -> int:
    """Bits of the purposes whose keep had passed when the event arrived, or came back from where it was set aside."""
    live: LivePolicy = work.live
    at = min(work.event.occurred_at, work.batch.received_at)
    active_at = max((one.active_at for one in work.facts or ()), default=0)
    return live.overdue(at, max(work.batch.received_at, work.batch.late_at), active_at=active_at)


def _why_nothing(work: Work, *, alive: int) -> str:
    if work.suppressed:
        return codes.SUPPRESSED
    if alive != work.mask and work.reducer.reduce(work.event, alive).kept:
        return codes.EXPIRED_ON_ARRIVAL
    return codes.NO_FIELD_LEFT


def _settle(house: House, work: Work, known: Known) -> None:
    """Whose record it will be, by the identifiers that a purpose allows to keep; new owners join the overlay."""
    owners = known.owners
    allowed = {field for field, _ in work.reduced.identifiers}
    kept = [one for one in work.found if one.field in allowed]
    owned = _owned(kept, owners)
    if work.past:
        kept = [one for one in kept if one.field not in work.past or (one.kind, one.tag) in owned]
    counted = counts(kept, owned, known.reached)
    found = match(kept, owned, counts=counted)
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
    work.links = (*found.links, *marks(found, owned, counted)) if found.braked else found.links
    known.reached.add(work, kept)
    work.proof = found.belief or _CLAIMED
    work.region = moved_region(work, kept, owners)


def flight_of(works: Sequence[Work], known: Known) -> Flight:
    """What these works will make, as the overlay keeps it until it is durable."""
    owners = [
        ((kind, generation, tag), (belief, work.person, work.batch.received_at))
        for work in works
        for kind, generation, tag, belief in work.indexes
    ]
    return Flight(owners, known.told, known.reached.told)


def _owned(found: Sequence[Found], owners: Owners) -> dict[tuple[int, bytes], list[tuple[int, bytes, int]]]:
    """Only what somebody owns: most identifiers of a group are nobody's yet, or of one person."""
    return {(one.kind, one.tag): known for one in found if (known := owners.get((one.kind, one.generation, one.tag)))}


async def settle_activity(house: House, works: Sequence[Work]) -> None:
    """A key that anyone can read makes nobody active who is believed further than it goes.

    Else whoever knows an address could put off its owner's last day for ever. Asked at most once a day of those who are
    known by such keys alone: their day has then moved.
    """
    public = [
        work
        for work in works
        if work.batch.assurance < Assurance.SECRET and not work.is_new and work.own.active_at < work.active_on
    ]
    if not public:
        return
    rows = await house.reads.find(Identifier, ("person",), [(one,) for one in {work.person for work in public}])
    believed: dict[bytes, int] = {}
    for row in checked_bound(rows, house.row_macs):
        believed[row.person] = max(believed.get(row.person, 0), row.proof)
    for work in works:
        if work.is_new:
            believed[work.person] = max((one[3] for one in work.indexes), default=0)
    for work in public:
        shown = [one.belief for one in work.found if one.is_person] or [one.belief for one in work.found]
        work.is_activity = believed.get(work.person, 0) <= max(shown, default=0)


async def settle_links(house: House, works: Sequence[Work]) -> None:
    """Which links the group really adds: a link that stands is not made again, a device's older one ends.

    A link that stands on a lower proof is made again on the higher: else whoever typed two people's identifiers into
    one form first would keep them apart for ever. One that was undone by hand is not made again on the same proof.
    A device belongs to whoever identified on it last: its link to the one before ends when the new one begins, also
    when both come in one group.
    """
    joining = [work for work in works if work.links]
    if not joining:
        return
    # Only what has not ended: a tablet in a shop has had a link for every customer there ever was.
    ends = [(end, None) for end in sorted({joined.person for work in joining for joined in work.links})]
    rows = await house.reads.find(Link, ("b", "until_at"), ends) + await house.reads.find(Link, ("a", "until_at"), ends)
    known = checked({row.id: row for row in rows}.values(), house.integrity_key)
    cut_off = await untold(house, known)
    links = _Links(known)
    for work in joining:
        at = work.batch.received_at
        fresh: list[Link] = []
        ended: list[Link] = []
        for one in work.links:
            if not links.lacks(work.person, one):
                continue
            row = Link(
                house.ids.new(), work.person, one.person, one.kind, one.proof, at, None, None, house.ids.new(), b""
            )
            row = signed(row, house.integrity_key)
            fresh.append(row)
            ended += links.add(row)
        work.new_links = [*fresh, *(_ended(house, old, at) for old in ended)]
        work.ended_links = ended
        work.untold_links = [row for row in cut_off if work.person in (row.a, row.b)]


class _Links:
    """The links between persons as they stand, going on with what each item of the group makes and ends."""

    def __init__(self, rows: Sequence[Link]) -> None:
        self._proofs: dict[tuple[bytes, bytes, int], int] = {}
        self._undone: dict[tuple[bytes, bytes, int], int] = {}
        self._of_device: dict[bytes, list[Link]] = {}
        for row in rows:
            if row.undone_at is None:
                self._stands(row)
            else:
                _believe(self._undone, row)
                _believe(self._proofs, row)

    def lacks(self, person: bytes, joined: Joined) -> bool:
        """Whether no link says this yet, on this proof."""
        return self._proofs.get((person, joined.person, joined.kind), 0) < joined.proof

    def add(self, row: Link) -> list[Link]:
        """A link is made; those of its device that end by it."""
        ended = self._of_device.pop(row.b, []) if row.kind == DEVICE_OF else []
        for old in ended:
            ends = (old.a, old.b, old.kind)
            self._proofs[ends] = self._undone.get(ends, 0)
        self._stands(row)
        return ended

    def _stands(self, row: Link) -> None:
        _believe(self._proofs, row)
        if row.kind == DEVICE_OF:
            self._of_device.setdefault(row.b, []).append(row)


def _believe(proofs: dict[tuple[bytes, bytes, int], int], row: Link) -> None:
    """Remember a link's proof; that two are one person is said in both directions."""
    for ends in ((row.a, row.b), (row.b, row.a)) if row.kind == SAME_PERSON else ((row.a, row.b),):
        proofs[(*ends, row.kind)] = max(proofs.get((*ends, row.kind), 0), row.proof)


def _ended(house: House, row: Link, at: int) -> Link:
    return signed(msgspec.structs.replace(row, until_at=at, entry=house.ids.new()), house.integrity_key)
