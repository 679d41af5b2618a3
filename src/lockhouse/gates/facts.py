"""The facts about persons that decide over their data, read set-wise and with their MACs checked."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.blindindex import suppression_tag
from lockhouse.gates.authority import checked, checked_bound
from lockhouse.gates.customers import sold
from lockhouse.gates.house import PersonFacts
from lockhouse.gates.regions import whereabouts
from lockhouse.gates.vouched import vouched
from lockhouse.identity.normalise import NORM_VERSION, normal
from lockhouse.model.change import Expect
from lockhouse.model.rows import Consent, LedgerEntry, Person, Seal, Suppression
from lockhouse.model.scale import Assurance, ConsentState, PersonState
from lockhouse.training.lapse import Attested, by_grace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.decision import Actor
    from lockhouse.model.rows import Row

SEAL_OPEN = 0
SEAL_ENDING = 1
SEAL_ENDED = 2
PROTECTED = PersonState.RESTRICTED | PersonState.MINOR
"""States that narrow what may be done with the data of whoever may be the same person."""
STAFF = "staff"
SUPPRESSION = "suppression"
IMPORT = "import"
PROVIDER = "provider"
"""Signals of words that no event sends: what staff was told, what a suppression says of whoever comes with it, what
a file of consents says, and what a provider passes on."""
SAID_BEFORE = frozenset({IMPORT, PROVIDER})
"""Signals of words that may have been said long before they came."""


async def facts_of_persons(house: House, persons: Iterable[bytes], *, fresh: bool = False) -> dict[bytes, PersonFacts]:
    """What decides over each of these source persons; cached until their seal version or the key epoch moves.

    The seal is read before the person and the consents: whoever changes those moves the seal afterwards, so a value
    read too early meets a moved seal at its commit.

    Args:
        fresh: read the stores even for persons that are cached (disclosures do: they have no commit that would notice).

    Raises:
        Tampered: a person's row, or a consent row, was not made by this house.
    """
    facts: dict[bytes, PersonFacts] = {}
    missing = []
    for person in set(persons):
        known = None if fresh else house.facts.get(person)
        if known is None:
            missing.append(person)
        else:
            facts[person] = known
    if missing:
        facts.update(await _read(house, missing))
    return facts


async def _read(house: House, persons: Sequence[bytes]) -> dict[bytes, PersonFacts]:
    keys = [(person,) for person in persons]
    seals = await house.reads.get(Seal, keys)
    rows = {(row.id,): row for row in checked_bound((await house.reads.get(Person, keys)).values(), house.row_macs)}
    said: dict[bytes, list[Consent]] = defaultdict(list)
    for row in checked(await house.reads.find(Consent, ("person",), keys), house.integrity_key):
        said[row.person].append(row)
    pointers = {person: _pointers(said[person]) for person in persons}
    bought = await sold(house, [row for words in said.values() for row in words])
    closed = await _closed_by(house, frozenset().union(*pointers.values()))
    entries = await house.reads.get(LedgerEntry, [(row.entry,) for words in said.values() for row in words])
    read = {}
    for person in persons:
        own = rows.get((person,))
        if own is None:
            continue
        seal, words = seals.get((person,)), standing(house, said[person])
        where = whereabouts(said[person], own)
        facts = PersonFacts(
            seal=seal.version if seal else 0,
            ending=seal is not None and seal.state != SEAL_OPEN,
            state=own.state | (PersonState.ENDING if seal is not None and seal.state != SEAL_OPEN else 0),
            region=where.region,
            regions=where.regions,
            came_with=own.region,
            region_at=where.at,
            consents={purpose: granted for purpose, (granted, _) in words.items()},
            denied_at={purpose: at for purpose, (granted, at) in words.items() if not granted},
            objected=frozenset().union(*(closed.get(one, ()) for one in pointers[person])),
            active_at=own.active_at,
            version=own.version,
            created_at=own.created_at,
            suppressions=pointers[person],
            sold_at=bought.get(person, {}),
            untold=tuple(row for row in said[person] if (row.entry,) not in entries),
        )
        house.facts.put(person, facts)
        read[person] = facts
    return read


def standing(house: House, rows: Iterable[Consent]) -> dict[str, tuple[bool, int]]:
    """A person's standing word on each purpose and when it was said (ms): the newest that counts, of one moment a no.

    A denial counts from any assurance; a grant only from `secret` or better, so that a key anyone can read never
    widens what may be done with a person's data.
    """
    word: dict[str, tuple[bool, int]] = {}
    for row in sorted(rows, key=in_turn):
        granted = row.state == ConsentState.GRANTED
        if row.state >= ConsentState.TAKEN_BACK:
            continue
        if granted and row.assurance < Assurance.SECRET:
            continue
        name = house.live().names.name("purpose", row.purpose)
        if name is not None:
            word[name] = granted, row.at
    return word


def in_turn(row: Consent) -> tuple[int, bool, bytes]:
    """The order of words, so that the last is the one that counts: oldest first, of one moment a no behind every yes.

    Ids are random within a moment: whatever goes by the newest word must not go by them.
    """
    return row.at, row.state == ConsentState.DENIED, row.id


def merge_facts(parts: Sequence[PersonFacts]) -> tuple[dict[str, bool], frozenset[str], int]:
    """What stands of several source persons as one: of each purpose the narrowest word.

    Returns:
        consents by purpose (a denial anywhere denies), objected purposes, state bits.
    """
    if len(parts) == 1:
        one = parts[0]
        return one.consents, one.objected, one.state
    consents: dict[str, bool] = {}
    objected: frozenset[str] = frozenset()
    state = 0
    for part in parts:
        objected |= part.objected
        state |= part.state
        for purpose, granted in part.consents.items():
            consents[purpose] = granted and consents.get(purpose, True)
    return consents, objected, state


def narrowed(own: PersonFacts, others: Sequence[PersonFacts]) -> PersonFacts:
    """A source person's facts with what others refused, objected to and are protected by; no yes of theirs counts."""
    consents, objected, state = merge_facts(others)
    denied = {purpose: granted for purpose, granted in consents.items() if not granted}
    return msgspec.structs.replace(
        own, consents=own.consents | denied, objected=own.objected | objected, state=own.state | (state & PROTECTED)
    )


