"""Snapshots: what a fold can need of a person who has more records than a look opens, sealed with their own keys.

    0 plan      which compartments and epochs have boxes that no snapshot covers, or one that does not hold any more;
                one that holds is gone on from
    1 note      one `rework` entry a range: who ordered it, whose (as a ref), which compartments
    2 open      only with the ticket made from it, only boxes under the key that seals now
    3 keep      of each slot what `identity.front` keeps, with the leaf of the record that it is of
    4 seal      under the key of the boxes themselves: whatever ends them ends it
    5 commit    if each record of the range, the snapshot before and the person's seal are as they were read

A range's snapshot goes on from the one of the range before, which goes in the same Change as any record that it covers:
so none is ever committed over a record that has gone. Nothing leaves the process.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.crypto.canonical import pack_fields, unpack_fields
from lockhouse.crypto.keyring import Plain
from lockhouse.crypto.seal import decode_boxes, snapshot_head
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Erased, Expired, Gone, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.disclose import FOLD_LIMIT
from lockhouse.gates.pace import Footing
from lockhouse.gates.rework.lacking import Part, lacking
from lockhouse.gates.rework.range import LEASE_MS, PURPOSE, RANGE, LostError, living, noted_range, stand_still
from lockhouse.gates.rework.standing import opened_standing, taken_away
from lockhouse.gates.snapshots import START, Kept, further, is_too_large, pack, rank_of, record_of
from lockhouse.identity.front import Front
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import Record, Seal, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lockhouse.crypto.canonical import Value
    from lockhouse.crypto.noted import Noted
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.gates.rework.lacking import Lacking

TRIES = 5
MOST_BYTES = 64 * 1024
"""Of a snapshot's plaintext. Whoever dates ahead makes it grow; above this a row says so, and the fold is on read."""


class Snapshotted(msgspec.Struct, frozen=True, kw_only=True):
    """What was folded.

    Attributes:
        records, boxes: that were opened for it.
        snapshots: that were made, each of a compartment and epoch.
        parts: where something was lacking. `older`: where nothing is made before the person is sealed again.
    """

    records: int = 0
    boxes: int = 0
    snapshots: int = 0
    parts: int = 0
    older: int = 0


class _One(NamedTuple):
    """A value of a record on its way into a snapshot."""

    record: bytes
    leaf: bytes
    slot: int
    value: Value


class _State:
    """A snapshot on its way; `was` is the one that stands in the store."""

    def __init__(self, was: Snapshot | None) -> None:
        self.was = was
        self.serial = b""
        self.upto = b""
        self.covers = 0
        self.root = START
        self.front: Front[_One] = Front()

    def take(self, row: Record, box: SealedBox, values: Mapping[int, Value]) -> None:
        """One box more, of the next record."""
        leaf = record_leaf_of(row)
        self.serial, self.upto = box.serial, row.id
        self.covers, self.root = self.covers + 1, further(self.root, leaf)
        for slot, value in values.items():
            self.front.offer((slot, row.policy), rank_of(row, _One(row.id, leaf, slot, value)))

    def go_on(self, was: Snapshot, kept: Sequence[Kept], rows: Mapping[tuple[bytes], Record]) -> None:
        """It begins where a snapshot ends: the front of a front and what is new is the front of all.

        Raises:
            Moved: a record that it is from is another by now.
        """
        self.serial, self.upto, self.covers, self.root = was.serial, was.upto, was.covers, was.root
        for one in kept:
            row = record_of(one, rows, person=was.person)
            for slot, value in unpack_fields(one.values).items():
                self.front.offer((slot, row.policy), rank_of(row, _One(row.id, one.leaf, slot, value)))

    def packed(self) -> bytes:
        kept: dict[tuple[bytes, bytes], dict[int, Value]] = defaultdict(dict)
        for one in self.front:
            kept[one.record, one.leaf][one.slot] = one.value
        return pack(Kept(record, leaf, pack_fields(values)) for (record, leaf), values in kept.items())


class _Work(msgspec.Struct):
    """One person's snapshots that are to be made, and what is counted meanwhile."""

    seal: Seal
    states: dict[Part, _State]
    newest: bytes
    records: int = 0
    boxes: int = 0
    made: set[Part] = msgspec.field(default_factory=set)


def _unheard(_records: int) -> None:
    """Nobody asked how far it has come."""


async def snapshot_person(
    house: House, person: bytes, *, by: str, above: int = FOLD_LIMIT, told: Callable[[int], None] = _unheard
) -> Snapshotted:
    """What a fold can need of a source person's records lies in snapshots, if they have more than a look opens.

    A snapshot that does not hold any more is made anew, or goes. Another call begins where something is lacking.

    Args:
        by: the actor who orders it.
        above: how many records of theirs a look opens.
        told: how many records more were folded.

    Raises:
        NotFound: no such person, or they are ending or have ended.
        Unavailable: the lease is lost, the clock is in doubt, or a store is away; what is done stays done.
        Conflict: the rows or the keys keep moving.
        Tampered: a box is not as it was sealed, or a row is not as this house makes any; what else can be folded is,
            if it is a snapshot's row.
    """
    for _ in range(TRIES):
        footing = await Footing.of(house)
        seal = await living(house, person)
        try:
            wanted = await lacking(house, person, footing, above=above)
            work = _Work(seal, {part: _State(was) for part, was in wanted.parts.items()}, wanted.newest)
            if not await _begun(house, work, wanted, footing, by=by):
                continue
            if not await _made(house, work, footing, by=by, told=told):
                continue
        except (Moved, LostError):
            continue
        if wanted.fault is not None:
            raise wanted.fault
        return Snapshotted(
            records=work.records, boxes=work.boxes, snapshots=len(work.made), parts=len(wanted), older=wanted.older
        )
    raise Moved("snapshot: expected the person's records and keys to hold still", hint="try again")


