"""Sealing again: each box of a person under the key that seals now, with the next seal number, in ranges.

    0 hold      each row to the newest leaf that the ledger knows of it: what was edited, or put back, is not made good
    1 note      one `rework` entry a range: who ordered it, whose (as a ref), which compartments
    2 open      only with the ticket made from it, and only what still has its keys; the rest stays as it is
    3 seal      the same bytes, a fresh nonce, the next seal number, a fresh salt for the leaf
    4 commit    rows, the `reseal` entry and the leaves beside it, at once; if each row, and the person's seal, is as it
                was read

A legal hold keeps the keys that its boxes lay under when it was placed, so a box whose key is kept gets no other key:
it would be out of the hold. Under the same key it is sealed again like any.

Nothing leaves the process, so nobody is shown anything. From then on the newest leaf counts: a box put back as it was
is found by `ledger verify --records`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.merkle import root
from lockhouse.crypto.seal import decode_boxes, encode_boxes
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Erased, Expired, Tampered, Unavailable
from lockhouse.gates.authority import sound
from lockhouse.gates.leaves import newest_leaves
from lockhouse.gates.pace import Footing
from lockhouse.gates.rework.range import LEASE_MS, PURPOSE, RANGE, LostError, living, noted_range, stand_still
from lockhouse.gates.snapshots import spoilt_by
from lockhouse.ledger.entry import Reseal
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.change import Change, Conflict, Put
from lockhouse.model.rows import HeldKey, Intake, Record, Seal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lockhouse.crypto.noted import Noted
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House

TRIES = 5
_NAMES = "lockhouse ledger verify --records names it"


class Resealed(msgspec.Struct, frozen=True, kw_only=True):
    """What was sealed again.

    Attributes:
        records, boxes: that were.
        renewed: of the boxes, those that lay under a key that seals no more.
        left: boxes that nothing opens, or that would get another key than a legal hold keeps; they stay as they are.
    """

    records: int = 0
    boxes: int = 0
    renewed: int = 0
    left: int = 0


_Place = tuple[int, int, bytes]
"""Compartment, epoch and serial: what a person's kept key is of."""


class _Range(msgspec.Struct):
    """Rows of one range on their way, the places that a hold keeps keys of, and what is counted meanwhile."""

    rows: list[Record]
    held: frozenset[_Place]
    after: list[Record] = []
    boxes: int = 0
    renewed: int = 0
    left: int = 0


async def reseal_person(house: House, person: bytes, *, by: str) -> Resealed:
    """Every box of a source person that its keys still open lies under the key that seals now.

    Another call begins anew and does no harm: every box has then the number after that.

    Args:
        by: the actor who orders it.

    Raises:
        NotFound: no such person, or they are ending or have ended.
        Unavailable: the lease is lost, the clock is in doubt, or a store is away; what is done stays done.
        Conflict: the rows or the keys keep moving.
        Tampered: a record's row is not as the ledger knows it, a box is not as it was sealed, or a row that gives
            authority is not this house's own.
    """
    total = Resealed()
    ids = await _records_of(house, person)
    leaves = await newest_leaves(house, ids)
    for start in range(0, len(ids), RANGE):
        done = await _with_tries(house, person, {one: leaves.get(one) for one in ids[start : start + RANGE]}, by=by)
        total = Resealed(
            records=total.records + len(done.after), boxes=total.boxes + done.boxes,
            renewed=total.renewed + done.renewed, left=total.left + done.left,
        )  # fmt: skip
    return total


async def _records_of(house: House, person: bytes) -> list[bytes]:
    """Ids of all that is stored of the person now; what comes later is sealed with the key of later."""
    ids, behind = list[bytes](), None
    while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=RANGE):
        ids += [row.id for row in rows]
        behind = (rows[-1].id,)
    return ids