def _pointers(rows: Iterable[Consent]) -> frozenset[str]:
    return frozenset(row.notice for row in rows if row.signal == SUPPRESSION and row.notice is not None)


async def _closed_by(house: House, pointers: Collection[str]) -> dict[str, frozenset[str]]:
    """What each suppression that still stands closes: for whoever once came with it, under any identifier.

    No later event opens that (GDPR Art. 21(3)), only lifting the suppression.
    """
    places = {pointer: place_of_pointer(pointer) for pointer in pointers}
    closed = _closed(house, await _suppressions(house, list(places.values())))
    return {pointer: closed[place] for pointer, place in places.items() if place in closed}


def pointer_of(kind: int, tag: bytes) -> str:
    """How a word names the suppression that it is of."""
    return f"{kind}:{tag.hex()}"


def place_of_pointer(pointer: str) -> SuppressionKey:
    """The key of the suppression that a word names."""
    kind, _, tag = pointer.partition(":")
    return int(kind), bytes.fromhex(tag)


SuppressionKey = tuple[int, bytes]


class Suppressed(NamedTuple):
    """The suppressions of an item's identifiers."""

    closes: dict[str, frozenset[str]]
    """The purposes that each closes which stands, as words name it."""
    as_read: dict[SuppressionKey, bytes | None]
    """Where they lie: the MAC of the row that was read there, also of one that ended, or None where there was none."""


async def suppressed_by(house: House, identified: Sequence[Iterable[tuple[str, str]]]) -> list[Suppressed]:
    """For each item, the suppressions of its identifiers.

    Args:
        identified: an item's identifiers each, as (field, canonical value).

    Raises:
        Tampered: a suppression was not made by this house.
    """
    keys = [suppression_keys(house, one) for one in identified]
    rows = await _suppressions(house, list({key for one in keys for key in one}))
    closed, macs = _closed(house, rows), {(row.kind, row.tag): row.mac for row in rows}
    return [
        Suppressed({pointer_of(*key): closed[key] for key in one if key in closed}, {key: macs.get(key) for key in one})
        for one in keys
    ]


def as_they_were(suppressions: Mapping[SuppressionKey, bytes | None]) -> list[Expect]:
    """That these suppressions are as they were read; for the commit of what was decided by them.

    They lie in the store of persons: so nothing is made durable there behind a suppression that was not looked at.
    """
    return [
        Expect(Suppression.TABLE, key, None if mac is None else {"mac": mac}, False, "suppression-moved")  # noqa: FBT003
        for key, mac in suppressions.items()
    ]


async def _suppressions(house: House, keys: Sequence[SuppressionKey]) -> list[Suppression]:
    return checked((await house.reads.get(Suppression, keys)).values(), house.integrity_key) if keys else []


def _closed(house: House, rows: Iterable[Suppression]) -> dict[SuppressionKey, frozenset[str]]:
    purposes, now = house.live().policy.purposes, house.clock.now_ms()
    closed = {}
    for row in rows:
        if row.until_at is None or row.until_at > now:
            numbers = msgspec.msgpack.decode(row.purposes)
            closed[row.kind, row.tag] = frozenset(one.name for one in purposes if not numbers or one.id in numbers)
    return closed


def suppression_keys(house: House, identified: Iterable[tuple[str, str]]) -> list[SuppressionKey]:
    """Where the suppressions of these identifiers lie, if there are any."""
    return [key for field, value in identified if (key := _suppression_key(house, field, value))]


def _suppression_key(house: House, field: str, value: str) -> SuppressionKey | None:
    kind = house.live().kind(field)
    plain = normal(kind.type, value)
    if plain is None:
        return None
    return kind.number, suppression_tag(house.suppression_key, house.id, kind.number, plain, NORM_VERSION)


async def any_row(house: House, row: type[Row]) -> bool:
    """Whether a table holds anything, so that collecting must ask it."""
    async for rows in house.reads.scan(row, chunk=1):
        if rows:
            return True
    return False


async def courses_by_grace(house: House, actor: Actor) -> dict[str, int]:
    """Courses an actor's roles ask for, and whoever answers for them lacks, and until when (ms) a grace lasts.

    Raises:
        Tampered: an attestation was not made by this house.
    """
    now, live = house.clock.now_ms(), house.live()
    asked = {course for role in actor.roles if role in live.policy.roles for course in live.policy.roles[role].training}
    held = [Attested(row.fact, row.at, row.until_at) for row in await vouched(house, actor.owner or actor.id)]
    found = by_grace(live.policy.training, held, assigned=live.assigned, now=now)
    return {course: until for course, until in found.items() if course in asked}
