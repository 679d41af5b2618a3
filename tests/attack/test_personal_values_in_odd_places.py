"""Personal values as JSON keys, event names, message ids and user agents stand nowhere: not stored, counted or told."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.channels.segment.parse import parse_batch
from lockhouse.gates.collect import collect_group
from lockhouse.model.codes import whole
from lockhouse.model.event import Batch
from lockhouse.model.rows import Drop, Receipt
from lockhouse.model.scale import Assurance
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "zoe.canary-7731@example.org"
PHONE = "+491709977331"
NAMES = ["Zoe Canary-7731", CANARY, PHONE]


def _forms(value: str) -> list[bytes]:
    raw = value.encode()
    return [raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"="), value.encode("utf-16-le"), raw.upper()]


def _items() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for at, value in enumerate(NAMES):
        items += [
            {"type": "track", "event": value, "messageId": f"a-{at}", "anonymousId": "tablet-0042"},
            {"type": value, "messageId": f"b-{at}"},
            {"type": "identify", "messageId": value, "traits": {"email": CANARY, "phone": PHONE, "name": "Zoe"}},
            {"type": "track", "event": "Order Completed", "messageId": f"c-{at}",
             "properties": {value: 1, "order_id": {value: value}, "order_total": value, value + ".x": {value: value}}},
            {"type": "page", "messageId": f"d-{at}", "anonymousId": f"tablet-{at:04}", "properties": {
                "page_path": f"/account/{value}?q={value}", value: {value: value}}},
            {"type": "track", "event": "Order Completed", "messageId": f"e-{at}", "userId": value, "context": {
                "userAgent": value, "ip": value, "page": {"url": value, "referrer": value}, "traits": {value: value},
                "consent": {"categoryPreferences": {value: True, "Advertising": True}}}, "integrations": {value: True}},
            {"type": "group", "groupId": value, "messageId": f"f-{at}", value: value},
        ]  # fmt: skip
    return items


async def test_they_are_in_no_row_of_either_store_no_receipt_no_count_no_entry_and_no_reply(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told: list[Any] = []
    now = world.clock.now_ms()
    for channel, assurance in (("web", Assurance.PUBLIC), ("account", Assurance.SECRET)):
        raw = msgspec.json.encode({"batch": _items(), "context": {NAMES[0]: NAMES[0]}, NAMES[1]: NAMES[1]})
        parsed = parse_batch(raw, path="batch", received_at=now, remote_network=None, gpc=False)
        assert hasattr(parsed, "items")
        batch = Batch(
            channel=channel, assurance=assurance, credential=f"{channel}/{int(assurance)}", received_at=now,
            items=parsed.items,
        )  # fmt: skip
        told += await collect_group(world.house, [batch, batch])
    await world.find(CANARY)
    await world.reveal(await world.person(CANARY) if len(await world.indexes(CANARY)) == 1 else _first(world))
    stored = msgspec.msgpack.encode([list(rows.values()) for rows in world.store.shelf.tables.values()])
    answered = msgspec.json.encode(told)
    assert len(stored) > 10_000
    for value in (*NAMES, "Canary-7731", "canary-7731", PHONE[1:]):
        for form in _forms(value):
            assert form not in stored, value
            assert form not in answered, value
    shown = {row.path for row in await world.rows(Drop)}
    assert shown
    assert all(segment == "*" or segment.isascii() for path in shown for segment in path.split("."))
    assert {whole(row.code) for row in await world.rows(Receipt)} >= {"LH-0000"} or len(await world.rows(Receipt)) > 5


def _first(world: World) -> bytes:
    key: bytes = next(iter(world.store.shelf.tables["key_ring"]))[0]
    return key


async def test_an_error_does_not_say_them_either(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for by, value in (("email", f"{CANARY} "), ("phone", "zoe canary-7731"), (CANARY, "x"), ("email", NAMES[0])):
        try:
            await world.find(value, by=by)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not say the value
            said = f"{error!s} {error!r} {vars(error)}"
            assert "anary" not in said
