"""Boxes to values: each value is decided again by the current policy before it leaves this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.crypto.canonical import unpack_fields
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Erased, Expired
from lockhouse.gates.rings import Waiting
from lockhouse.model.decision import SlotTimes
from lockhouse.model.rows import Record
from lockhouse.policy.decide import open_slot
from lockhouse.policy.life import add

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.crypto.noted import Noted
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House, LivePolicy

_DECODE = msgspec.msgpack.Decoder(dict[int, Any]).decode


class OpenedRecord(msgspec.Struct):
    """A record's values by field, as the policy of today and the slot of its day both allow; and what stays shut.

    Attributes:
        ended: boxes that nothing opens any more, by `erased` and `expired`.
        shut: boxes whose key waits for its destruction, by the case that shut it.
    """

    row: Record
    values: dict[str, Any]
    ended: dict[str, int]
    shut: dict[Waiting, int]


class Opening(msgspec.Struct):
    """One disclosure's way of opening: for which purpose, which fields, by which committed entry.

    `waiting` holds the keys that are shut and not destroyed, by serial.
    """

    house: Any
    live: Any
    noted: Any
    purpose: str
    fields: frozenset[str]
    now: int
    waiting: Mapping[bytes, Waiting]

    def record(self, row: Record, *, active_at: int) -> OpenedRecord:
        """Everything of a record that may be seen.

        Raises:
            Tampered: a box was moved, rolled back or changed.
            Refused: the entry does not name this person, compartment and purpose.
        """
        house: House = self.house
        opened = OpenedRecord(row, {}, {}, {})
        for box in wanted_boxes(self.live, row, self.fields):
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
            self._take(opened, _DECODE(row.clear), compartment=0, active_at=active_at)
        return opened

    def _take(self, opened: OpenedRecord, values: dict[int, Any], *, compartment: int, active_at: int) -> None:
        live: LivePolicy = self.live
        times = SlotTimes(
            occurred_at=opened.row.occurred_at, received_at=opened.row.received_at, last_activity=active_at,
            now=self.now, sealed_class=live.compartment_class(compartment) if compartment else None,
        )  # fmt: skip
        if self._is_over(opened.row, compartment=compartment, active_at=active_at):
            return
        for number, value in values.items():
            slot = live.slot(number)
            if slot is not None and slot.field in self.fields and open_slot(live.policy, self.purpose, slot, times):
                opened.values[slot.field] = value

    def _is_over(self, row: Record, *, compartment: int, active_at: int) -> bool:
        """Whether the purpose's keep as it was promised at collection has passed: a longer one since does not reopen.

        The notice of then binds (GDPR Art. 13(2)(a), 5(1)(e)); a shorter one since is asked by `open_slot`.
        """
        live: LivePolicy = self.live
        collected = min(row.occurred_at, row.received_at)
        return any(
            add(collected if keep.after == "event" else max(active_at, collected), keep) <= self.now
            for keep in live.promised_keeps(self.purpose, version=row.policy, compartment=compartment)
        )


def wanted_boxes(live: LivePolicy, row: Record, fields: frozenset[str]) -> Iterator[SealedBox]:
    """The record's boxes that may hold one of these fields: those of the fields' classes.

    A value sealed under another class than its field has today stays shut until it is sealed again: the stricter of
    the two classes wins, and a box that is not opened tells nothing.
    """
    classes = {live.policy.fields[name].class_ for name in fields if name in live.policy.fields}
    for box in decode_boxes(row.boxes):
        sealed_class = live.compartment_class(box.compartment)
        if sealed_class in classes:
            yield box
