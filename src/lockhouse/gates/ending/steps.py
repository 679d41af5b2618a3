"""Carrying a case on, from whatever step it stands at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Tampered
from lockhouse.gates.authority import bound, checked, signed
from lockhouse.gates.cases import LAPSE, ORPHAN, Case, advance, deadline, gives_way, moved, sound_cases, step
from lockhouse.gates.ending.cancel import cancel
from lockhouse.gates.ending.epoch import RETENTION, destroy_epoch, is_kept, shut_epoch
from lockhouse.gates.ending.idle import is_fresh
from lockhouse.gates.ending.orphans import known_of
from lockhouse.gates.ending.person import as_read, limbo_rows, marks_of, require_alone, serials_in_limbo, shut, shut_one
from lockhouse.gates.kept_back import kept_back
from lockhouse.gates.quarantine import STEP, Apart, apart_of
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.together import each
from lockhouse.gates.trusted_time import trusted_now, watched_now
from lockhouse.ledger.certificate import CANNOT_PROVE, Residue, Statement, commitment
from lockhouse.ledger.entry import Completion, parse_entry, serials_root
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import (
    Consent,
    ErasedMark,
    Job,
    KeyRing,
    LedgerEntry,
    Limbo,
    Link,
    Person,
    PersonFlag,
    Tombstone,
)
from lockhouse.model.scale import PersonState
from lockhouse.rights.erasure import remains

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.policy import Policy
    from lockhouse.model.ports import Journal

ERASURE = 1
SWEEP = "sweep-person"
DAILY = "retention-run"
KINDS = frozenset({DAILY, SWEEP})
"""Every kind of job that there is."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How far a case has come. `took_ms` is the time from being asked to this step, by the house's clock."""

    case: Case
    took_ms: int


async def shut_at_once(house: House, case: Case) -> Done:
    """A case that was just begun is shut and waits, whatever the clock says: what was shut can be put back.

    Raises:
        Unavailable: a store did not let it finish; the case stands as begun, and start-up carries it on.
        Moved: another process carries it on.
    """
    started = house.clock.now_ms()
    case = await (shut_epoch(house, case) if case.what == "epoch" else shut(house, case))
    return Done(case=case, took_ms=house.clock.now_ms() - started)


async def carry_on(house: House, case: Case, *, journal: Journal, now: bool = False) -> Done:
    """The case as far as it may go: shut at once; destroyed once its cooling time has passed, or `now`.

    Raises:
        Unavailable: the journal, a store or a process's lease did not let a step finish; the case stands where it
            stood and start-up, or another call, carries it on. Or the clock is in doubt: a cooling time that a jump
            of the clock ended has not passed, nor has one that nobody watched.
    """
    started = house.clock.now_ms()
    if case.step == "begun":
        case = (await shut_at_once(house, case)).case
    if case.step == "shut" and await _is_mistaken(house, case, now=now):
        case = await cancel(house, case, by=case.by)
    if case.step == "shut" and (now or await _is_over(house, case)):
        await _require_all(house, case)
        # From here on nobody calls it off: the journal must never name a key that lives on.
        was, case = case, msgspec.structs.replace(case, step="destroying")
        await advance(house, case, was=was)
    if case.step == "destroying":
        case = await _destroy(house, case, journal)
    if case.step == "destroyed":
        case = await _complete(house, case)
    if case.step == "cancelling":
        case = await cancel(house, case)
    return Done(case=case, took_ms=house.clock.now_ms() - started)


async def _is_mistaken(house: House, case: Case, *, now: bool) -> bool:
    """Whether something came for its persons between the look at them and the shutting, so that it is called off.

    Or its keep was shortened by mistake and is put right. Not asked of what is carried out `now`: all of the person
    ends with it, or it ended where the house was restored from, and what has ended elsewhere never comes back.
    """
    if case.reason == ORPHAN:
        return bool(await known_of(house, case.persons))
    return not now and await _is_kept(house, case, house.live_policy.policy if house.live_policy else None)


async def _is_over(house: House, case: Case) -> bool:
    """Whether the keys may be destroyed: the time has passed, a run that ends much is meant, and no policy waits."""
    return not case.is_unmeant and await _is_cooled(house, case) and not await _is_awaited(house, case)


