"""Snapshots of a fold: what is in them, what they are over, and whether that is still so.

A snapshot is believed for what its sources say, and never for itself. So whoever uses one walks the records as they
stand and holds the leaves of those that it covers against its `root`: a record that was deleted, edited, sealed again
or came in between makes it worth nothing, whoever did that and however. `spoilt_by` is for those who do it rightly:
they delete it in the same Change.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lockhouse.crypto.seal import SealedBox, decode_boxes, snapshot_head
from lockhouse.errors import Conflict as Moved
from lockhouse.errors import Tampered
from lockhouse.identity.fold import belief
from lockhouse.identity.front import Held
from lockhouse.ledger.record import record_leaf_of
from lockhouse.model.change import Delete
from lockhouse.model.rows import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockhouse.crypto.noted import Noted
    from lockhouse.gates.house import House
    from lockhouse.model.change import KeyTuple
    from lockhouse.model.rows import Record

ThingT = TypeVar("ThingT")
START = bytes(32)
"""The root over nothing."""
BLOCK = 256
"""Plaintexts are padded to multiples of this."""
Place = tuple[bytes, int, int]
"""Source person, compartment and epoch."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """The values of one record that a fold can need, as a box holds them; and the leaf of the record as it then was."""

    record: bytes
    leaf: bytes
    values: bytes


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(list[Kept]).decode


def pack(kept: Iterable[Kept]) -> bytes:
    """The plaintext of a snapshot: its records in the order of their ids, padded (ISO/IEC 7816-4)."""
    packed = _ENCODE(sorted(kept, key=lambda one: one.record)) + b"\x80"
    return packed.ljust(len(packed) + -len(packed) % BLOCK, b"\x00")


def unpack(plain: bytes) -> list[Kept]:
    """What `pack` packed.

    Raises:
        Tampered: it is nothing of the kind.
    """
    packed = plain.rstrip(b"\x00")
    try:
        if packed.endswith(b"\x80"):
            return _DECODE(packed[:-1])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as err:
        raise Tampered("snapshot: expected records and values") from err
    raise Tampered("snapshot: expected padding")


def further(root: bytes, leaf: bytes) -> bytes:
    """The root over one record more."""
    return sha256(root + leaf).digest()


def opened_snapshot(house: House, one: Snapshot, noted: Noted, *, purpose: str) -> list[Kept]:
    """What a snapshot holds.

    Raises:
        Erased, Expired, Refused, Unavailable: as of a box of its sources.
        Tampered: it was moved or changed, or says of what it covers what it did not say when it was sealed.
    """
    box = SealedBox(one.compartment, one.epoch, one.serial, 1, one.blob)
    head = snapshot_head(covers=one.covers, root=one.root)
    return unpack(house.keyring.open(box, noted, person=one.person, record=one.upto, purpose=purpose, head=head))


def record_of(one: Kept, rows: Mapping[KeyTuple, Record], *, person: bytes) -> Record:
    """The record that these values are of, among those that were read.

    Raises:
        Moved: it is another than the snapshot was made from: it changed since it was walked.
    """
    row = rows.get((one.record,))
    if row is None or row.person != person or record_leaf_of(row) != one.leaf:
        raise Moved("snapshot: expected the records to hold still", hint="try again")
    return row


def is_too_large(one: Snapshot) -> bool:
    """Whether it only says that what a fold can need there was too large for a snapshot, up to a record.

    It covers nothing under a root over something, so whoever holds it against any records finds it stale.
    """
    return not one.covers


def place_of(one: Snapshot) -> Place:
    """Where a snapshot stands."""
    return one.person, one.compartment, one.epoch


def spoilt_by(records: Iterable[Record]) -> tuple[Delete, ...]:
    """Deletes of every snapshot that may cover one of these records, for the Change that deletes or rewrites them."""
    places = {(row.person, box.compartment, box.epoch) for row in records for box in decode_boxes(row.boxes)}
    return tuple(Delete(Snapshot.TABLE, place) for place in sorted(places))


def rank_of(row: Record, thing: ThingT) -> Held[ThingT]:
    """Something of a record, with how far the record is believed and when it was collected."""
    rank = belief(row.proof, row.assurance, at=row.occurred_at, record=row.id)
    return Held(rank, min(row.occurred_at, row.received_at), thing)


class Against:
    """Snapshots held against the records, which are walked past it in the order of their ids, person by person."""

    def __init__(self, snapshots: Iterable[Snapshot]) -> None:
        self.by: dict[Place, Snapshot] = {place_of(one): one for one in snapshots}
        self._seen: dict[Place, tuple[int, bytes]] = dict.fromkeys(self.by, (0, START))

    def covers(self, row: Record, box: SealedBox) -> bool:
        """Whether a snapshot says that it covers this box."""
        one = self.by.get((row.person, box.compartment, box.epoch))
        return one is not None and one.serial == box.serial and row.id <= one.upto

    def walk(self, row: Record, boxes: Sequence[SealedBox]) -> list[SealedBox]:
        """The next record with those of its boxes that count; those of them that no snapshot says it covers."""
        loose, leaf = [], b""
        for box in boxes:
            if not self.covers(row, box):
                loose.append(box)
                continue
            leaf = leaf or record_leaf_of(row)
            place = row.person, box.compartment, box.epoch
            many, root = self._seen[place]
            self._seen[place] = many + 1, further(root, leaf)
        return loose

    def stale(self) -> set[Place]:
        """Where a snapshot covers something else than the records that were walked."""
        return {place for place, one in self.by.items() if self._seen[place] != (one.covers, one.root)}
