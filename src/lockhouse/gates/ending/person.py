"""Ending a person, or one compartment of a person."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import derive, open_bytes, seal_bytes
from lockhouse.crypto.ring import WrappedRing
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound, Tampered, Unavailable
from lockhouse.gates.authority import bound_all, checked_bound, sound
from lockhouse.gates.cases import (
    LAPSE,
    ORPHAN,
    Case,
    checked_case,
    deadline,
    gives_way,
    is_same,
    moved,
    require_unmoved,
    sound_cases,
    standing,
    step,
)
from lockhouse.gates.disclose.group import circles_of
from lockhouse.gates.ending.seals import TRIES, advance_sealing, move, seals_of
from lockhouse.gates.facts import SEAL_ENDED, SEAL_ENDING, SEAL_OPEN
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.together import each
from lockhouse.gates.trusted_time import ledger_now
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import ErasedMark, Identifier, Intent, KeyRing, Limbo, Seal
from lockhouse.rights.erasure import REPLAY_DAYS, scope_of_person
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft

_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode
_DECODE = msgspec.msgpack.Decoder().decode


async def begin_person(  # noqa: PLR0913  (what a case is made of)
    house: House, person: bytes, *, by: str, reason: str, destroy_at: int, compartment: int = 0
) -> Case:
    """The intent is durable and nothing can be sealed for the person any more (or for that compartment under its key).

    Crosses only links of proof `issued` or better; the case's scope says how many the brake holds apart. Linked persons
    whom an open case ends already are left to it.

    Args:
        compartment: its number; 0 ends all of the person.

    Raises:
        NotFound: no such person, they have ended already, or they have no key of the compartment.
        Moved: an open case ends the same of the person already: two could be called off and certified against each
            other. Or the persons' seals keep moving.
    """
    for _ in range(TRIES):
        group, apart = (await circles_of(house, [person]))[0]
        seals = await seals_of(house, group)  # first: whoever begins an ending of theirs after this moves one
        ending, lapses = await _to_end(house, group, person, compartment=compartment)
        case = Case(
            id=house.ids.new(), what="compartment" if compartment else "person", by=by, reason=reason,
            entries=tuple(house.ids.new() for _ in ending), asked_at=await ledger_now(house), destroy_at=destroy_at,
            salt=house.ids.random(16), persons=ending, compartment=compartment,
            scope=_scope(house, compartment, apart=len(apart)),
        )  # fmt: skip
        puts, expects = move([one for one in seals if one.person in ending], [SEAL_ENDING] * len(ending))
        expects += [standing(one) for one in lapses]  # none of them is called off, or carried on, meanwhile
        drafts = intents_of(house, case)
        against = await step(house, case, was=None, puts=puts, expects=expects, entries=drafts)
        if against is None:
            return case
        if against.table != Seal.TABLE:  # stopped for so long that the cooling time is no longer the one asked for
            raise moved()
    raise Moved("ending: expected the persons' seals to hold still", hint="try again")


async def require_unasked(house: House, person: bytes, *, compartment: int) -> None:
    """The person, or the compartment of theirs, could be asked to end now.

    Raises:
        NotFound, Moved: as `begin_person` says that it cannot.
    """
    [circle] = await circles_of(house, [person])
    await _to_end(house, circle.group, person, compartment=compartment)


async def _to_end(
    house: House, group: Sequence[bytes], person: bytes, *, compartment: int
) -> tuple[tuple[bytes, ...], list[Case]]:
    """Those of the group who have something to end that no open case ends already; and the lapses it waits in.

    Whoever waits in a lapse has something to end, though their ring has no key of the compartment any more.
    """
    same = [one for one in (await sound_cases(house))[0] if is_same(one, compartment=compartment, persons=group)]
    lapses = [one for one in same if gives_way(one, compartment=compartment)]
    others = [one for one in same if one not in lapses]
    for case in others:
        if person in case.persons:
            raise Moved(
                "request: expected none that is open for this person, got one",
                hint=f"lockhouse request show {case.id.hex()}",
            )
    taken = {one for case in others for one in case.persons}
    waiting = {one for case in lapses for one in case.persons}
    free = [one for one in group if one not in taken]
    await admit_rings(house, free, again=True)
    living = [one for one in free if house.keyring.version_of(one) is not None]
    if not living:
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    ending = tuple(one for one in living if one in waiting or compartment in house.keyring.serials(one))
    if not ending:
        raise NotFound("compartment: expected one that the person has a key of", hint="lockhouse person show ID")
    return ending, lapses


def _scope(house: House, compartment: int, *, apart: int) -> tuple[str, ...]:
    if not compartment:
        return scope_of_person(apart=apart)
    return (house.live().names.name("compartment", compartment) or "",)


def intents_of(house: House, case: Case) -> list[Draft]:
    """A case's entries, one a source person; their rings must be admitted, for their refs."""
    return [
        IntentEntry(
            what=case.what, case=case.id.hex(), by=case.by, reason=case.reason, ref=house.keyring.ref(one).hex(),
            compartment=case.compartment or None,
        ).draft(id=entry, lane=house.lane)
        for one, entry in zip(case.persons, case.entries, strict=True)
    ]  # fmt: skip


