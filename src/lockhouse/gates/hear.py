"""Words that a file or a provider brings become durable, with whom they make, and the ledger tells.

Those of a file go again, all of a batch. Each names its batch in `notice`: `import:BATCH`, and behind it where the file
says that it was said. To take one back its row is marked first, which no decision reads any more, then the ledger
tells, and the row goes: so whatever is cut off is either in force, or marked and found again. Words that were said
before or since stand as they are, since every word keeps its row: what stood before counts again.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.errors import Unavailable
from lockhouse.gates.authority import bound, checked, signed
from lockhouse.gates.ending.person import waiting_owners
from lockhouse.gates.facts import IMPORT, SUPPRESSION, as_they_were
from lockhouse.gates.heard import ERASED, STORED, Ahead, Weighed, is_of, notice_of, weigh
from lockhouse.gates.refresh import refresh
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import consent_draft, tell
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Consent, Identifier, KeyRing, Person
from lockhouse.model.scale import ConsentState, PersonState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from lockhouse.gates.facts import SuppressionKey
    from lockhouse.gates.heard import Origin, Resolved
    from lockhouse.gates.house import House

TRIES = 4
CHUNK = 500


class _Said(NamedTuple):
    """New words of one person, and the suppressions as they were weighed by: of whoever is made, and of a yes."""

    rows: list[Consent]
    suppressions: dict[SuppressionKey, bytes | None]


async def hear(house: House, origin: Origin, words: Sequence[Resolved], *, batch: bytes | None) -> list[str]:
    """The words that may stand are durable, told, and decide in every process; what became of each.

    Raises:
        Unavailable: their persons keep moving, or the clock is in doubt; what was stored is found again.
    """
    stood: set[int] = set()
    for _ in range(TRIES):
        await trusted_now(house)
        await refresh(house)
        weighed = await weigh(house, origin, words, Ahead(), batch=batch)
        lost, stored = await _store(house, origin, weighed, batch=batch)
        await _tell_the_shut(house, origin, weighed, batch=batch)
        await tell(house, {row.person for row in stored}, [consent_draft(house, row) for row in stored])
        # What an earlier try has stored is found said already: it was stored all the same.
        stood |= {at for at, one in enumerate(weighed) if one.outcome == STORED and not lost.issuperset(one.persons)}
        if not lost:
            return [STORED if at in stood else one.outcome for at, one in enumerate(weighed)]
    raise Unavailable("consents: expected persons that hold still, got moving ones", retry_after_s=1.0)


async def _store(
    house: House, origin: Origin, weighed: Sequence[Weighed], *, batch: bytes | None
) -> tuple[set[bytes], list[Consent]]:
    """Each person's words in one commit with the person, if they are made by it; whose were lost, and what stands."""
    made = {one.makes: one for one in weighed if one.makes is not None}
    said = _said(house, origin, weighed, batch=batch)
    known = said.keys() - made.keys()
    await admit_rings(house, known)
    lost = {person for person in known if house.keyring.version_of(person) is None}
    rings = {
        ring.person: KeyRing(ring.person, ring.generation, ring.version, ring.blob)
        for ring in house.keyring.mint_all(
            [(person, house.live().ring_for(frozenset([one.word.place[0]]))) for person, one in made.items()]
        )
    }
    persons = [person for person in said if person not in lost]
    changes = [
        _change(house, person, said[person], makes=made.get(person), ring=rings.get(person)) for person in persons
    ]
    answers = await house.commits.commit_each(changes) if changes else []
    stored = []
    for person, answer in zip(persons, answers, strict=True):
        if isinstance(answer, Conflict):
            lost.add(person)
        else:
            stored += said[person].rows
    await admit_rings(house, {row.person for row in stored})
    # Whoever ended between the two commits took their words along.
    return lost, [row for row in stored if house.keyring.version_of(row.person) is not None]


async def _tell_the_shut(house: House, origin: Origin, weighed: Sequence[Weighed], *, batch: bytes | None) -> None:
    """A no of whoever is shut by a request is theirs all the same: the request may be called off.

    The ledger is told then, by their next event or the daily round.
    """
    noes = [one for one in weighed if one.outcome == ERASED and not one.word.said.granted]
    if not noes:
        return
    waiting = await waiting_owners(house, {one.word.place for one in noes})
    persons = {person for owners in waiting.values() for person, _ in owners}
    rows = checked(await house.reads.find(Consent, ("person",), [(one,) for one in persons]), house.integrity_key)
    said = {(row.person, row.purpose, row.at) for row in rows if row.state == ConsentState.DENIED}
    changes = []
    for one in noes:
        for person, still in waiting.get(one.word.place, ()):
            saying = (person, one.word.number, one.word.said.at)
            if saying not in said:
                said.add(saying)
                row = _word(house, origin, one, person, batch=batch)
                changes.append(Change("identity", puts=(Put(Consent.TABLE, row),), expects=(still,)))
    if changes:
        await house.commits.commit_each(changes)


