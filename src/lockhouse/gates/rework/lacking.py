"""Where a person's boxes are to be folded: of what the house can open, and of nothing else.

A box counts if its key seals now. One whose key has ended, or only waits to be destroyed, or seals no more, is opened
for no snapshot, so that nobody is folded day after day for the sake of what cannot be.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Tampered
from lockhouse.gates.authority import sound
from lockhouse.gates.disclose import FOLD_LIMIT
from lockhouse.gates.pace import ROWS_A_STEP
from lockhouse.gates.rings import refuse_ended
from lockhouse.gates.snapshots import Against, is_too_large
from lockhouse.model.rows import Record, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import House
    from lockhouse.gates.pace import Footing

WORTH = 5
"""A fifth of what a look opens may lie in no snapshot: as much is soon opened."""
_MENDS = "keep a copy of record.db as evidence; then lockhouse key snapshot PERSON takes it away and makes it anew"
Part = tuple[int, int]
"""Compartment and epoch."""


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be folded of a person; nothing if a look opens all.

    Attributes:
        parts: with the snapshot that stands there.
        firm: of these, where it holds for all that it covers, so that it can be gone on from.
        older: how many parts have a snapshot of an older key that still opens, and boxes under the key that seals now:
            one row holds one key's, so they are folded once the person is sealed again.
        newest: the last record that was walked.
        fault: a snapshot of theirs is not as this house makes any; its part is left as it is.
    """

    parts: dict[Part, Snapshot | None] = {}
    firm: frozenset[Part] = frozenset()
    older: int = 0
    newest: bytes = b""
    fault: Tampered | None = None

    def __len__(self) -> int:
        """How many parts."""
        return len(self.parts)


class _Walk:
    """A person's snapshots, and what was counted of the records that were walked past them."""

    def __init__(self, house: House, person: bytes, found: Iterable[Snapshot]) -> None:
        self.by: dict[Part, Snapshot] = {}
        self.unsound = set[Part]()
        self.fault: Tampered | None = None
        for one in found:
            try:
                self.by.update({(row.compartment, row.epoch): row for row in sound([one])})
            except Tampered as err:
                self.fault = self.fault or Tampered(err.text, hint=_MENDS)
                self.unsound.add((one.compartment, one.epoch))
        self.too_large = {part: one for part, one in self.by.items() if is_too_large(one)}
        self.against = Against(one for one in self.by.values() if not is_too_large(one))
        self.total = 0
        self.newest = b""
        self._tried: Counter[Part] = Counter()
        self._since: Counter[Part] = Counter()
        self.loose: Counter[frozenset[Part]] = Counter()
        """Records by where they have boxes that could be folded and are not."""
        self._has_epoch = house.keyring.has_epoch
        self._serials = house.keyring.serials(person)

    def take(self, row: Record) -> None:
        """The next record."""
        self.total += 1
        left = self.against.walk(row, decode_boxes(row.boxes))
        parts = {(box.compartment, box.epoch) for box in left if self.opens(box.compartment, box.epoch, box.serial)}
        self.loose[frozenset(parts)] += 1
        self.newest = row.id
        for part in parts & self.too_large.keys():
            (self._tried if row.id <= self.too_large[part].upto else self._since)[part] += 1

    def given_up(self) -> set[Part]:
        """Where what a fold can need was too large, and has not grown by a fifth since: it would be again."""
        return {part for part in self.too_large if self._since[part] * WORTH < self._tried[part]}

    def opens(self, compartment: int, epoch: int, serial: bytes) -> bool:
        """Whether a box there would be sealed with the same key today."""
        return self._serials.get(compartment) == serial and self._has_epoch(compartment, epoch)

    def stale(self) -> set[Part]:
        """Where a snapshot covers something else than the records that were walked."""
        return {(compartment, epoch) for _, compartment, epoch in self.against.stale()}


async def lacking(house: House, person: bytes, footing: Footing, *, above: int = FOLD_LIMIT) -> Lacking:
    """Where the person's boxes are to be folded; their ring is in use.

    Args:
        footing: what the work stands on; others have their turn at each page.
        above: how many of their records a look opens.

    Raises:
        Unavailable: the lease was lost, or the ring made room for others.
        Conflict: the policy or the keys moved.
        Tampered: a record or a ring is not as this house makes any.
    """
    older = await _older(house, person)
    walk = _Walk(house, person, await house.reads.find(Snapshot, ("person",), [(person,)]))
    behind = None
    while rows := await house.reads.find(Record, ("person",), [(person,)], after=behind, limit=FOLD_LIMIT):
        for row in sound(rows):
            walk.take(row)
        await footing.step(len(rows) // ROWS_A_STEP)
        behind = (rows[-1].id,)
        if len(rows) < FOLD_LIMIT:
            break
    stale = walk.stale()
    loose = set[Part]().union(*walk.loose)
    kept = {part for part, one in walk.by.items() if one.serial in older and part not in stale} - walk.too_large.keys()
    left = walk.unsound | kept | walk.given_up()
    fresh = sum(many for parts, many in walk.loose.items() if parts - left)
    is_due = bool(stale) or (walk.total > above and fresh * WORTH > above)
    parts = (loose | stale) - left if is_due else set()
    firm = [
        part for part in parts - stale - walk.too_large.keys()
        if part in walk.by and walk.opens(*part, walk.by[part].serial)
    ]  # fmt: skip
    return Lacking(
        parts={one: walk.by.get(one) for one in parts}, firm=frozenset(firm), older=len(loose & kept),
        newest=walk.newest, fault=walk.fault,
    )  # fmt: skip


async def _older(house: House, person: bytes) -> set[bytes]:
    """Serials of the person's keys that seal no more and open still, or will if their ending is called off."""
    waiting = await refuse_ended(house, [person])
    every = house.keyring.every_serial(person)
    return set(waiting).union(*(serials[1:] for serials in every.values()))
