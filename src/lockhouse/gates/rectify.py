"""Putting right what is held of a person (GDPR Art. 16), and taking that back: the only code that seals a correction.

    1 decide    by the actor's role and everything that stands of the person, as it is now: a look before does not do
    2 place     the purposes that are live for the person and the value say in which slot it is sealed; with none it is
                not kept
    3 point     where the field identifies, whoever looks for the new value finds the person: durable first, since a
                pointer without a correction leads nowhere
    4 seal      one box, under the person's own keys
    5 commit    record, leaf, the row that says it is a correction, its entry, and the person's seal one further: at
                once, if the person, the policy and what is replaced are as they were read

Of two changes at once, or of a change and an erasure, one finds the seal moved and decides anew. The value before stays
where it lies. An undo takes the record away under a `deletion` entry of its own cause, so the value before is shown
again. What a newer correction replaced waits thirty days for that, and is then taken away alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from lockhouse.crypto.canonical import pack_fields, unpack_fields
from lockhouse.crypto.keyring import Plain
from lockhouse.crypto.seal import decode_boxes, encode_boxes
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Erased, Expired, NotFound, Refused, Tampered, Unavailable
from lockhouse.gates.authority import digest, place_digest, signed, sound
from lockhouse.gates.collect.write import LEASE_MS, SPECIAL_FLOOR
from lockhouse.gates.corrections import (
    EVENT,
    RANKS_AS,
    REPLACED,
    STANDS,
    UNDO_MS,
    UNDONE,
    pointer,
    require_made,
    standing,
)
from lockhouse.gates.customers import customer_of
from lockhouse.gates.disclose.about import marks_of
from lockhouse.gates.disclose.decided import decided, with_facts
from lockhouse.gates.disclose.granting import with_grants
from lockhouse.gates.disclose.noting import note_refused
from lockhouse.gates.epochs import epoch_at
from lockhouse.gates.facts import as_they_were, merge_facts, suppressed_by
from lockhouse.gates.holds import holds_of_persons
from lockhouse.gates.imports import STAFF_CHANNEL
from lockhouse.gates.lookups import lookup_rows
from lockhouse.gates.pace import Footing
from lockhouse.gates.regions import region_of
from lockhouse.gates.rework.range import PURPOSE, living, noted_range, stand_still
from lockhouse.gates.rings import extend_rings_of
from lockhouse.gates.snapshots import spoilt_by
from lockhouse.identity.normalise import NORM_VERSION
from lockhouse.ledger.entry import Correction as CorrectionEntry
from lockhouse.ledger.entry import Gone, deletion_of
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.change import Change, Conflict, Delete, Expect, Leaf, Put
from lockhouse.model.decision import PersonFacts as Asked
from lockhouse.model.rows import Correction, Deletion, KeyRing, Lookup, Record, Seal
from lockhouse.model.rows import House as HouseRow
from lockhouse.model.scale import Belief, PersonState
from lockhouse.policy.correct import slot_of, why_none
from lockhouse.policy.reduce import find_value
from lockhouse.policy.sentences import SENTENCES

if TYPE_CHECKING:
    from lockhouse.gates.disclose.decided import Group
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask
    from lockhouse.model.policy import Slot

TRIES = 5
_ENCODE = msgspec.msgpack.Encoder().encode
_CAUSES = {UNDONE: "correction-undone", REPLACED: "correction-replaced"}


class Wanted(NamedTuple):
    """What is to be held of one field of a source person from now on, and the look in which it was compared."""

    person: bytes
    field: str
    value: Any
    look: bytes


class Ended(NamedTuple):
    """A correction that ended: the source person it was of, when it had been made (ms), and the entry that says so."""

    person: bytes
    at: int
    entry: bytes


class _As(NamedTuple):
    """Who ends a correction, as what and what for; a worker in no role."""

    by: str
    role: str | None = None
    purpose: str | None = None


async def correct(house: House, ask: Ask, wanted: Wanted) -> Correction:
    """The value is what is held, noted in the same commit; the row of the correction.

    Raises:
        Refused: the actor may not, something stands against the person, or no purpose of the field is live: noted.
        NotFound: no such person, or they have ended.
        Moved: the person's rows or keys keep moving; nothing was changed.
        Unavailable: a store, the lease or the clock is away.
        Tampered: a row that gives authority was not made by this house.
    """
    for _ in range(TRIES):
        await Footing.of(house)
        group = await _allowed(house, ask, wanted.person, wanted.field)
        seal = await living(house, wanted.person)
        slot, expects = await _slot(house, ask, group, wanted)
        deadline = house.clock.now_ms() + LEASE_MS
        if not await _pointed(house, wanted, expects, deadline=deadline):
            continue
        lacking = house.keyring.lacks(wanted.person, [slot.compartment]) if slot.compartment else []
        if lacking and await extend_rings_of(house, {wanted.person: lacking}, deadline=deadline):
            continue
        row = await _committed(house, ask, wanted, (slot, seal), deadline=deadline)
        if row is not None:
            house.facts.drop(wanted.person)
            return row
    raise Moved("change: expected the person to hold still", hint="try again")


async def _allowed(house: House, ask: Ask, person: bytes, field: str) -> Group:
    """The canonical person, of whom the actor may change the field as everything stands now.

    A place in the actor's hour is the look's, which comes before a change; an undo shows nobody.

    Raises:
        Refused: they may not; that is noted.
        NotFound: there is no such person.
    """
    facts = msgspec.structs.replace((await with_grants(house, ask)).facts, quota_left=1)
    ask = msgspec.structs.replace(ask, facts=facts)
    for known in await with_facts(house, [person]):
        group = decided(house, (await marks_of(house, ask, list(known))).on(ask, known), known)
        if field in group.decision.open:
            return group
        because = tuple(sorted({word for words in group.decision.because.values() for word in words}))
        raise await _refused(house, ask, because or ("denied",))
    raise NotFound("person: expected an id that `person find` gave")


async def _refused(house: House, ask: Ask, because: tuple[str, ...]) -> Refused:
    entry = await note_refused(house, ask, because)
    return Refused(
        f"change: expected what may be changed or undone, got another; noted as {entry.hex()}", reasons=because,
        hint=" ".join(SENTENCES.get(code, code) for code in because),
    )  # fmt: skip


async def _slot(house: House, ask: Ask, group: Group, wanted: Wanted) -> tuple[Slot, list[Expect]]:
    """Where the value belongs by consent, objection, region and suppression as they are now; and what that rests on.

    Raises:
        Refused: no purpose of the field is live.
    """
    live, parts = house.live(), group.facts
    closed, expects = frozenset[str](), list[Expect]()
    if house.suppressions and live.policy.fields[wanted.field].identifies is not None:
        [found] = await suppressed_by(house, [[(wanted.field, str(wanted.value))]])
        closed, expects = frozenset().union(*found.closes.values()), as_they_were(found.as_read)
    consents, objected, state = merge_facts(parts)
    region, regions = region_of(parts)
    asked = Asked(
        region=region, regions=regions, consents=consents, state=PersonState(state), suppressed=closed,
        objected=objected, customer=customer_of(live, parts, now=house.clock.now_ms()),
    )  # fmt: skip
    alive, why = live.purposes_open(asked)
    slot = slot_of(live.policy, wanted.field, alive)
    if slot is None:
        raise await _refused(house, ask, why_none(live.policy, wanted.field, why))
    return slot, expects


async def _pointed(house: House, wanted: Wanted, expects: list[Expect], *, deadline: int) -> bool:
    """Whether whoever looks for the value is led to the person, and what it was decided by stands."""
    live, declared = house.live(), house.live().policy.fields[wanted.field]
    ways = [how for how in declared.find_by if how != "exact" or declared.identifies is None]
    found = [(wanted.field, how, text) for how in ways if (text := find_value(how, str(wanted.value)))]
    rows = lookup_rows(house, live, wanted.person, found, belief=int(Belief.CLAIMED))
    own = _pointer(house, wanted)
    rows += [] if own is None else [own]
    if not rows and not expects:
        return True
    alive = Expect(KeyRing.TABLE, (wanted.person,), {"person": wanted.person}, or_absent=False, because="ring-moved")
    change = Change(
        "identity", puts=tuple(Put(Lookup.TABLE, row) for row in rows), expects=(alive, *expects), deadline=deadline
    )  # fmt: skip
    return not isinstance(await house.commits.commit(change), Conflict)


def _pointer(house: House, wanted: Wanted) -> Lookup | None:
    """By which the person is found by the value as a whole; None where it points to nobody."""
    live = house.live()
    if live.policy.fields[wanted.field].identifies is None:
        return None
    kind = live.kind(wanted.field)
    plain = kind.points(str(wanted.value))
    if plain is None:
        return None
    tag = house.indexer.tag(kind.number, kind.generation, plain, norm=NORM_VERSION)
    return pointer((kind.number, kind.generation, tag), wanted.person)


async def _committed(
    house: House, ask: Ask, wanted: Wanted, place: tuple[Slot, Seal], *, deadline: int
) -> Correction | None:  # fmt: skip
    """The row of the correction, durable; None if something moved since it was read."""
    (slot, seal), live, now = place, house.live(), house.clock.now_ms()
    record = _sealed(house, wanted, slot, now=now)
    if record is None:
        return None
    number = live.policy.fields[wanted.field].id
    row = Correction(record.id, wanted.person, number, now, ask.actor.id, STANDS, house.ids.new(), b"")
    row = signed(row, house.integrity_key)
    said = _entry(house, row, _As(ask.actor.id, _role(ask), ask.purpose), change="made", look=wanted.look)
    policy = Expect(HouseRow.TABLE, (1,), {"policy_epoch": live.epoch}, or_absent=False, because="policy-moved")
    change = Change(
        "record",
        puts=(Put(Record.TABLE, record), Put(Correction.TABLE, row), Put(Seal.TABLE, _further(seal))),
        expects=(*stand_still([], seal), policy),
        entries=(said.draft(id=row.entry, lane=house.lane, urgent=True),),
        leaves=(Leaf(house.lane, record.id, record_leaf_of(record)),),
        deadline=deadline,
    )
    return None if isinstance(await house.commits.commit(change), Conflict) else row


def _sealed(house: House, wanted: Wanted, slot: Slot, *, now: int) -> Record | None:
    """The record that holds the value; None if the keys have moved since the person was looked at."""
    live, own = house.live(), house.ids.new()
    clear, boxes = b"", b""
    if live.policy.fields[wanted.field].clear:
        clear = _ENCODE({slot.id: wanted.value})
    else:
        part = live.compartments[slot.compartment]
        plain = pack_fields({slot.id: wanted.value}, **({"floor": SPECIAL_FLOOR} if part.special else {}))
        parts = [(part.id, epoch_at(now, daily=part.epoch != "month"), plain)]
        [sealed] = house.keyring.seal_group([Plain(wanted.person, own, parts)])
        if not isinstance(sealed, list):
            return None
        boxes = encode_boxes(sealed)
    proof, assurance = RANKS_AS
    return Record(
        own, wanted.person, STAFF_CHANNEL, EVENT, now, now, assurance, proof, live.version, house.ids.random(16), clear,
        boxes,
    )  # fmt: skip


def _further(seal: Seal) -> Seal:
    return Seal(seal.person, seal.version + 1, 0)


def _role(ask: Ask) -> str:
    return ask.actor.roles[0] if ask.actor.roles else "none"


def _entry(
    house: House, row: Correction, who: _As, *, change: Literal["made", "undone", "replaced"], look: bytes | None = None
) -> CorrectionEntry:  # fmt: skip
    return CorrectionEntry(
        change=change, ref=house.keyring.ref(row.person).hex(), field=row.field, by=who.by, role=who.role,
        purpose=who.purpose, look=None if look is None else look.hex(), row=digest(row), place=place_digest(row),
    )  # fmt: skip


async def take_back(house: House, ask: Ask, person: bytes) -> Ended:
    """The newest correction of the one field asked for is undone, and what was there before is held again; noted.

    Raises:
        NotFound: none stands, or there is no such person.
        Refused: the actor may not, something stands against the person, it is thirty days old, or a legal hold keeps
            its record: noted.
        Moved, Unavailable, Tampered: as of `correct`.
    """
    [field] = ask.fields or ()
    for _ in range(TRIES):
        await Footing.of(house)
        group = await _allowed(house, ask, person, field)
        rows = await standing(house, group.persons, house.live().policy.fields[field].id)
        if not rows:
            raise NotFound("change: expected a correction that stands, got none", hint="lockhouse person show ID")
        if house.clock.now_ms() - rows[-1].at >= UNDO_MS:
            raise await _refused(house, ask, ("undo-over",))
        if await _is_held(house, rows[-1]):
            raise await _refused(house, ask, ("hold",))
        entry = await _end(house, rows[-1], UNDONE, _As(ask.actor.id, _role(ask), ask.purpose))
        if entry is not None:
            return Ended(rows[-1].person, rows[-1].at, entry)
    raise Moved("change: expected the person to hold still", hint="try again")


async def end_replaced(house: House, row: Correction, *, by: str) -> bool:
    """A correction in whose place a newer one came thirty days ago is gone, unless a hold keeps it; whether it is.

    Raises:
        NotFound: its person is ending or has ended.
        Unavailable, Tampered: as of `correct`.
    """
    await Footing.of(house)
    if await _is_held(house, row):
        return False
    return await _end(house, row, REPLACED, _As(by)) is not None


async def _is_held(house: House, row: Correction) -> bool:
    holds = (await holds_of_persons(house)).get(row.person, ())
    if not holds:
        return False
    records = sound((await house.reads.get(Record, [(row.record,)])).values())
    return any(terms.keeps(record) for record in records for _, terms in holds)


async def _end(house: House, row: Correction, state: int, who: _As) -> bytes | None:
    """The correction is over and its record gone, its absence accounted for; the entry, None if something moved."""
    seal = await living(house, row.person)
    records = sound((await house.reads.get(Record, [(row.record,)])).values())
    await require_made(house, records)
    if not records:
        now = (await standing(house, [row.person], row.field)) or ()
        if row in now:
            raise Tampered("correction: expected its record", hint="lockhouse ledger verify --records names it")
        return None
    pointers = await _pointers(house, row, records[0], by=who.by)
    over = msgspec.structs.replace(row, state=state, entry=house.ids.new())
    over = signed(over, house.integrity_key)
    change: Literal["undone", "replaced"] = "undone" if state == UNDONE else "replaced"
    said = _entry(house, over, who, change=change)
    gone, told = Gone(row.record, record_leaf_of(records[0])), house.ids.new()
    left = deletion_of([gone], cause=_CAUSES[state], by=over.entry)
    done = Change(
        "record",
        puts=(
            Put(Correction.TABLE, over), Put(Seal.TABLE, _further(seal)),
            Put(Deletion.TABLE, Deletion(gone.record, gone.leaf, _CAUSES[state], told)),
        ),
        deletes=(Delete(Record.TABLE, (row.record,)), *spoilt_by(records)),
        expects=(
            *stand_still(records, seal),
            Expect(Correction.TABLE, (row.record,), {"mac": row.mac}, or_absent=False, because="correction-moved"),
        ),
        entries=(said.draft(id=over.entry, lane=house.lane), left.draft(id=told, lane=house.lane)),
        deadline=house.clock.now_ms() + LEASE_MS,
    )  # fmt: skip
    if isinstance(await house.commits.commit(done), Conflict):
        return None
    house.facts.drop(row.person)
    if pointers:
        await house.commits.commit(Change("identity", deletes=pointers))
    return over.entry


async def _pointers(house: House, row: Correction, record: Record, *, by: str) -> tuple[Delete, ...]:
    """The pointer that the correction made, by its value, which is opened for it and noted; none where it has ended."""
    live, boxes = house.live(), decode_boxes(record.boxes)
    if not any(one.id == row.field and one.identifies for one in live.policy.fields.values()) or not boxes:
        return ()
    noted, _ = await noted_range(house, row.person, {one.compartment for one in boxes}, action="correction", by=by)
    found = list[Lookup]()
    for box in boxes:
        try:
            plain = house.keyring.open(box, noted, person=row.person, record=record.id, purpose=PURPOSE)
        except (Erased, Expired, Unavailable):
            continue
        for number, value in unpack_fields(plain).items():
            slot = live.slot(number)
            own = None if slot is None else _pointer(house, Wanted(row.person, slot.field, value, b""))
            found += [] if own is None else [own]
    return tuple(Delete(Lookup.TABLE, (one.kind, one.generation, one.tag, one.doubt, one.person)) for one in found)
