"""Legal holds: what must be kept for a claim is kept for that claim alone, whatever ends meanwhile.

A hold re-seals nothing. It keeps the derived keys of the boxes in its scope (person, compartment, epoch) under a key of
its own. So a person, a compartment or a month ends for everybody as it would without it, and only `gates.held` opens
what is held, for `legal-claim` (GDPR Art. 17(3)(e), 18(2)). A release destroys the hold's key: what has ended meanwhile
is ended then, and what has not is as it was.

What is collected after a hold was placed is not in it: it is sealed, read and ended like anything else. The kept key
of its month would open it all the same, so the terms of every hold say when it was placed, and nothing later is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import open_bytes, seal_bytes, unwrap, wrap
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Gone, NotFound, Tampered
from lockhouse.gates.authority import checked, digest, place_digest, signed, sound
from lockhouse.gates.disclose.group import groups_of
from lockhouse.gates.index_keys import kek_of
from lockhouse.gates.pace import Footing, Pace
from lockhouse.gates.rings import admit_rings, refuse_ended
from lockhouse.gates.told import tell
from lockhouse.ledger.entry import Hold as HoldEntry
from lockhouse.model.change import Change, Conflict, Expect, Put
from lockhouse.model.rows import EpochKey, HeldKey, Hold, KeyRing, Record, Tombstone
from lockhouse.model.scale import KeyState
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft

STANDS, RELEASED = 0, 1
REF = 0
"""In place of a compartment, with epoch 0: the person's ref, which their ring would take along."""
TRIES = 5
PAGE = 500
_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode


class Terms(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a hold is for and of.

    Attributes:
        reason: one word, `basis`: the reference of the claim or duty that it rests on; no text: it names nobody.
        persons: source persons. `compartments`: their numbers; none: all of them.
        since, before: ms; of what came in from the one and before the other; `since` None: from the first. Of a hold
            that was placed, `before` is at most the ms behind that.
        review_at: ms; when somebody is to look whether it must still stand. It does not end by itself.
        reviewed: whether somebody has looked since it was placed, so that whoever tells of it late tells of that.
    """

    reason: str
    basis: str
    persons: tuple[bytes, ...]
    compartments: tuple[int, ...]
    review_at: int
    since: int | None = None
    before: int | None = None
    reviewed: bool = False

    def reaches(self, record: Record) -> bool:
        """Whether the record came in within its time."""
        at = record.received_at
        return (self.since is None or self.since <= at) and (self.before is None or at < self.before)

    def keeps(self, record: Record) -> bool:
        """Whether it holds something of this record, which is of one of its persons.

        Raises:
            Tampered: the record's boxes are none.
        """
        parts = self.compartments
        return self.reaches(record) and (
            not parts or any(box.compartment in parts for box in decode_boxes(record.boxes))
        )

    def covers(self, persons: Collection[bytes], compartment: int) -> bool:
        """Whether it holds something of one of these persons, of this compartment (0: of any)."""
        is_part = not self.compartments or compartment in {0, *self.compartments}
        return is_part and not set(self.persons).isdisjoint(persons)


_TERMS = msgspec.msgpack.Decoder(Terms).decode


def encoded(terms: Terms) -> bytes:
    """The terms as a hold's row has them."""
    return _ENCODE(terms)


def terms_of(row: Hold) -> Terms:
    """The terms of a hold whose MAC was checked."""
    return _TERMS(row.terms)


async def every_hold(house: House) -> list[Hold]:
    """Every hold, also those that were released, oldest first.

    Raises:
        Tampered: one was not made, or not left, as this house made it.
    """
    rows = [row async for some in house.reads.scan(Hold) for row in checked(some, house.integrity_key)]
    return sorted(rows, key=lambda row: row.id)


async def standing(house: House) -> list[Hold]:
    """The holds that stand, oldest first: those whose key was not destroyed.

    Raises:
        Tampered: as `every_hold`; or a released one was put back as it stood.
    """
    rows = [row for row in await every_hold(house) if row.state == STANDS]
    stones = await house.reads.get(Tombstone, [(row.serial,) for row in rows])
    if checked(stones.values(), house.integrity_key):
        raise Tampered("hold: expected one that was not released", hint="lockhouse ledger verify --state")
    return rows


async def unreviewed(house: House, *, now: int) -> list[Hold]:
    """The holds that stand though their review has come.

    Raises:
        Tampered: as `standing`.
    """
    return [row for row in await standing(house) if terms_of(row).review_at <= now]


async def holds_of_persons(house: House) -> dict[bytes, list[tuple[Hold, Terms]]]:
    """Each person of whom a hold stands, with every one that does.

    Raises:
        Tampered: as `standing`; then nobody can say whose.
    """
    found: dict[bytes, list[tuple[Hold, Terms]]] = {}
    for row in await standing(house):
        terms = terms_of(row)
        for person in terms.persons:
            found.setdefault(person, []).append((row, terms))
    return found


async def place(house: House, terms: Terms, *, by: str) -> Hold:
    """The keys of everything in scope that still opens are kept under the hold's own, before anything ends them.

    Persons are widened to everybody who is joined to them. What comes in from the next ms on is not in it.

    Raises:
        NotFound: one of the persons has ended or is ending, or nothing in scope opens any more.
        Moved: an ending came between, again and again.
        Unavailable: the lease or the clock is in doubt, or the house is shut for reading.
    """
    groups = await groups_of(house, terms.persons)
    behind = house.clock.now_ms() + 1
    terms = msgspec.structs.replace(
        terms, persons=tuple(sorted(one for group in groups for one in group)),
        before=behind if terms.before is None else min(terms.before, behind),
    )  # fmt: skip
    for _ in range(TRIES):
        footing = await Footing.of(house)
        boxes, expects = await _in_scope(house, terms, footing)
        row, kept = _made(house, terms, boxes, by=by)
        puts = [Put(Hold.TABLE, row), *(Put(HeldKey.TABLE, one) for one in kept)]
        draft = draft_of(house, row)  # before anything is stored: a basis that is a sentence is refused
        change = Change("identity", puts=tuple(puts), expects=tuple(expects))
        if not isinstance(await house.commits.commit(change), Conflict):
            await tell(house, [], [draft])
            return row
    raise Moved("hold: expected the persons' keys to hold still", hint="try again")


Place = tuple[bytes, int, int, bytes]
"""Source person, compartment, epoch and serial of the person's key: what a kept key is of."""
Places = dict[Place, "SealedBox"]


async def _in_scope(house: House, terms: Terms, footing: Footing) -> tuple[Places, list[Expect]]:
    """One box of each place that is held and still opens; and what must be so when their keys are kept."""
    await admit_rings(house, terms.persons, again=True)
    await refuse_ended(house, terms.persons)
    if any(house.keyring.version_of(person) is None for person in terms.persons):
        hint = "of a request that is open: lockhouse request cancel, place the hold, and open it again"
        raise NotFound("hold: expected persons who live, got one who has ended or is ending", hint=hint)
    places = await _places(house, terms, footing)
    opening = {at: box for at, box in places.items() if _opens(house, at[0], box)}
    if not opening:
        hint = "what is only shut no hold keeps; lockhouse request list names what can be called off"
        raise NotFound("hold: expected something in its scope that still opens, got nothing", hint=hint)
    await footing.hold()
    expects = [
        Expect(KeyRing.TABLE, (person,), {"version": house.keyring.version_of(person)}, or_absent=False,
               because="ring-moved")
        for person in terms.persons
    ]  # fmt: skip
    epochs = {(compartment, epoch) for _, compartment, epoch, _ in opening}
    expects += [
        Expect(EpochKey.TABLE, one, {"state": int(KeyState.LIVE)}, or_absent=False, because="epoch-moved")
        for one in sorted(epochs)
    ]
    return opening, expects


async def _places(house: House, terms: Terms, pace: Pace) -> Places:
    """One box of each place in scope, whether it opens or not."""
    places: Places = {}
    for person in terms.persons:
        behind = None
        while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=PAGE):
            for row in filter(terms.reaches, sound(rows)):
                await pace.step()
                for box in decode_boxes(row.boxes):
                    if not terms.compartments or box.compartment in terms.compartments:
                        places.setdefault((person, box.compartment, box.epoch, box.serial), box)
            behind = (rows[-1].id,)
    return places


async def left_shut(house: House, row: Hold) -> int:
    """How many keys in a hold's scope it does not keep since they are shut, though they can still be put back.

    Raises:
        Tampered: the row is not as this house made it; or a record, a tombstone or a kept key in its scope is not.
    """
    [hold] = checked([row], house.integrity_key)
    places = await _places(house, terms_of(hold), Pace())
    kept = sound(await house.reads.find(HeldKey, ("hold",), [(hold.id,)]))
    left = places.keys() - {(one.person, one.compartment, one.epoch, one.serial) for one in kept}
    stones = await house.reads.get(Tombstone, [(serial,) for _, _, _, serial in left])
    gone = {one.serial for one in checked(stones.values(), house.integrity_key)}
    epochs = await house.reads.get(EpochKey, list({(compartment, epoch) for _, compartment, epoch, _ in left}))
    lasting = {at for at, key in epochs.items() if key.state != KeyState.DESTROYED}
    return sum(serial not in gone and (part, epoch) in lasting for _, part, epoch, serial in left)