async def _is_awaited(house: House, case: Case) -> bool:
    """Whether a policy that is approved and waits would have kept what is shut: until it rules nothing is destroyed.

    One that was put back and never rules holds nothing up.
    """
    waiting = house.live_policy.waiting if house.live_policy else None
    return waiting is not None and not waiting.stale and await _is_kept(house, case, waiting.policy)


async def _is_kept(house: House, case: Case, policy: Policy | None) -> bool:
    """Whether something that ended by its keep would not have by this policy."""
    if policy is None:
        return False
    if case.what == "epoch":
        return is_kept(house, case, policy)
    return case.reason == LAPSE and await is_fresh(house, case, policy)


async def _is_cooled(house: House, case: Case) -> bool:
    """Whether the cooling time has passed, by a clock that was watched and since the ledger heard of the case.

    Whoever asked under a clock that was behind has the whole of it all the same.

    Raises:
        Unavailable: the clock is in doubt; or the time has come and nobody has watched it go by.
        Tampered: the intent's ledger entry was taken away.
    """
    now = await trusted_now(house)
    row = (await house.reads.get(LedgerEntry, [(case.entries[0],)])).get((case.entries[0],))
    if row is None:
        raise Tampered("ending: expected the ledger entry of its intent")
    due = max(case.destroy_at, parse_entry(row.body).at + case.destroy_at - case.asked_at)
    return due <= now and due <= await watched_now(house)


async def _destroy(house: House, case: Case, journal: Journal) -> Case:
    at = house.clock.now_ms()
    await _require_all(house, case)  # before anything is said of its keys
    for person in case.persons:
        await _require_ending(house, case, person)
    if case.serials:  # none, where all of the person ended before their compartment was shut
        journal.append(case.serials, cause=case.what, at=at)
    if case.what == "epoch":
        await destroy_epoch(house, case)
    else:
        await each(destroy_person(house, case, person, at=at) for person in case.persons)
    if case.reason != LAPSE and case.what != "epoch":
        await _end_parts(house, case, journal, at=at)
    await house.commits.scrub()
    await house.epochs.announce(key=True)
    further = msgspec.structs.replace(case, step="destroyed")
    await advance(house, further, was=case)
    return further


async def _require_all(house: House, case: Case) -> None:
    """Nothing of what the case is to end waits elsewhere, and of whom it holds nothing no ring does.

    Else its certificate would be for keys that another case can still put back, or has.

    Raises:
        Moved: something does.
    """
    for person, serials in zip(case.persons, case.held, strict=True):
        await require_alone(house, case, person, holding=bool(serials))
        if serials or await _lapses(house, case, person):
            continue
        house.keyring.forget(person)
        await admit_rings(house, [person])
        held = house.keyring.serials(person) if house.keyring.version_of(person) is not None else {}
        if case.compartment in held:
            hint = f"lockhouse request cancel {case.id.hex()}, then open it again"
            raise Moved("ending: expected no key in use of whom the request holds none, got one", hint=hint)


async def _lapses(house: House, case: Case, person: bytes) -> bool:
    """Whether what the case was to end of the person waits in a lapse, or did: what is in use came later."""
    if case.reason == LAPSE or not case.compartment:
        return False
    if any(
        person in one.persons and gives_way(one, compartment=case.compartment) for one in (await sound_cases(house))[0]
    ):
        return True
    stones = checked(await house.reads.find(Tombstone, ("person",), [(person,)]), house.integrity_key)
    since = case.asked_at - DAY_MS  # clocks differ
    return any((one.compartment, one.cause) == (case.compartment, RETENTION) and one.at >= since for one in stones)


