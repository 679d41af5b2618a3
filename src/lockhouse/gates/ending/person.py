"""Ending a person, or one compartment of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import derive, open_bytes, seal_bytes
from lockhouse.crypto.ring import WrappedRing
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound
from lockhouse.gates.authority import checked_bound
from lockhouse.gates.disclose.group import groups_of
from lockhouse.gates.ending.intent import Case, advance
from lockhouse.gates.facts import SEAL_ENDED, SEAL_ENDING, SEAL_OPEN
from lockhouse.gates.rings import admit_rings
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import ErasedMark, Identifier, KeyRing, Limbo, Seal
from lockhouse.rights.erasure import REPLAY_DAYS
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House

_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode
_DECODE = msgspec.msgpack.Decoder().decode
TRIES = 5


async def begin_person(  # noqa: PLR0913  (what a case is made of)
    house: House, person: bytes, *, by: str, reason: str, destroy_at: int, compartment: int = 0
) -> Case:
    """The intent is durable and nothing can be sealed for the person any more (or for that compartment under its key).

    Crosses only links of proof `issued` or better.

    Args:
        compartment: its number; 0 ends all of the person.

    Raises:
        NotFound: no such person, or they have ended already.
    """
    group = (await groups_of(house, [person]))[0]
    await admit_rings(house, set(group))
    living = tuple(one for one in group if house.keyring.version_of(one) is not None)
    if not living:
        raise NotFound("person: expected a living person", hint="lockhouse person find KIND looks one up")
    entries = tuple(house.ids.new() for _ in living)
    what: Any = "compartment" if compartment else "person"
    live = house.live()
    scope = (
        (live.names.name("compartment", compartment) or "",) if compartment else ("everything held about the person",)
    )
    case = Case(
        id=house.ids.new(), what=what, by=by, reason=reason, entries=entries, asked_at=house.clock.now_ms(),
        destroy_at=destroy_at, salt=house.ids.random(16), persons=living, compartment=compartment, scope=scope,
    )  # fmt: skip
    drafts = [
        IntentEntry(
            what=what, case=case.id.hex(), by=by, reason=reason, ref=house.keyring.ref(one).hex(),
            compartment=compartment or None,
        ).draft(id=entry, lane=house.lane)
        for one, entry in zip(living, entries, strict=True)
    ]  # fmt: skip
    seals = await moved_seals(house, living)
    await advance(house, case, puts=[Put(Seal.TABLE, seal) for seal in seals], entries=drafts, was=None)
    return case


async def moved_seals(house: House, persons: tuple[bytes, ...], *, state: int = SEAL_ENDING) -> list[Seal]:
    """Their seals one further: whatever was decided at the version before cannot become durable any more.

    Opened again is only who has a ring: of a group one may have ended, or be ending, by a case of their own.
    """
    keys = [(person,) for person in persons]
    seals = await house.reads.get(Seal, keys)
    rings = await house.reads.get(KeyRing, keys)
    moved = []
    for person in persons:
        was = seals.get((person,)) or Seal(person, 0, SEAL_OPEN)
        stays = state == SEAL_OPEN and (person,) not in rings
        moved.append(Seal(person, was.version + 1, was.state if stays else state))
    return moved


async def shut(house: House, case: Case) -> Case:
    """The rings (or the compartment's keys) are in limbo, in every process; the case knows its serials."""
    held: list[tuple[bytes, ...]] = []
    for person in case.persons:
        held.append(tuple(sorted(await _shut_one(house, case, person))))
        if not case.compartment:
            await _gather_late(house, case, person)
    await house.epochs.announce(key=True)
    state = SEAL_OPEN if case.compartment else SEAL_ENDED
    seals = await moved_seals(house, case.persons, state=state)
    serials = tuple(sorted(serial for ring in held for serial in ring))
    further = msgspec.structs.replace(case, step="shut", serials=serials, held=tuple(held))
    await advance(house, further, was=case, puts=[Put(Seal.TABLE, seal) for seal in seals])
    return further


async def _shut_one(house: House, case: Case, person: bytes) -> list[bytes]:
    for _ in range(TRIES):
        stored = (await house.reads.get(KeyRing, [(person,)])).get((person,))
        limbo = (await house.reads.get(Limbo, [(person, case.id)])).get((person, case.id))
        if limbo is not None:  # an interrupted run came this far
            return list(_DECODE(limbo.compartments))
        if stored is None:
            return []
        house.keyring.admit(person, stored.generation, stored.version, stored.wrapped)
        held = house.keyring.every_serial(person)
        ending = [one for number, serials in held.items() if case.compartment in {0, number} for one in serials]
        change = await _limbo_change(house, case, stored, ending)
        if not isinstance(await house.commits.commit(change), Conflict):
            return ending
    raise Moved("ending: expected the person's ring to hold still", hint="try again")


async def _limbo_change(house: House, case: Case, stored: KeyRing, serials: list[bytes]) -> Change:
    """Out of the reading tables into limbo, in one commit; a whole person's blind indexes go along.

    Shared look-ups stay: there is one an order, they lead to a person whom no look shows, and the sweep takes them.
    So an ending costs the same for one order and for ten thousand.
    """
    person = stored.person
    expects = [Expect(KeyRing.TABLE, (person,), {"version": stored.version}, or_absent=False, because="ring-moved")]
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
    row = Limbo(
        person, case.id, waiting.generation, waiting.version, sealed, _ENCODE(sorted(serials)), house.clock.now_ms(),
        case.destroy_at,
    )  # fmt: skip
    puts.append(Put(Limbo.TABLE, row))
    puts += [Put(ErasedMark.TABLE, mark) for mark in marks_of(case, indexes)]
    return Change("identity", puts=tuple(puts), deletes=tuple(deletes), expects=tuple(expects))


def marks_of(case: Case, indexes: Sequence[Identifier]) -> list[ErasedMark]:
    """What keeps a sender's retry from bringing the person back, from the shutting on: it lasts until 90 days later."""
    until = case.destroy_at + REPLAY_DAYS * DAY_MS
    return [ErasedMark(one.kind, one.generation, one.tag, case.id, case.asked_at, until) for one in indexes]


async def _gather_late(house: House, case: Case, person: bytes) -> None:
    """Indexes that were added between the reading and the shutting follow the others into limbo.

    Without the ring none can be added any more, so one more look is enough. One left behind would lead to nobody for
    ever: its owner has ended, and nobody else could have it.
    """
    indexes = await _indexes_of(house, person)
    row = (await house.reads.get(Limbo, [(person, case.id)])).get((person, case.id))
    if row is None or not indexes:
        return
    wrapped, known = limbo_rows(house, case, row)
    ring = WrappedRing(person, row.generation, row.version, wrapped)
    sealed = _limbo(house, case, ring, (*known, *indexes))
    deletes = [Delete(Identifier.TABLE, (one.kind, one.generation, one.tag, one.proof)) for one in indexes]
    marks = [Put(ErasedMark.TABLE, mark) for mark in marks_of(case, indexes)]
    puts = (Put(Limbo.TABLE, msgspec.structs.replace(row, wrapped=sealed)), *marks)
    await house.commits.commit(Change("identity", puts=puts, deletes=tuple(deletes)))


async def _indexes_of(house: House, person: bytes) -> list[Identifier]:
    """The person's blind indexes; one pointed at them by hand would take its owner's look-ups along."""
    return checked_bound(await house.reads.find(Identifier, ("person",), [(person,)]), house.row_macs)


def _limbo_key(house: House, generation: int) -> Secret:
    return derive(house.keks[generation], lp("lockhouse/limbo/1", house.id, generation))


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
    """
    place = _limbo_place(house, case, row.person)
    wrapped, indexes = _DECODE(open_bytes(_limbo_key(house, row.generation), row.wrapped, place))
    return wrapped, [Identifier(*values) for values in indexes]
