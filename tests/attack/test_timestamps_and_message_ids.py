"""A sender chooses neither how long its data is kept, nor what wins, nor whose message ids are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.channels.segment.parse import parse_batch
from lockhouse.flows import forward, look
from lockhouse.gates.collect import collect_group
from lockhouse.model import codes
from lockhouse.model.event import Batch, Event
from lockhouse.model.ids import DAY_MS
from lockhouse.model.ports import Answer
from lockhouse.model.rows import Outbox, Person, Receipt, Record
from lockhouse.model.scale import Assurance, Proof
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "anna.schmidt@example.com"
ODD_STAMPS: list[Any] = [
    "2090-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "not a time", "", None, 4_000_000_000_000, {"at": 1}, [],
]  # fmt: skip


async def _post(world: World, channel: str, *items: dict[str, Any]) -> list[Any]:
    """Items as they come over the wire."""
    now = world.clock.now_ms()
    raw = msgspec.json.encode({"batch": list(items)})
    parsed = parse_batch(raw, path="batch", received_at=now, remote_network=None)
    assert hasattr(parsed, "items")
    assurance = Assurance.PUBLIC if channel == "web" else Assurance.SECRET
    batch = Batch(
        channel=channel, assurance=assurance, credential=f"{channel}/{int(assurance)}", received_at=now,
        items=parsed.items,
    )  # fmt: skip
    [replies] = await collect_group(world.house, [batch])
    return replies


def _order(message_id: str, **more: Any) -> dict[str, Any]:
    properties = {"email": EMAIL, "order_id": "A-1", "order_total": "12.75"} | more.pop("properties", {})
    return {"type": "track", "event": "Order Completed", "messageId": message_id, "properties": properties, **more}


async def test_an_event_of_2090_is_kept_no_longer_than_one_of_today(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _post(world, "account", _order("m-1", timestamp="2090-01-01T00:00:00Z"))
    [record] = await world.rows(Record)
    assert record.occurred_at <= world.clock.now_ms() + DAY_MS
    view = await look.show(world.house, await world.ask("analyst"), record.person)
    assert view.fields["order_total"].value == "12.75"
    world.clock.pass_days(14 * 31)
    view = await look.show(world.house, await world.ask("analyst"), record.person)
    assert view.fields["order_total"].because == ("keep-over",)


async def test_an_event_past_its_keep_on_arrival_is_refused_or_loses_what_has_passed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    page = {"type": "page", "messageId": "m-1", "anonymousId": "tablet-0042", "timestamp": "1990-01-01T00:00:00Z"}
    [reply] = await _post(world, "web", page | {"properties": {"page_path": "/shoes"}})
    assert (reply.outcome, reply.code) == ("refused", codes.EXPIRED_ON_ARRIVAL)
    assert await world.rows(Record) == []
    [reply] = await _post(world, "account", _order("m-2", timestamp="1990-01-01T00:00:00Z"))
    assert ("properties.order_total", "no-purpose") in reply.dropped or reply.outcome == "refused"


@pytest.mark.parametrize("channel", ["web", "account"])
async def test_no_time_a_sender_can_write_harms_its_batch_or_the_sending_on(tmp_path: Path, channel: str) -> None:
    world = await World.make(tmp_path)
    items = [_order(f"m-{number}", timestamp=stamp) for number, stamp in enumerate(ODD_STAMPS)]
    items += [_order(f"n-{number}", sentAt=stamp) for number, stamp in enumerate(ODD_STAMPS)]
    items += [_order(f"o-{number}", timestamp=stamp, sentAt=other) for number, (stamp, other) in
              enumerate(zip(ODD_STAMPS, reversed(ODD_STAMPS), strict=True))]  # fmt: skip
    replies = await _post(world, channel, *items)
    assert len(replies) == len(items)
    assert {reply.outcome for reply in replies} <= {"stored", "trimmed", "refused"}
    now = world.clock.now_ms()
    assert all(0 <= row.occurred_at <= now + DAY_MS for row in await world.rows(Record))
    for view in await world.find(EMAIL):
        assert view.records > 0

    class Server:
        async def post(self, url: str, *, body: bytes, headers: Any) -> Answer:
            assert (url, bool(body), bool(headers)) == ("http://127.0.0.1:1/v1/batch", True, True)
            return Answer(status=200)

    sent = await forward.forward(world.house, "rudder", http=Server(), write_key="k")
    assert sent.sent + sent.held == len(await world.rows(Outbox))


async def test_a_value_dated_ahead_by_a_stranger_does_not_win_for_ever(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _post(world, "web", _order("m-1", timestamp="2090-01-01T00:00:00Z", properties={"name": "Mallory"}))
    world.clock.pass_days(2)
    await _post(world, "web", _order("m-2", properties={"name": "Anna"}))
    assert (await world.reveal(await world.person(EMAIL))).fields["name"].value == "Anna"


async def test_data_of_three_years_ago_does_not_make_a_person_active_today(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    old = world.clock.now_ms() - 3 * 366 * DAY_MS
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", order_total="12.75", at=old)
    assert len(await world.rows(Record)) == 1
    assert [row for row in await world.rows(Person) if row.active_at > old] == []
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-2")
    person = await world.person(EMAIL)
    before = (await world.store.get(Person, [(person,)]))[person,]
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-3", at=old)
    assert (await world.store.get(Person, [(person,)]))[person,] == before


@pytest.mark.parametrize("known_by", ["email", "phone"])
async def test_a_public_key_keeps_nobodys_data_alive_who_is_believed_further(tmp_path: Path, known_by: str) -> None:
    """Else whoever knows an address could put off its owner's last day for ever."""
    policy = POLICY.replace("proves: [email, phone, loyalty_id]", "proves: [email, loyalty_id]")
    world = await World.make(tmp_path, policy)
    sent = {"email": EMAIL, "phone": "+4930123456"}
    await world.send("account", "Order Completed", **sent, order_id="A-1")
    person = await world.person(EMAIL)
    first = (await world.store.get(Person, [(person,)]))[person,]
    world.clock.pass_days(20)
    await world.new_epochs()
    stranger = {known_by: sent[known_by]}
    assert (await world.send("web", "identify", **stranger, name="Anna")).outcome == "stored"
    assert (await world.store.get(Person, [(person,)]))[person,] == first
    await world.send("account", "identify", email=EMAIL)
    assert (await world.store.get(Person, [(person,)]))[person,].active_at > first.active_at


