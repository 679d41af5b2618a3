"""The picture of the README: one event before the lock and after it, told by the code that locks it.

`python -m tests.docs.picture` writes it into the README anew.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.channels import segment
from lockhouse.crypto.seal import decode_boxes
from lockhouse.gates.collect import collect_group
from lockhouse.model.decision import PersonFacts
from lockhouse.model.event import Batch, Event, Fault
from lockhouse.model.rows import Record
from lockhouse.model.scale import Assurance
from lockhouse.policy.live import map_consent, purposes_open
from lockhouse.policy.starter import starter
from tests.world import World

if TYPE_CHECKING:
    from lockhouse.gates.house import LivePolicy
    from lockhouse.model.policy import Slot

README = Path(__file__).parents[2] / "README.md"
PLACE = re.compile(r"(?<=<!-- picture -->\n).*?(?=<!-- /picture -->)", re.DOTALL)
SENT: dict[str, Any] = {
    "email": "anna@example.com",
    "name": "Anna Schmidt",
    "order_id": "A-1001",
    "order_total": "49.90",
    "shipping_country": "DE",
    "items": [{"sku": "tea", "quantity": 2, "price": "24.95", "margin": "11.20"}],
    "birth_date": "1990-05-17",
    "ssn": "078-05-1120",
}
NEVER_READABLE = (b"anna@", b"Schmidt", b"A-1001", b"24.95", b"11.2", b"1990", b"078-05")
DROPPED = {"not-on-this-event": "not declared for this event", "undeclared": "nobody declared it"}
_decode = msgspec.msgpack.Decoder(dict[int, Any]).decode


async def picture(folder: Path) -> str:
    """The table, from an order that goes through the collect gate of a house with the starter policy."""
    world = await World.make(folder, starter("Northwind", ["eu"], ["backend:segment:secret"]))
    live, event = world.house.live(), _order(world.clock.now_ms())
    dropped, row = await _stored(world, event)
    slots = {slot.field: slot for number in _slots(live, event, row) if (slot := live.slot(number)) is not None}
    clear = _decode(row.clear)
    lines = ["| before the lock | after the lock |", "|---|---|", f"| `event: {event.name}` | clear |"]
    for name, value in SENT.items():
        slot = slots.get(name)
        if slot is None:
            after = f"dropped: {DROPPED[_why(dropped, name)]}"
        elif slot.id in clear:
            after = f"clear, so that it can be counted: `{clear[slot.id]}`"
        else:
            after = _sealed(live, slot)
        lines.append(f"| `{name}: {_told(value)}` | {after} |")
        if (f"properties.{name}.*", "undeclared") in dropped:
            lines.append(f"| `margin` in `{name}` | dropped: {DROPPED['undeclared']} |")
    return "\n".join(["", *lines, "", ""])


def _order(now: int) -> Event:
    """What the shop sends, as the channel's own parser reads it."""
    item = {
        "type": "track", "event": "Order Completed", "messageId": "m-1", "properties": SENT,
        "context": {"consent": {"categoryPreferences": {"Advertising": False, "Analytics": True}}},
    }  # fmt: skip
    raw = msgspec.json.encode({"batch": [item]})
    parsed = segment.parse_batch(raw, path="batch", received_at=now, remote_network=None)
    assert not isinstance(parsed, Fault)
    [event] = parsed.items
    assert isinstance(event, Event)
    return event


async def _stored(world: World, event: Event) -> tuple[tuple[tuple[str, str], ...], Record]:
    """What was dropped of it and its row, after a look that nothing of what was sealed or dropped stands in the row."""
    batch = Batch(
        channel="backend", assurance=Assurance.SECRET, credential="backend/2", items=[event],
        received_at=world.clock.now_ms(),
    )  # fmt: skip
    [[reply]] = await collect_group(world.house, [batch])
    assert (reply.outcome, reply.code) == ("trimmed", "LH-0001")
    [row] = [row async for rows in world.store.scan(Record) for row in rows]
    stored = msgspec.msgpack.encode(row)
    assert [value for value in NEVER_READABLE if value in stored] == []
    return reply.dropped, row


def _slots(live: LivePolicy, event: Event, row: Record) -> list[int]:
    """Numbers of the slots its fields stand in; the boxes of the stored row must be those."""
    reducer = live.reducer("backend")
    said, _ = map_consent(live.policy, event.consent)
    facts = PersonFacts(region=reducer.look(event).region(event.source), event_consents=said)
    reduced = reducer.reduce(event, purposes_open(live.policy, facts))
    assert {box.compartment for box in decode_boxes(row.boxes)} == set(reduced.boxes)
    assert _decode(row.clear) == reduced.clear
    return [*reduced.clear, *(number for values in reduced.boxes.values() for number in values)]


def _sealed(live: LivePolicy, slot: Slot) -> str:
    field = live.policy.fields[slot.field]
    found = "; found by a keyed hash" if field.identifies or field.find_by else ""
    refused = sorted(set(field.purposes) - set(slot.purposes))
    but = f", not for {' or '.join(refused)}" if refused else ""
    kept = " and ".join(slot.purposes)
    return f"sealed under her key for *{field.class_}*, for {kept}{but}{found}"


def _why(dropped: tuple[tuple[str, str], ...], name: str) -> str:
    """The reason by the field's own path, or by the path of what has no name here."""
    told = dict(dropped)
    return told.get(f"properties.{name}") or told["properties.*"]


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(f"{one['quantity']} {one['sku']}" for one in value)
    return str(value)


def main() -> None:
    """Put the picture into the README."""
    with TemporaryDirectory() as folder:
        drawn = asyncio.run(picture(Path(folder)))
    README.write_text(PLACE.sub(lambda _: drawn, README.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