def _opens(house: House, person: bytes, box: SealedBox) -> bool:
    try:
        house.keyring.escrow(box, person=person)
    except Gone:
        return False
    return True


def _made(house: House, terms: Terms, boxes: Places, *, by: str) -> tuple[Hold, list[HeldKey]]:
    """The hold's row and the keys it keeps, sealed under a new key of its own."""
    key, hold, serial = Secret(house.ids.random(32)), house.ids.new(), house.ids.random(8)
    kept = [
        HeldKey(hold, *at, wrap(key, house.keyring.escrow(box, person=at[0]), **_bound(house, hold, at)))
        for at, box in sorted(boxes.items())
    ]
    refs = [(person, REF, 0, b"") for person in sorted({at[0] for at in boxes})]
    kept += [HeldKey(hold, *at, seal_bytes(key, house.keyring.ref(at[0]), _place(house, hold, at))) for at in refs]
    wrapped = wrap(
        house.keks[house.generation], key, house=house.id, purpose="hold", name=lp(hold, serial),
        generation=house.generation, version=1,
    )  # fmt: skip
    row = Hold(
        hold, encoded(terms), len(boxes), serial, house.generation, wrapped, STANDS, house.clock.now_ms(), by,
        house.ids.new(), b"",
    )  # fmt: skip
    return signed(row, house.integrity_key), kept


class _Bound(TypedDict):
    house: bytes
    purpose: str
    name: bytes
    generation: int
    version: int


def _bound(house: House, hold: bytes, at: Place) -> _Bound:
    """What a kept key is bound to."""
    return {"house": house.id, "purpose": "held", "name": lp(hold, *at), "generation": 0, "version": 1}


def _place(house: House, hold: bytes, at: Place) -> bytes:
    return lp("lockhouse/hold/1", house.id, hold, *at)


async def keys_of(house: House, row: Hold, person: bytes) -> tuple[bytes, dict[tuple[int, int, bytes], Secret]]:
    """The person's ref, and the key of each (compartment, epoch, serial), from a hold that stands.

    Raises:
        NotFound: the hold keeps nothing of this person, or was released.
        Tampered: the hold or a key of it is not as this house made it, or was put back since it was released; or a key
            that it keeps was taken away.
    """
    known = {one.id: one for one in await standing(house)}.get(row.id)
    if known is None or known.wrapped is None:
        raise NotFound("hold: expected one that stands and keeps something of this person")
    rows = sound(await house.reads.find(HeldKey, ("hold",), [(row.id,)]))
    if sum(one.compartment != REF for one in rows) != known.keys:
        raise Tampered("hold: expected as many keys as it keeps", hint="lockhouse ledger verify --state")
    mine = [one for one in rows if one.person == person]
    if not mine:
        raise NotFound("hold: expected one that stands and keeps something of this person")
    key = unwrap(
        kek_of(house.keks, known.generation, table=Hold.TABLE), known.wrapped, house=house.id, purpose="hold",
        name=lp(known.id, known.serial), generation=known.generation, version=1,
    )  # fmt: skip
    places = {one: (person, one.compartment, one.epoch, one.serial) for one in mine}
    refs = [open_bytes(key, one.sealed, _place(house, row.id, places[one])) for one in mine if one.compartment == REF]
    if not refs:
        raise Tampered("hold: expected the ref of a person whom it holds")
    return refs[0], {
        at[1:]: unwrap(key, one.sealed, **_bound(house, row.id, at))
        for one, at in places.items()
        if one.compartment != REF
    }


def draft_of(house: House, row: Hold) -> Draft:
    """The ledger entry of a hold as its row says it stands. Persons are counted: their refs would outlive them."""
    terms = terms_of(row)
    change: Literal["made", "reviewed", "ended"] = "reviewed" if terms.reviewed else "made"
    said = HoldEntry(
        change=change if row.state == STANDS else "ended", hold=row.id.hex(), reason=terms.reason,
        basis=terms.basis, by=row.by, persons=len(terms.persons), compartments=list(terms.compartments), keys=row.keys,
        review=terms.review_at, row=digest(row), place=place_digest(row),
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)
