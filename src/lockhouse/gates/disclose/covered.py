"""What snapshots cover of a canonical person's records, and what is told of all of these without opening any."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.seal import decode_boxes
from lockhouse.gates.disclose.kept import clear_values
from lockhouse.gates.snapshots import Against, rank_of
from lockhouse.identity.front import Front
from lockhouse.policy.reopen import shut_unopened

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lockhouse.crypto.keyring import Keyring
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import LivePolicy
    from lockhouse.gates.rings import Waiting
    from lockhouse.model.rows import Record, Snapshot

MOST_CLEAR = 500
"""Values in clear that a fold may need: as many are soon decided again. Whoever dates ahead makes them more."""


class Keys(NamedTuple):
    """What is known of the keys of a source person's boxes: those of theirs in use, and serials that are destroyed."""

    keyring: Keyring
    held: Mapping[int, Sequence[bytes]]
    destroyed: Collection[bytes]

    def ended(self, box: SealedBox) -> str:
        """Why nothing opens the box any more, ever; empty if something may, or waits, or came since this was read."""
        if box.compartment in self.held and not self.keyring.has_epoch(box.compartment, box.epoch):
            return "expired"
        return "erased" if box.serial in self.destroyed and box.serial not in self.held.get(box.compartment, ()) else ""


class Covered:
    """A canonical person's records as snapshots cover them.

    Attributes:
        snapshots: those that are used, held against the records.
        channels, first_at, last_at, many: of all records that were walked.
        left_out: how many of them are neither covered nor opened, since others are believed more.
        hidden: fields that boxes may hold of which nothing is opened, with the codes that say why.
        ended, shut: boxes that nothing opens, as in `OpenedRecord`: those that a snapshot covers, and of records that
            are not opened since nothing opens any of theirs.
    """

    def __init__(self, live: LivePolicy, snapshots: Sequence[Snapshot], fields: frozenset[str]) -> None:
        self.snapshots = Against(snapshots)
        self.channels: Counter[int] = Counter()
        self.first_at: int | None = None
        self.last_at: int | None = None
        self.many = 0
        self.left_out = 0
        self.hidden: dict[str, set[str]] = {}
        self.ended: Counter[str] = Counter()
        self.shut: Counter[Waiting] = Counter()
        self._live = live
        self._fields = fields
        self._is_wanted: dict[int, bool] = {}
        self._shapes: set[tuple[int, int, int]] = set()
        self._clear: Front[Record] = Front()

    @property
    def compartments(self) -> set[int]:
        """Those of which snapshots are opened."""
        return {one.compartment for one in self.snapshots.by.values()}

    @property
    def is_crowded(self) -> bool:
        """Whether more stands in clear that a fold can need than is decided again."""
        return len(self._clear) > MOST_CLEAR

    def walk(self, row: Record, keys: Keys) -> bool:
        """The next record, in the order of persons and ids; whether it is to be opened for what no snapshot covers.

        It is not if nothing opens any of that: then its boxes are counted here.
        """
        wanted = [box for box in decode_boxes(row.boxes) if self._wants(row, box)]
        for number in clear_values(row):
            self._clear.offer((number, row.policy), rank_of(row, row))
        self.many += 1
        self.channels[row.channel] += 1
        self.first_at = min(row.occurred_at, row.occurred_at if self.first_at is None else self.first_at)
        self.last_at = max(row.occurred_at, row.occurred_at if self.last_at is None else self.last_at)
        codes = [keys.ended(box) for box in self.snapshots.walk(row, wanted)]
        if all(codes):
            self.ended.update(codes)
            return False
        return True

    def clear(self) -> list[Record]:
        """The records whose columns in clear a fold can need."""
        return list({row.id: row for row in self._clear}.values())

    def _wants(self, row: Record, box: SealedBox) -> bool:
        """Whether the box may hold what is asked for; of one that may not it is told, from the policy of its day."""
        wanted = self._is_wanted.get(box.compartment)
        if wanted is None:
            wanted = self._is_wanted[box.compartment] = is_wanted(self._live, box.compartment, self._fields)
        shape = row.policy, box.compartment, row.event
        if not wanted and shape not in self._shapes:
            self._shapes.add(shape)
            before = self._live.promised.get(row.policy)
            told = shut_unopened(
                self._live.policy, before, compartment=box.compartment, event=row.event, names=self._fields
            )
            for field, code in told.items():
                self.hidden.setdefault(field, set()).add(code)
        return wanted


def classes_of(live: LivePolicy, fields: frozenset[str]) -> set[str]:
    """The classes, as they are today, of these fields."""
    return {live.policy.fields[name].class_ for name in fields if name in live.policy.fields}


def is_wanted(live: LivePolicy, compartment: int, fields: frozenset[str]) -> bool:
    """Whether a compartment is of the class of one of these fields."""
    return live.compartment_class(compartment) in classes_of(live, fields)
