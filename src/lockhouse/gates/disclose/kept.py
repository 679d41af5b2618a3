"""Whether a record is still held for a purpose, as far as that is told without opening it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lockhouse.crypto.seal import decode_boxes
from lockhouse.policy.life import add

if TYPE_CHECKING:
    from lockhouse.gates.house import LivePolicy
    from lockhouse.model.rows import Record

_DECODE = msgspec.msgpack.Decoder(dict[int, Any]).decode


class Moment(NamedTuple):
    """What time it is, and when the person was last active (ms)."""

    now: int
    active_at: int


def clear_values(row: Record) -> dict[int, Any]:
    """What stands in a record's columns in clear, by slot."""
    return _DECODE(row.clear) if row.clear else {}


def is_over(live: LivePolicy, purpose: str, row: Record, *, compartment: int, at: Moment) -> bool:
    """Whether the purpose's keep as it was promised at collection has passed: a longer one since does not reopen.

    The notice of then binds (GDPR Art. 13(2)(a), 5(1)(e)); a shorter one since is asked beside it.
    """
    collected = min(row.occurred_at, row.received_at)
    return any(
        add(collected if keep.after == "event" else max(at.active_at, collected), keep) <= at.now
        for keep in live.promised_keeps(purpose, version=row.policy, compartment=compartment)
    )


def kept_for(live: LivePolicy, purpose: str, row: Record, *, at: Moment) -> bool:
    """Whether some part of a record was collected for the purpose and no keep of it has passed, of then or of today.

    Which purposes the boxes serve is told by their compartments, in clear. Of purposes with one life, which share
    compartments, it is told for all of them.
    """
    about = next(one for one in live.policy.purposes if one.name == purpose)
    if about.builtin:
        return True
    collected = min(row.occurred_at, row.received_at)
    if (
        about.keep is None
        or add(collected if about.keep.after == "event" else max(at.active_at, collected), about.keep) <= at.now
    ):
        return False
    parts = [box.compartment for box in decode_boxes(row.boxes) if live.serves(purpose, box.compartment)]
    slots = [live.slot(number) for number in clear_values(row)]
    parts += [0 for slot in slots if slot is not None and purpose in slot.purposes]
    return any(not is_over(live, purpose, row, compartment=part, at=at) for part in parts)