async def shut(house: House, case: Case) -> Case:
    """The rings (or the compartment's keys) are in limbo, in every process; the case knows its serials.

    Raises:
        Moved: another case of the same waits in limbo, or another process carries this one on.
    """
    held = await each(_shut_whole(house, case, person) for person in case.persons)
    await house.epochs.announce(key=True)
    serials = tuple(sorted(serial for ring in held for serial in ring))
    further = msgspec.structs.replace(case, step="shut", serials=serials, held=tuple(held))
    await advance_sealing(house, further, was=case, state=SEAL_OPEN if case.compartment else SEAL_ENDED)
    return further


async def _shut_whole(house: House, case: Case, person: bytes) -> tuple[bytes, ...]:
    """As `shut_one`; with what was added to the person until then, if all of them ends."""
    serials = await shut_one(house, case, person)
    if not case.compartment:
        await _gather_late(house, case, person)
    return serials


async def shut_one(house: House, case: Case, person: bytes) -> tuple[bytes, ...]:
    """The serials of the person's keys that wait in the case's limbo from now on; none if they have ended before.

    Raises:
        Moved: they wait in another case's limbo, and may be put back; or another process carried this case on; or the
            ring keeps moving.
    """
    for _ in range(TRIES):
        stored = (await house.reads.get(KeyRing, [(person,)])).get((person,))
        limbo = (await house.reads.get(Limbo, [(person, case.id)])).get((person, case.id))
        if limbo is not None:  # an interrupted run came this far
            return serials_in_limbo(house, case, limbo)
        held: dict[int, tuple[bytes, ...]] = {}
        if stored is not None:
            house.keyring.admit(person, stored.generation, stored.version, stored.wrapped)
            held = house.keyring.every_serial(person)
        ending = sorted(one for number, serials in held.items() if case.compartment in {0, number} for one in serials)
        if stored is None or not ending:
            await require_alone(house, case, person, holding=False)
            if (await house.reads.get(KeyRing, [(person,)])).get((person,)) == stored:
                return ()
            continue  # it was put back between the two looks
        await require_unmoved(house, case)  # behind the look at the ring: calling off puts it back as a newer one
        change = await _limbo_change(house, case, stored)
        if not isinstance(await house.commits.commit(change), Conflict):
            return tuple(ending)
    raise Moved("ending: expected the person's ring to hold still", hint="try again")


async def require_alone(house: House, case: Case, person: bytes, *, holding: bool) -> None:
    """Nothing that the case is to end of the person waits in another case's limbo.

    Whatever does can be put back: until it cannot, this case is neither destroyed nor certified. But a lapse and what
    was begun beside it have keys of their own: a request ends those of a lapse with its own, and no lapse says that
    there are no newer ones.

    Args:
        holding: whether it holds keys of theirs. A compartment's that does has them since before all of the person was
            shut: what waits there of the compartment came later. One that holds none may have missed them there.

    Raises:
        Moved: something does.
        Tampered: an intent was not made by this house, or was taken away.
    """
    waiting = await house.reads.find(Limbo, ("person",), [(person,)])
    others = [row.case_id for row in waiting if row.case_id != case.id]
    rows = await house.reads.get(Intent, [(one,) for one in others])
    if len(rows) < len(others):
        raise Tampered("ending: expected an intent for what waits in limbo")
    for other in (checked_case(house, row) for row in rows.values()):
        if _is_beside(case, other, holding=holding):
            continue
        # All of a person takes compartments that were shut before along.
        if other.compartment == case.compartment or (not other.compartment and not holding):
            raise Moved(
                "ending: expected nothing of the same to wait in another request, got one",
                hint=f"lockhouse request show {other.id.hex()}",
            )