async def _end_parts(house: House, case: Case, journal: Journal, *, at: int) -> None:
    """Compartments of theirs that were shut before end with them: the certificate is for everything held.

    With a compartment end its keys that wait in a lapse. Of one that was shut for others too, who are not ending, only
    these persons' keys end.
    """
    for part in (await sound_cases(house))[0]:
        ending = set(part.persons) & set(case.persons)
        if not ending or part.what != "compartment" or part.id == case.id:
            continue
        if case.compartment and not (part.reason == LAPSE and part.compartment == case.compartment):
            continue
        if ending == set(part.persons):
            if part.step == "begun":
                part = await shut(house, part)  # noqa: PLW2901  # the same, one step on
            if part.step == "cancelling":  # there is no ring any more that it could be put back into
                part = await _shut_again(house, part)  # noqa: PLW2901  # as above
            await carry_on(house, part, journal=journal, now=True)
            continue
        if part.step == "begun":  # only as far as it is of those who end: what it is to end of others may wait
            found = [await shut_one(house, part, one) if one in ending else () for one in part.persons]
            part = msgspec.structs.replace(part, held=tuple(found))  # noqa: PLW2901  # as it will be
        held = {person: part.held[part.persons.index(person)] for person in sorted(ending)}
        serials = [serial for one in held.values() for serial in one]
        if serials:  # as in `_destroy`
            journal.append(serials, cause=part.what, at=at)
        for person in held:
            await destroy_person(house, part, person, at=at)


async def _shut_again(house: House, case: Case) -> Case:
    """A case that was being called off and cannot be."""
    again = msgspec.structs.replace(case, step="shut", cancelled_by="")
    await advance(house, again, was=case)
    return again


async def destroy_again(house: House, case: Case, *, journal: Journal) -> None:
    """Carry out, now, a case whose keys are destroyed elsewhere already: the house was restored from before.

    Raises:
        Unavailable: a step could not finish; call again.
    """
    if case.step == "cancelling":
        case = await _shut_again(house, case)
    await carry_on(house, case, journal=journal, now=True)


async def holding(house: House, case: Case, persons: Sequence[bytes]) -> list[bytes]:
    """Those of the case's persons whose ring, as it is stored, has a key that the case is to end."""
    stored = await house.reads.get(KeyRing, [(person,) for person in persons])
    living = [person for (person,) in stored]
    await admit_rings(house, living, again=True)
    ending = set(case.serials)
    held = {one: house.keyring.every_serial(one).values() for one in living}
    return [one for one, keys in held.items() if any(not ending.isdisjoint(serials) for serials in keys)]


async def _require_ending(house: House, case: Case, person: bytes) -> None:
    """The person's keys wait as the case left them, or are tombstones already; and none of them is in use.

    Else a case that was called off long ago, put back with its limbo row, would end somebody who lives.

    Raises:
        Tampered: neither, or one is.
    """
    if await holding(house, case, [person]):
        raise Tampered("ending: expected keys that are shut, got one in use")
    serials = case.held[case.persons.index(person)]
    limbo = (await house.reads.get(Limbo, [(person, case.id)])).get((person, case.id))
    if limbo is None:
        await _require_tombstones(house, person, serials)
    elif serials_in_limbo(house, case, limbo) != serials:
        raise Tampered("ending: expected limbo as the case left it")


async def destroy_person(house: House, case: Case, person: bytes, *, at: int) -> None:
    """Limbo gone, a tombstone for each serial; a whole person loses words and links too.

    The tombstones follow the case, whose MAC is checked, and not what lies in limbo: whoever takes the limbo row away
    does not thereby keep a copy of the ring openable.

    Raises:
        Tampered: limbo is not as the case left it.
        Moved: another process destroys the same, or the person's rows moved; what is done stays done.
    """
    serials = case.held[case.persons.index(person)]
    await _require_ending(house, case, person)
    limbo = (await house.reads.get(Limbo, [(person, case.id)])).get((person, case.id))
    if limbo is None:  # an interrupted run came this far
        return
    puts: list[Put] = []
    expects = [as_read(limbo)]
    deletes = [Delete(Limbo.TABLE, (person, case.id))]
    cause = RETENTION if case.reason == LAPSE else ERASURE
    for serial in serials:
        row = Tombstone(serial, person, case.compartment, at, cause, case.entries[0], b"")
        puts.append(Put(Tombstone.TABLE, signed(row, house.integrity_key)))
    if not case.compartment:
        _, indexes = limbo_rows(house, case, limbo)
        puts += [Put(ErasedMark.TABLE, mark) for mark in marks_of(house, case, indexes)]
        deletes += await _leftovers(house, person)
        now = (await house.reads.get(Person, [(person,)])).get((person,))
        if now is not None:  # else somebody took the row away, and there is nothing to be said of the person any more
            ended = Person(person, int(PersonState.ERASED), None, now.version + 1, now.created_at, 0, b"")
            puts.append(Put(Person.TABLE, bound(ended, house.row_macs)))
            version = {"version": now.version}
            expects.append(Expect(Person.TABLE, (person,), version, or_absent=False, because="person-moved"))
    change = Change(
        "identity", puts=tuple(puts), deletes=tuple(deletes), expects=tuple(expects), deadline=deadline(house)
    )  # fmt: skip
    if isinstance(await house.commits.commit(change), Conflict):
        raise moved()