async def _begun(house: House, work: _Work, wanted: Lacking, footing: Footing, *, by: str) -> bool:
    """What holds is gone on from, so that a fold which is cut off leaves no less than there was.

    Returns:
        False if one of them does not open: it is taken away, and the next try makes it anew.
    """
    firm = [one for part, one in wanted.parts.items() if part in wanted.firm and one is not None]
    opened, spoilt = await opened_standing(house, firm, footing, by=by)
    if spoilt:
        await taken_away(house, spoilt)
        return False
    for one, kept in opened:
        rows = await house.reads.get(Record, [(each.record,) for each in kept])
        work.states[one.compartment, one.epoch].go_on(one, kept, rows)
    return True


async def _made(house: House, work: _Work, footing: Footing, *, by: str, told: Callable[[int], None]) -> bool:
    """Range after range; whether all of them became durable."""
    person = work.seal.person
    first = min([state.upto for state in work.states.values()], default=b"")
    behind = (first,) if first else None
    while work.states and (
        rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=RANGE)
    ):  # fmt: skip
        behind = (rows[-1].id,)
        if not await _range(house, work, sound(rows), footing, by=by):
            return False
        told(len(rows))
    empty = {part: one for part, one in work.states.items() if not one.covers and one.was is not None}
    return await _stands(house, work, [], empty) if empty else True


async def _range(house: House, work: _Work, rows: Sequence[Record], footing: Footing, *, by: str) -> bool:
    """One range is folded; whether it became durable."""
    person = work.seal.person
    parts = [(row, [box for box in decode_boxes(row.boxes) if _is_due(house, work, row, box)]) for row in rows]
    due = [(row, boxes) for row, boxes in parts if boxes]
    if not due:
        return True
    compartments = {box.compartment for _, boxes in due for box in boxes}
    noted, _ = await noted_range(house, person, compartments, action="snapshot", by=by)
    await footing.hold()
    touched = dict[Part, _State]()
    for row, boxes in due:
        await footing.step()
        for box in boxes:
            part = box.compartment, box.epoch
            if part in work.states and _took(house, work, row, box, noted):
                touched[part] = work.states[part]
    work.records += len(due)
    return await _stands(house, work, [row for row, _ in due], touched)


def _is_due(house: House, work: _Work, row: Record, box: SealedBox) -> bool:
    """Whether the box is to be folded: there, and under the keys that seal now. Others a look opens, as ever."""
    state = work.states.get((box.compartment, box.epoch))
    if state is None or row.id <= state.upto or not house.keyring.has_epoch(box.compartment, box.epoch):
        return False
    try:
        return house.keyring.serials(row.person).get(box.compartment) == box.serial
    except Unavailable as err:
        raise LostError from err


def _took(house: House, work: _Work, row: Record, box: SealedBox, noted: Noted) -> bool:
    """The box's values are in its snapshot; not if its key has ended, and with it that of all the others there."""
    part = box.compartment, box.epoch
    try:
        plain = house.keyring.open(box, noted, person=row.person, record=row.id, purpose=PURPOSE)
    except (Erased, Expired):
        del work.states[part]
        return False
    except Unavailable as err:
        raise LostError from err
    work.states[part].take(row, box, unpack_fields(plain))
    work.boxes += 1
    return True


async def _stands(house: House, work: _Work, rows: Sequence[Record], touched: dict[Part, _State]) -> bool:
    """Whether the snapshots became durable; not if anything that they are over moved since it was read."""
    deadline = house.clock.now_ms() + LEASE_MS  # from before the first is sealed
    puts, deletes, expects, after = [], [], [], dict[Part, Snapshot]()
    for part, state in touched.items():
        place = work.seal.person, *part
        was = None if state.was is None else {"root": state.was.root, "covers": state.was.covers}
        expects.append(Expect(Snapshot.TABLE, place, was, or_absent=False, because="snapshot-moved"))
        new = _sealed(house, work, part, state) if state.covers else None
        if new is None:
            deletes.append(Delete(Snapshot.TABLE, place))
        else:
            puts.append(Put(Snapshot.TABLE, new))
        if new is None or is_too_large(new):
            del work.states[part]
            work.made.discard(part)
        else:
            after[part] = new
    change = Change(
        "record", puts=tuple(puts), deletes=tuple(deletes), expects=(*stand_still(rows, work.seal), *expects),
        deadline=deadline,
    )  # fmt: skip
    if isinstance(await house.commits.commit(change), Conflict):
        return False
    for part, new in after.items():
        work.states[part].was = new
    work.made.update(after)
    return True


def _sealed(house: House, work: _Work, part: Part, state: _State) -> Snapshot:
    """The snapshot as it is to stand; or one of nothing, which says that it would be too large."""
    plain, person = state.packed(), work.seal.person
    if len(plain) > MOST_BYTES:
        return Snapshot(person, *part, state.serial, max(work.newest, state.upto), 0, state.root, b"")
    head = snapshot_head(covers=state.covers, root=state.root)
    [answer] = house.keyring.seal_group([Plain(person, state.upto, ((*part, plain),), head)])
    if isinstance(answer, Gone | Unavailable) or answer[0].serial != state.serial:
        raise LostError  # the ring or the epoch moved: the next try sees what it may still fold
    return Snapshot(person, *part, state.serial, state.upto, state.covers, state.root, answer[0].blob)