def _is_beside(case: Case, other: Case, *, holding: bool) -> bool:
    """Whether two of one compartment may both be destroyed: one of them is a lapse, which holds keys of its own."""
    if not case.compartment or other.compartment != case.compartment:
        return False
    return holding if case.reason == LAPSE else other.reason == LAPSE


async def _limbo_change(house: House, case: Case, stored: KeyRing) -> Change:
    """Out of the reading tables into limbo, in one commit; a whole person's blind indexes go along.

    Shared look-ups stay: there is one an order, they lead to a person whom no look shows, and the sweep takes them.
    So an ending costs the same for one order and for ten thousand.
    """
    person = stored.person
    expects = [
        Expect(KeyRing.TABLE, (person,), {"version": stored.version}, or_absent=False, because="ring-moved"),
        Expect(Limbo.TABLE, (person, case.id), None, or_absent=False, because="limbo-moved"),
    ]
    puts, deletes, indexes = [], [], []
    waiting = ring = WrappedRing(person, stored.generation, stored.version, stored.wrapped)
    if case.compartment:
        cut = house.keyring.cut(ring, [case.compartment])
        puts.append(Put(KeyRing.TABLE, KeyRing(person, cut.generation, cut.version, cut.blob)))
        # The others' keys do not wait here: they would outlive the person, should all of the person end meanwhile.
        waiting = house.keyring.cut(ring, house.keyring.serials(person).keys() - {case.compartment})
    else:
        deletes.append(Delete(KeyRing.TABLE, (person,)))
        indexes = await _indexes_of(house, person)
        deletes += [Delete(Identifier.TABLE, (one.kind, one.generation, one.tag, one.proof)) for one in indexes]
    sealed = _limbo(house, case, waiting, indexes)
    now = house.clock.now_ms()
    row = Limbo(person, case.id, waiting.generation, waiting.version, sealed, now, case.destroy_at)
    puts.append(Put(Limbo.TABLE, row))
    puts += [Put(ErasedMark.TABLE, mark) for mark in marks_of(house, case, indexes)]
    return Change(
        "identity", puts=tuple(puts), deletes=tuple(deletes), expects=tuple(expects), deadline=deadline(house)
    )  # fmt: skip


def as_read(row: Limbo) -> Expect:
    """Limbo is as it was read: nobody has put it back, destroyed it or added to it since."""
    key, columns = (row.person, row.case_id), {"version": row.version, "wrapped": row.wrapped}
    return Expect(Limbo.TABLE, key, columns, or_absent=False, because="limbo-moved")


def marks_of(house: House, case: Case, indexes: Sequence[Identifier]) -> list[ErasedMark]:
    """What keeps a sender's retry from bringing the person back, from the shutting on: it lasts until 90 days later."""
    if case.reason == ORPHAN:  # what was never stored may come as often as it will
        return []
    until = case.destroy_at + REPLAY_DAYS * DAY_MS
    marks = [ErasedMark(one.kind, one.generation, one.tag, case.id, case.asked_at, until, b"") for one in indexes]
    return bound_all(marks, house.row_macs)