async def _with_tries(house: House, person: bytes, leaves: Mapping[bytes, bytes | None], *, by: str) -> _Range:
    """One range: the records whose leaves these are, as the ledger knew them when it was read."""
    ids = [(one,) for one in leaves]
    for left in reversed(range(TRIES)):
        footing = await Footing.of(house)
        seal = await living(house, person)
        # Read behind the seal: what changes a row without moving the seal is expected with the row.
        rows = sorted(sound((await house.reads.get(Record, ids)).values()), key=lambda row: row.id)
        part = _Range(rows, await _held(house, person))
        if any(record_leaf_of(row) != leaves[row.id] for row in part.rows):
            if left < TRIES - 1:
                raise Tampered("record: expected a row as the ledger knows it", hint=_NAMES)
            leaves = {**leaves, **await newest_leaves(house, leaves)}  # it may have been sealed again since
            continue
        try:
            noted, entry = await noted_range(house, person, _compartments(part.rows), action="reseal", by=by)
            deadline = house.clock.now_ms() + LEASE_MS  # from before the first is sealed, and the lease looked at
            await footing.hold()
            for row in part.rows:
                await footing.step()
                _reseal(house, part, row, noted)
        except (Moved, LostError):
            continue
        if not part.after or await _stands(house, part, seal, entry=entry, deadline=deadline):
            return part
        leaves = {**leaves, **await newest_leaves(house, leaves)}
    raise Moved("reseal: expected the person's records and keys to hold still", hint="try again")


async def _held(house: House, person: bytes) -> frozenset[_Place]:
    """Of which of the person's keys a hold keeps a copy. One that is released keeps none any more.

    The rows say so by themselves: one that somebody planted only leaves a box under the key that it has.
    """
    kept = await house.reads.find(HeldKey, ("person",), [(person,)])
    return frozenset((one.compartment, one.epoch, one.serial) for one in sound(kept))


def _compartments(rows: Sequence[Record]) -> set[int]:
    return {box.compartment for row in rows for box in decode_boxes(row.boxes)}


def _reseal(house: House, part: _Range, row: Record, noted: Noted) -> None:
    """The row with its boxes sealed again, if any of them opens."""
    try:
        boxes = [_again(house, part, row, box, noted) for box in decode_boxes(row.boxes)]
    except Unavailable as err:
        raise LostError from err
    if any(new.seal != old.seal for new, old in zip(boxes, decode_boxes(row.boxes), strict=True)):
        again = msgspec.structs.replace(row, boxes=encode_boxes(boxes), salt=house.ids.random(16))
        part.after = [*part.after, again]


def _again(house: House, part: _Range, row: Record, box: SealedBox, noted: Noted) -> SealedBox:
    try:
        plain = house.keyring.open(box, noted, person=row.person, record=row.id, purpose=PURPOSE)
        new = house.keyring.seal(
            row.person, record=row.id, compartment=box.compartment, epoch=box.epoch, plaintext=plain, seal=box.seal + 1
        )
    except (Erased, Expired):
        part.left += 1
        return box
    if new.serial != box.serial and (box.compartment, box.epoch, box.serial) in part.held:
        part.left += 1
        return box
    part.boxes += 1
    part.renewed += new.serial != box.serial
    return new


async def _stands(house: House, part: _Range, seal: Seal, *, entry: bytes, deadline: int) -> bool:
    """Whether the range became durable; not if a row or the person's seal moved since it was read."""
    was = {row.id: row for row in part.rows}
    leaves = [record_leaf_of(row) for row in part.after]
    told = house.ids.new()
    said = Reseal(count=len(leaves), root=root(leaves).hex(), by=entry.hex())
    beside = Intake(told, b"".join([row.id for row in part.after]), b"".join(leaves))
    change = Change(
        "record", puts=(*(Put(Record.TABLE, row) for row in part.after), Put(Intake.TABLE, beside)),
        deletes=spoilt_by(part.after), expects=stand_still([was[row.id] for row in part.after], seal),
        entries=(said.draft(id=told, lane=house.lane),),
        deadline=deadline,
    )  # fmt: skip
    return not isinstance(await house.commits.commit(change), Conflict)