@pytest.mark.parametrize("event", [{"email": EMAIL, "name": "Anna"}, {"device_id": "tablet-0042"}])
async def test_who_is_known_by_a_public_key_alone_is_active_by_it(tmp_path: Path, event: dict[str, str]) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "identify", **event)
    [first] = await world.rows(Person)
    world.clock.pass_days(20)
    await world.new_epochs()
    await world.send("web", "identify", **event)
    [row] = await world.rows(Person)
    assert row.active_at > first.active_at


async def test_a_public_sender_cannot_take_a_secret_channels_message_id(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "Order Completed", message_id="order-1001", email="mallory@example.net", order_id="X")
    reply = await world.send("backend", "Order Completed", message_id="order-1001", email=EMAIL, order_id="A-1")
    assert reply.outcome == "stored"
    reply = await world.send("account", "Order Completed", message_id="order-1001", email=EMAIL, order_id="A-1")
    assert reply.outcome == "stored"
    assert len(await world.rows(Receipt)) == 3


async def test_two_credentials_of_one_channel_do_not_share_message_ids(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    public = world.batch("backend", "Order Completed", {"message_id": "m-1", "email": "mallory@example.net"})
    public = msgspec.structs.replace(public, assurance=Assurance.PUBLIC, credential="backend/1")
    [[first]] = await collect_group(world.house, [public])
    reply = await world.send("backend", "Order Completed", message_id="m-1", email=EMAIL)
    assert (first.outcome, reply.outcome) == ("stored", "stored")


async def test_another_body_under_a_known_message_id_changes_nothing_of_what_is_known(tmp_path: Path) -> None:
    """Refused means refused: no person, no index, no word on consent comes of it."""
    world = await World.make(tmp_path)
    await world.send("account", "identify", message_id="m-1", email=EMAIL)
    before = {name: dict(rows) for name, rows in world.store.shelf.tables.items()}
    reply = await world.send(
        "account", "identify", message_id="m-1", email=EMAIL, phone="+4930123456", consent={"Analytics": False}
    )
    assert (reply.outcome, reply.code) == ("refused", codes.MESSAGE_ID_CONFLICT)
    after = world.store.shelf.tables
    assert {name for name in before if before[name] != after[name]} <= {"drop_count"}


async def test_an_event_sent_again_leaves_no_word_that_the_ledger_does_not_know(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", message_id="m-1", email=EMAIL)
    event = Event(
        name="identify", message_id="m-1", occurred_at=world.clock.now_ms(), consent={"Analytics": False},
        source={"type": "track", "properties": {"email": EMAIL}},
    )  # fmt: skip
    batch = msgspec.structs.replace(world.batch("account", "identify", {"email": EMAIL}), items=[event])
    [[reply]] = await collect_group(world.house, [batch])
    assert reply.outcome == "duplicate"
    assert len(world.store.shelf.tables["consent"]) == (await world.kinds()).count("consent")


async def test_a_public_event_makes_nobody_active_who_is_made_in_its_own_group(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    old = world.clock.at - 400 * DAY_MS
    order: dict[str, object] = {"email": EMAIL, "order_id": "1", "at": old}
    await world.send_all([("account", "Order Completed", order), ("web", "identify", {"email": EMAIL})])
    [person] = {row.person for row in await world.indexes(EMAIL) if row.proof == Proof.PROVEN}
    [row] = [row for row in await world.rows(Person) if row.id == person]
    assert row.active_at <= old
