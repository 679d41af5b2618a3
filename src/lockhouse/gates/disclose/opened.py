"""Boxes to values: each value is decided again by the current policy before it leaves this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.canonical import unpack_fields
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Erased, Expired, Tampered
from lockhouse.gates.disclose.covered import Covered, classes_of
from lockhouse.gates.disclose.kept import Moment, clear_values, is_over
from lockhouse.gates.rings import Waiting
from lockhouse.gates.snapshots import Place, opened_snapshot, place_of
from lockhouse.model.decision import SlotTimes
from lockhouse.model.rows import Record
from lockhouse.policy.reopen import over_today, shut_as_sealed, shut_unopened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockhouse.crypto.noted import Noted
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.gates.snapshots import Kept
    from lockhouse.model.policy import Slot
    from lockhouse.model.rows import Snapshot

_DECODE = msgspec.msgpack.Decoder(dict[int, Any]).decode


class OpenedRecord(msgspec.Struct):
    """A record's values by field, as the policy of today and the slot of its day both allow; and what stays shut.

    Attributes:
        hidden: fields of which something is held that stays shut, with the code that says why.
        ended: boxes that nothing opens any more, by `erased` and `expired`.
        shut: boxes whose key waits for its destruction, by the case that shut it.
    """

    row: Record
    values: dict[str, Any]
    ended: dict[str, int]
    shut: dict[Waiting, int]
    hidden: dict[str, str]


class Opening(msgspec.Struct):
    """One disclosure's way of opening: for which purpose, which fields, by which committed entry.

    `all_fields` says that every field was asked for, so that one which is no longer declared is told of.
    `waiting` holds the keys that are shut and not destroyed, by serial.
    """

    house: Any
    live: Any
    noted: Any
    purpose: str
    fields: frozenset[str]
    now: int
    waiting: Mapping[bytes, Waiting]
    all_fields: bool = False
    classes: set[str] = msgspec.field(default_factory=set)
    """Of these fields: the boxes of no other class are opened."""
    covered: Covered | None = None
    """Of the person whose records are opened now: what their snapshots cover is not opened once more."""
    _codes: dict[tuple[int, int, int], str] = msgspec.field(default_factory=dict)
    spoilt: set[Place] = msgspec.field(default_factory=set)
    """Where snapshots stand that are not as this house made them: nothing is shown that was opened beside one."""

    def turn_to(self, fields: frozenset[str], covered: Covered | None) -> None:
        """The next person: which fields of theirs are opened, and what their snapshots cover."""
        self.fields, self.classes, self.covered = fields, classes_of(self.live, fields), covered

    def record(self, row: Record, *, active_at: int) -> OpenedRecord:
        """Everything of a record that may be seen.

        Raises:
            Tampered: a box was moved, rolled back or changed.
            Refused: the entry does not name this person, compartment and purpose.
        """
        house: House = self.house
        opened = OpenedRecord(row, {}, {}, {}, {})
        wanted, others = _parted(self.live, row, self.classes)
        for box in wanted:
            if self.covered is not None and self.covered.snapshots.covers(row, box):
                continue
            noted: Noted = self.noted
            try:
                plain = house.keyring.open(box, noted, person=row.person, record=row.id, purpose=self.purpose)
            except Erased:
                shut = self.waiting.get(box.serial)
                if shut is None:
                    opened.ended["erased"] = opened.ended.get("erased", 0) + 1
                else:
                    opened.shut[shut] = opened.shut.get(shut, 0) + 1
                continue
            except Expired:
                opened.ended["expired"] = opened.ended.get("expired", 0) + 1
                continue
            self._take(opened, unpack_fields(plain), compartment=box.compartment, active_at=active_at)
        if row.clear:
            self._take(opened, clear_values(row), compartment=0, active_at=active_at)
        opened.hidden.update({**self._unopened(row, others), **opened.hidden})
        return opened

    def snapshot(self, covered: Covered, one: Snapshot) -> list[Kept]:
        """What a snapshot holds; nothing, and its boxes counted, if its key has ended or is shut; or if it is `spoilt`.

        Raises:
            Refused: as of a record.
        """
        house: House = self.house
        noted: Noted = self.noted
        try:
            return opened_snapshot(house, one, noted, purpose=self.purpose)
        except Erased:
            shut = self.waiting.get(one.serial)
            if shut is None:
                covered.ended["erased"] += one.covers
            else:
                covered.shut[shut] += one.covers
        except Expired:
            covered.ended["expired"] += one.covers
        except Tampered:
            self.spoilt.add(place_of(one))
        return []

    def part(self, row: Record, values: Mapping[int, Any], *, compartment: int, active_at: int) -> OpenedRecord:
        """Of values that a box or a column (compartment 0) of a record held, those that may be seen."""
        opened = OpenedRecord(row, {}, {}, {}, {})
        self._take(opened, values, compartment=compartment, active_at=active_at)
        return opened

    def _unopened(self, row: Record, boxes: Iterable[SealedBox]) -> dict[str, str]:
        """Fields that may lie in these boxes, of another class than they have today, with the code that says so."""
        live: LivePolicy = self.live
        before, found = live.promised.get(row.policy), dict[str, str]()
        for box in boxes:
            found |= shut_unopened(live.policy, before, compartment=box.compartment, event=row.event, names=self.fields)
        return found

    def _take(self, opened: OpenedRecord, values: Mapping[int, Any], *, compartment: int, active_at: int) -> None:
        live: LivePolicy = self.live
        row = opened.row
        times = SlotTimes(
            occurred_at=row.occurred_at, received_at=row.received_at, last_activity=active_at, now=self.now
        )
        over = over_today(live.policy, self.purpose, times)
        if not over and is_over(live, self.purpose, row, compartment=compartment, at=Moment(self.now, active_at)):
            over = "keep-over"
        for number, value in values.items():
            slot = live.slot(number)
            if slot is None or not self._asks(slot):
                continue
            code = self._as_sealed(slot, row.policy, compartment) or over
            if code:
                opened.hidden[slot.field] = code
            else:
                opened.values[slot.field] = value

    def _as_sealed(self, slot: Slot, version: int, compartment: int) -> str:
        """Why a value stays shut that was sealed so, whenever that was: asked once for all values that are alike."""
        place = slot.id, version, compartment
        code = self._codes.get(place)
        if code is None:
            live: LivePolicy = self.live
            was = live.declared(slot.field, version=version)
            code = self._codes[place] = shut_as_sealed(
                live.policy, self.purpose, slot, sealed_type=was.type if was else None,
                sealed_class=(live.compartment_class(compartment) if compartment else None)
                or (was.class_ if was else None),
            )  # fmt: skip
        return code

    def _asks(self, slot: Slot) -> bool:
        """Whether the look asks for the slot's field; of one that is gone, if it was kept for what is asked."""
        live: LivePolicy = self.live
        gone = self.all_fields and slot.field not in live.policy.fields and self.purpose in slot.purposes
        return gone or slot.field in self.fields


def wanted_boxes(live: LivePolicy, row: Record, classes: Collection[str]) -> list[SealedBox]:
    """The record's boxes that may hold what is asked for: those of these classes, which are the fields' own.

    A value sealed under another class than its field has today stays shut until it is sealed again: the stricter of
    the two classes wins, and a box that is not opened tells nothing.
    """
    return _parted(live, row, classes)[0]


def _parted(live: LivePolicy, row: Record, classes: Collection[str]) -> tuple[list[SealedBox], list[SealedBox]]:
    """The record's boxes of these classes, and the others."""
    wanted: list[SealedBox] = []
    others: list[SealedBox] = []
    for box in decode_boxes(row.boxes):
        (wanted if live.compartment_class(box.compartment) in classes else others).append(box)
    return wanted, others