async def _require_tombstones(house: House, person: bytes, serials: Sequence[bytes]) -> None:
    """Every one of the person's keys that were to end has its tombstone.

    Raises:
        Tampered: one has none: its limbo row was taken away, not destroyed.
    """
    stored = await house.reads.get(Tombstone, [(serial,) for serial in serials])
    rows = checked(stored.values(), house.integrity_key)
    if {row.serial for row in rows if row.person == person} != set(serials):
        raise Tampered("ending: expected the keys in limbo or their tombstones, got neither")


async def _leftovers(house: House, person: bytes) -> list[Delete]:
    key = [(person,)]
    words = await house.reads.find(Consent, ("person",), key)
    gone = [Delete(Consent.TABLE, (row.person, row.purpose, row.at, row.id)) for row in words]
    links = await house.reads.find(Link, ("a",), key) + await house.reads.find(Link, ("b",), key)
    gone += [Delete(Link.TABLE, (row.id,)) for row in links]
    gone += [Delete(PersonFlag.TABLE, place) for place in await house.reads.get(PersonFlag, key)]
    return gone


async def _complete(house: House, case: Case) -> Case:
    """The completion stands in the ledger and commits to the certificate's statement; rows wait for the sweep.

    What lay in quarantine of persons of whom a part ended is gone with it: its key is not among those that ended.
    """
    at = house.clock.now_ms()
    root = serials_root(case.serials)
    excepted, held = await kept_back(house, case)
    waited = await _waited(house, case)
    statement = Statement(
        house=house.id.hex(), case=case.id.hex(), what=case.what, step="erased", asked_at=case.asked_at, done_at=at,
        keys=len(case.serials), serials_root=root, recipients=[],
        scope=[*case.scope, *excepted],
        residues=[
            Residue(what=one.what, until=one.until)
            for one in (*remains(case.what, done_at=at), *waited.remains, *held)
        ],
        cannot_prove=list(CANNOT_PROVE),
    )  # fmt: skip
    entry = house.ids.new()
    said = Completion(
        of=case.entries[0].hex(), what=case.what, step="erased", serials=len(case.serials), serials_root=root,
        statement=commitment(statement, salt=case.salt),
    )  # fmt: skip
    done = msgspec.structs.replace(case, step="done", statement=msgspec.json.encode(statement), completion=entry)
    jobs = [sweep_of(house, person, entry) for person in case.persons if not case.compartment]
    against = await step(
        house, done, was=case, puts=[Put(Job.TABLE, job) for job in jobs],
        deletes=[Delete(row.TABLE, (row.id,)) for row in waited.rows], entries=[said.draft(id=entry, lane=house.lane)],
    )  # fmt: skip
    if against is not None:
        raise moved()
    return done


async def _waited(house: House, case: Case) -> Apart:
    """What a part's ending takes out of quarantine with its completion; of very much all but a step has gone then."""
    if case.what != "compartment":
        return Apart([], ())
    # What came in behind a lapse has nothing to do with what lapsed, though it may have waited long for a word.
    apart = await apart_of(house, case.persons, until=case.asked_at if case.reason == LAPSE else None)
    while len(apart.rows) > STEP:  # nobody calls it off any more
        gone, rest = apart.rows[:STEP], apart.rows[STEP:]
        await house.commits.commit(Change("record", deletes=tuple(Delete(row.TABLE, (row.id,)) for row in gone)))
        apart = apart._replace(rows=rest)
    return apart


def sweep_of(house: House, person: bytes, entry: bytes) -> Job:
    """The worthless rows are removed later, by a job: what ends the data is the key. `entry`: the completion's."""
    name, now = sweep_name(person), house.clock.now_ms()
    return Job(house.ids.new(), SWEEP, name, person + entry, 0, 0, now, None, None, 0, None)


def sweep_name(person: bytes) -> str:
    """Under which a person's sweep is found."""
    return f"{SWEEP}/{person.hex()}"