async def _gather_late(house: House, case: Case, person: bytes) -> None:
    """Indexes that were added between the reading and the shutting follow the others into limbo.

    Without the ring none can be added any more, so one more look is enough. One left behind would lead to nobody for
    ever: its owner has ended, and nobody else could have it.

    Raises:
        Moved: limbo keeps moving.
    """
    for _ in range(TRIES):
        row = (await house.reads.get(Limbo, [(person, case.id)])).get((person, case.id))
        indexes = await _indexes_of(house, person)
        if row is None or not indexes:
            return
        wrapped, known = limbo_rows(house, case, row)
        ring = WrappedRing(person, row.generation, row.version, wrapped)
        sealed = _limbo(house, case, ring, (*known, *indexes))
        deletes = [Delete(Identifier.TABLE, (one.kind, one.generation, one.tag, one.proof)) for one in indexes]
        marks = [Put(ErasedMark.TABLE, mark) for mark in marks_of(house, case, indexes)]
        puts = (Put(Limbo.TABLE, msgspec.structs.replace(row, wrapped=sealed)), *marks)
        expects, until = (as_read(row),), deadline(house)
        change = Change("identity", puts=puts, deletes=tuple(deletes), expects=expects, deadline=until)
        if not isinstance(await house.commits.commit(change), Conflict):
            return
    raise Moved("ending: expected what waits in limbo to hold still", hint="try again")


async def _indexes_of(house: House, person: bytes) -> list[Identifier]:
    """The person's blind indexes; one pointed at them by hand would take its owner's look-ups along."""
    return checked_bound(await house.reads.find(Identifier, ("person",), [(person,)]), house.row_macs)


def _limbo_key(house: House, generation: int) -> Secret:
    kek = house.keks.get(generation)
    if kek is None:
        raise Unavailable("keys: expected the KEK of what waits in limbo")
    return derive(kek, lp("lockhouse/limbo/1", house.id, generation))


def _limbo_place(house: House, case: Case, person: bytes) -> bytes:
    return lp("lockhouse/limbo/1", house.id, case.id, person)


def _limbo(house: House, case: Case, ring: WrappedRing, indexes: Sequence[Identifier]) -> bytes:
    """What waits in limbo, sealed: `limbo_rows` reads it."""
    rows = [msgspec.structs.astuple(one) for one in indexes]
    key, place = _limbo_key(house, ring.generation), _limbo_place(house, case, ring.person)
    return seal_bytes(key, _ENCODE([ring.blob, rows]), place)


def limbo_rows(house: House, case: Case, row: Limbo) -> tuple[bytes, list[Identifier]]:
    """The ring's wrapped bytes, and the blind indexes that wait with it.

    Raises:
        Tampered: the limbo row is not as this house made it.
        Unavailable: it is sealed by a KEK that is not at hand.
    """
    sound([row])
    place = _limbo_place(house, case, row.person)
    wrapped, indexes = _DECODE(open_bytes(_limbo_key(house, row.generation), row.wrapped, place))
    return wrapped, [Identifier(*values) for values in indexes]


async def waiting_owners(
    house: House, places: Collection[tuple[int, int, bytes]]
) -> dict[tuple[int, int, bytes], list[tuple[bytes, Expect]]]:
    """Whose blind index each of these was before all of them was shut, and may be again; with that it still waits.

    What waits is opened once, however many are asked for. One that is nobody's is left out.

    A limbo row that is not as this house made it is passed over: nobody is put back from it, and one row that was
    edited must not keep everybody else from being left out.
    """
    owners: dict[tuple[int, int, bytes], list[tuple[bytes, Expect]]] = defaultdict(list)
    for case in (await sound_cases(house))[0]:
        keys = [(person, case.id) for person in case.persons] if case.what == "person" else []
        for row in (await house.reads.get(Limbo, keys)).values() if keys else ():
            with suppress(Tampered):
                _, indexes = limbo_rows(house, case, row)
                for place in {(one.kind, one.generation, one.tag) for one in indexes}.intersection(places):
                    owners[place].append((row.person, as_read(row)))
    return dict(owners)


def serials_in_limbo(house: House, case: Case, row: Limbo) -> tuple[bytes, ...]:
    """The serials of the keys that wait in a limbo row, sorted: read from what is sealed there and nothing beside.

    Raises:
        Tampered: the limbo row is not as this house made it.
    """
    wrapped, _ = limbo_rows(house, case, row)
    return house.keyring.serials_in(WrappedRing(row.person, row.generation, row.version, wrapped))
