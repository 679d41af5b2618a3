"""A batch as it is set aside while a store is away, and as it comes back to the gate.

Nothing of it is decided here: what may be kept is decided by the policy, the words and the marks that stand when it
comes back. What is kept with it is when it came in, so that keeps, consent and erasures count from then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.model.event import Batch, Event, Fault
from lockhouse.model.scale import Assurance, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.gates.house import House


class _Aside(msgspec.Struct, frozen=True, array_like=True):
    """A batch on the disk, each item with its place: two kinds of items cannot stand in one typed list."""

    channel: str
    assurance: int
    credential: str
    received_at: int
    network: str | None
    body_bytes: int
    events: list[tuple[int, Event]]
    faults: list[tuple[int, Fault]]


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(_Aside).decode


def may_wait(house: House, batch: Batch) -> bool:
    """Whether it may be set aside: of a channel that is only observed nothing is kept, not for a moment either."""
    live = house.live_policy
    return (
        live is not None
        and live.takes(batch.channel)
        and live.policy.channels[batch.channel].stage != Stage.OBSERVE
        and batch.origin is None
    )


def recognisable(batch: Batch, *, new_id: Callable[[], bytes]) -> Batch:
    """A batch that may come to the gate twice: an event without a message id is given one to be known again by."""
    if all(item.message_id is not None for item in batch.items):
        return batch
    items = [
        msgspec.structs.replace(item, message_id=f"set-aside-{new_id().hex()}")
        if isinstance(item, Event) and item.message_id is None
        else item
        for item in batch.items
    ]
    return msgspec.structs.replace(batch, items=items)


def packed(batch: Batch) -> bytes:
    """The bytes to be sealed; each of its events is `recognisable`."""
    placed = list(enumerate(batch.items))
    return _ENCODE(
        _Aside(
            channel=batch.channel,
            assurance=int(batch.assurance),
            credential=batch.credential,
            received_at=batch.received_at,
            network=batch.network,
            body_bytes=batch.body_bytes,
            events=[(at, item) for at, item in placed if isinstance(item, Event)],
            faults=[(at, item) for at, item in placed if isinstance(item, Fault)],
        )
    )


def unpacked(raw: bytes, *, late_at: int) -> Batch:
    """The batch as it came in, but that it comes to the gate at `late_at` (ms).

    Raises:
        msgspec.DecodeError: it was packed by another release, in another form.
    """
    aside = _DECODE(raw)
    items: list[tuple[int, Event | Fault]] = [*aside.events, *aside.faults]
    items.sort(key=lambda placed: placed[0])
    return Batch(
        channel=aside.channel,
        assurance=Assurance(aside.assurance),
        credential=aside.credential,
        received_at=aside.received_at,
        items=[item for _, item in items],
        network=aside.network,
        body_bytes=aside.body_bytes,
        late_at=late_at,
    )