def _word(house: House, origin: Origin, one: Weighed, person: bytes, *, batch: bytes | None) -> Consent:
    said = one.word.said
    state = ConsentState.GRANTED if said.granted else ConsentState.DENIED
    row = Consent(
        person, one.word.number, said.at, house.ids.new(), state, origin.channel, origin.signal,
        origin.assurance, None if batch is None else notice_of(batch, said.note), house.ids.new(), b"",
    )  # fmt: skip
    return signed(row, house.integrity_key)


def _said(house: House, origin: Origin, weighed: Iterable[Weighed], *, batch: bytes | None) -> dict[bytes, _Said]:
    """The new words by person; whoever is made with a suppressed identifier has refused what that closes."""
    said: dict[bytes, _Said] = defaultdict(lambda: _Said([], {}))
    now, names = house.clock.now_ms(), house.live().names
    for one in weighed:
        for person in one.persons:
            said[person].rows.append(_word(house, origin, one, person, batch=batch))
            if one.word.said.granted or person == one.makes:
                said[person].suppressions.update(one.suppressed.as_read)
        if one.makes is None:
            continue
        for pointer, closes in one.suppressed.closes.items():
            for name in sorted(closes):
                row = Consent(
                    one.makes, names.number("purpose", name), now, house.ids.new(), ConsentState.DENIED,
                    origin.channel, SUPPRESSION, origin.assurance, pointer, house.ids.new(), b"",
                )  # fmt: skip
                said[one.makes].rows.append(signed(row, house.integrity_key))
    return said


def _change(
    house: House, person: bytes, said: _Said, *, makes: Weighed | None, ring: KeyRing | None
) -> Change:  # fmt: skip
    words, unmoved = tuple(Put(Consent.TABLE, row) for row in said.rows), as_they_were(said.suppressions)
    if makes is None or ring is None:
        alive = Expect(KeyRing.TABLE, (person,), {"person": person}, or_absent=False, because="ring-moved")
        return Change("identity", puts=words, expects=(alive, *unmoved))
    now, index = house.clock.now_ms(), (*makes.word.place, makes.word.belief)
    active_at = min(makes.word.said.at, now) or now  # a yes without its time is of nobody who was active then
    who = Person(person, PersonState.NONE, None, 1, now, active_at - active_at % DAY_MS, b"")
    puts = (
        Put(Person.TABLE, bound(who, house.row_macs)), Put(KeyRing.TABLE, ring),
        Put(Identifier.TABLE, bound(Identifier(*index, person, now, b""), house.row_macs)), *words,
    )  # fmt: skip
    free = Expect(Identifier.TABLE, index, None, or_absent=False, because="index-taken")
    return Change("identity", puts=puts, expects=(free, *unmoved))


async def words_of(house: House, batch: bytes) -> AsyncIterator[list[Consent]]:
    """The words that came with a batch, in chunks; every word of the house is read for it.

    Raises:
        Tampered: one was not said to by this house.
    """
    async for rows in house.reads.scan(Consent, chunk=CHUNK):
        of_batch = [row for row in rows if row.signal == IMPORT and is_of(row, batch)]
        if of_batch:
            yield checked(of_batch, house.integrity_key)


async def take_back_words(house: House, rows: Sequence[Consent]) -> int:
    """These words count no more, the ledger says so, and their rows are gone; how many.

    Those of whoever is shut by a request are marked: they count no more should it be called off, and the daily round
    tells of them then.

    Raises:
        Moved: the persons' seals keep moving; what is marked is found again.
    """
    marks = [row if row.state >= ConsentState.TAKEN_BACK else _marked(house, row) for row in rows]
    changes = [
        Change("identity", puts=(Put(Consent.TABLE, mark),), expects=(_stands(row),))
        for row, mark in zip(rows, marks, strict=True)
    ]
    answers = await house.commits.commit_each(changes)
    # Of whoever has just ended nothing is left to mark.
    marked = [mark for mark, answer in zip(marks, answers, strict=True) if not isinstance(answer, Conflict)]
    await admit_rings(house, {row.person for row in marked})
    told = [row for row in marked if house.keyring.version_of(row.person) is not None]
    await tell(house, {row.person for row in told}, [consent_draft(house, row) for row in told])
    gone = [Change("identity", deletes=(Delete(Consent.TABLE, _key(row)),), expects=(_stands(row),)) for row in told]
    if gone:
        await house.commits.commit_each(gone)
    return len(marked)


def _marked(house: House, row: Consent) -> Consent:
    mark = msgspec.structs.replace(row, state=row.state + ConsentState.TAKEN_BACK, entry=house.ids.new(), mac=b"")
    return signed(mark, house.integrity_key)


def _key(row: Consent) -> tuple[bytes, int, int, bytes]:
    return row.person, row.purpose, row.at, row.id


def _stands(row: Consent) -> Expect:
    return Expect(Consent.TABLE, _key(row), {"mac": row.mac}, or_absent=False, because="word-moved")
