"""What became of one event, told by its message id and never by its content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.channels import segment
from lockhouse.errors import Tampered
from lockhouse.flows.housekeeping import empty_details
from lockhouse.flows.why import why
from lockhouse.gates.collect import collect_group
from lockhouse.gates.drop_lists import DropLists
from lockhouse.model.change import Change, Delete, Put
from lockhouse.model.event import Batch
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import DropList, Receipt
from lockhouse.model.scale import Assurance
from tests.world import POLICY, World

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from lockhouse.model.event import Reply

CANARY = "canary.7f3a@example.com"


async def send(world: World, channel: str, event: str, **values: Any) -> Reply:
    """One event with the credential class that the collect listener gives it."""
    batch = world.batch(channel, event, values)
    number = world.house.live().policy.channels[channel].id
    classed = msgspec.structs.replace(batch, credential=f"{number}/{int(batch.assurance)}")
    [[reply]] = await collect_group(world.house, [classed])
    return reply


async def test_a_stored_event_is_explained_by_its_message_id(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    reply = await send(world, "backend", "Order Completed", message_id="m-1", email=CANARY, order_id="A-1", ssn="1")
    [said] = await why(world.house, "m-1")
    assert (said.channel, said.code, said.kept) == ("backend", "LH-0001", 2)
    assert said.dropped == (("properties.*", "undeclared"),)
    assert said.at == world.clock.now_ms()
    assert reply.record is not None
    assert said.record == reply.record.hex()


@pytest.mark.parametrize("kept", ["LH-0001", "1", "planted by hand"])
async def test_a_receipt_tells_its_code_as_it_was_answered_also_one_that_keeps_it_whole(
    tmp_path: Path, kept: str
) -> None:
    world = await World.make(tmp_path)
    reply = await send(world, "backend", "Order Completed", message_id="m-1", email=CANARY, order_id="A-1", ssn="1")
    [receipt] = await world.rows(Receipt)
    assert (receipt.code, reply.code) == ("1", "LH-0001")
    world.plant(msgspec.structs.replace(receipt, code=kept))
    [said] = await why(world.house, "m-1")
    assert said.code == (reply.code if kept != "planted by hand" else kept)


async def test_a_refused_event_is_explained_though_nothing_of_it_was_stored(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await send(world, "backend", "page", message_id="m-2", secret_path="/x")
    [said] = await why(world.house, "m-2")
    assert (said.code, said.kept, said.record) == ("LH-2107", 0, None)


async def send_raw(world: World, item: bytes, *, channel: str = "backend") -> Reply:
    """One item as its bytes, read and collected as the listener does it."""
    now, number = world.clock.now_ms(), world.house.live().policy.channels[channel].id
    parsed = segment.parse_batch(b'{"batch":[' + item + b"]}", path="batch", received_at=now, remote_network=None)
    assert isinstance(parsed, segment.ParsedRequest)
    credential = f"{number}/{int(Assurance.SECRET)}"
    batch = Batch(
        channel=channel, assurance=Assurance.SECRET, credential=credential, received_at=now, items=parsed.items
    )
    [[reply]] = await collect_group(world.house, [batch])
    return reply


UNREAD = [
    (b'{"messageId": "m-3", "userId": "u"}', "LH-1003", "/type"),
    (b'{"messageId": "m-3", "type": "track", "event": ""}', "LH-1003", "/event"),
    (b'{"messageId": "m-3", "type": "page", "properties": {"n": 99999999999999999999}}', "LH-1007", ""),
    (b'{"messageId": "m-3", "type": "page", "userId": 1, "userId": 2}', "LH-1002", ""),
    (b'{"messageId": "m-3", "type": "page", "n": ' + b"[" * 40 + b"]" * 40 + b"}", "LH-1006", ""),
    (b'{"messageId": "m-3", "type": "page", "n": "' + b"x" * 40_000 + b'"}', "LH-1005", ""),
]


@pytest.mark.parametrize(("item", "code", "place"), UNREAD)
async def test_an_item_that_could_not_be_read_is_explained_by_its_message_id(
    tmp_path: Path, item: bytes, code: str, place: str
) -> None:
    world = await World.make(tmp_path)
    assert (await send_raw(world, item)).code == code
    [said] = await why(world.house, "m-3")
    assert (said.channel, said.code, said.record) == ("backend", code, None)
    assert [path for path, _ in said.dropped] == [place]


async def test_what_could_not_be_read_may_come_again_whole_under_the_same_id(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for _ in range(2):  # a sender's retry changes nothing
        assert (await send_raw(world, b'{"messageId": "m-4"}')).code == "LH-1003"
    world.clock.pass_days(1_000 / DAY_MS)
    whole = b'{"messageId":"m-4","type":"track","event":"Order Completed","properties":{"order_id":"A-1"}}'
    assert (await send_raw(world, whole)).code == "LH-0000"
    assert [said.code for said in await why(world.house, "m-4")] == ["LH-0000", "LH-1003"]
    assert (await send_raw(world, whole)).code == "LH-0100"


async def test_nothing_is_remembered_of_an_item_whose_id_cannot_be_read_or_that_is_only_observed(
    tmp_path: Path,
) -> None:
    world = await World.make(
        tmp_path,
        POLICY.replace(
            "backend: {kind: segment, key: secret, stage: live}",
            "backend: {kind: segment, key: secret, stage: observe}",
        ),
    )
    for item in (b'{"messageId": "m-5",}', b'{"messageId": 5, "type": "page"}', b"[]"):
        assert (await send_raw(world, item, channel="account")).outcome == "refused"
    assert (await send_raw(world, b'{"messageId": "m-5"}')).code == "LH-1003"
    assert await world.rows(Receipt) == []


async def test_an_event_without_a_message_id_is_found_by_its_record(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    reply = await send(world, "backend", "Order Completed", email=CANARY, order_id="A-1")
    assert reply.record is not None
    [said] = await why(world.house, reply.record.hex())
    assert said.code == "LH-0000"
    named = await send(world, "backend", "Order Completed", message_id="m-9", email=CANARY, order_id="A-2")
    assert named.record is not None
    [said] = await why(world.house, named.record.hex())
    assert said.record == named.record.hex()


async def test_the_same_id_on_two_channels_has_two_answers_the_newest_first(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await send(world, "backend", "Order Completed", message_id="same", email=CANARY, order_id="A-1")
    world.clock.pass_days(1_000 / DAY_MS)
    await send(world, "account", "Order Completed", message_id="same", email=CANARY, order_id="A-1")
    assert [said.channel for said in await why(world.house, "same")] == ["account", "backend"]


async def test_an_id_that_never_came_and_one_that_is_no_record_say_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    assert await why(world.house, "never") == []
    assert await why(world.house, "0" * 32) == []
    assert await why(world.house, "\ud800") == []


async def test_no_answer_holds_anything_that_was_sent(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    sent = {"email": CANARY, "order_id": "canary-order", CANARY: "canary-key"}
    await send(world, "backend", "Order Completed", message_id=f"id-{CANARY}", **sent)
    said = await why(world.house, f"id-{CANARY}")
    assert len(said) == 1
    assert b"canary" not in msgspec.json.encode(said)


async def test_paths_are_told_for_a_week_and_the_outcome_for_longer(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await send(world, "backend", "Order Completed", message_id="old", email=CANARY, order_id="A-1", ssn="1")
    world.clock.pass_days(7)
    assert await empty_details(world.house) == 0
    world.clock.pass_days(1 / DAY_MS)
    await send(world, "backend", "Order Completed", message_id="new", email=CANARY, order_id="A-2", ssn="1")
    assert await empty_details(world.house) == 1
    [old], [new] = await why(world.house, "old"), await why(world.house, "new")
    assert (old.code, old.kept, old.dropped) == ("LH-0001", None, ())
    assert new.dropped == (("properties.*", "undeclared"),)
    assert {row.detail for row in await world.rows(Receipt) if row.at == old.at} == {b""}
    assert await empty_details(world.house) == 0


async def test_what_is_dropped_of_many_events_is_stored_once_a_day(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    for number in range(3):
        await send(world, "backend", "Order Completed", message_id=f"m-{number}", order_id=f"A-{number}", ssn="1")
    assert len(await world.rows(DropList)) == 1
    world.house.drop_lists = DropLists(world.house.message_tags)  # another process, that has seen none of them
    await send(world, "backend", "Order Completed", message_id="m-3", order_id="A-3", ssn="1")
    assert len(await world.rows(DropList)) == 1
    world.clock.pass_days(1)
    await send(world, "backend", "Order Completed", message_id="m-4", order_id="A-4", ssn="1")
    assert len(await world.rows(DropList)) == 2
    for number in range(5):
        [said] = await why(world.house, f"m-{number}")
        assert (said.kept, said.dropped) == (1, (("properties.*", "undeclared"),))


async def test_a_list_that_was_refused_with_its_receipt_comes_with_the_next(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await send(world, "backend", "Order Completed", message_id="one", order_id="A-1")
    await send(world, "backend", "Order Completed", message_id="one", order_id="A-2", ssn="1")  # a conflict
    assert await world.rows(DropList) == []
    await send(world, "backend", "Order Completed", message_id="two", order_id="A-2", ssn="1")
    [said] = await why(world.house, "two")
    assert said.dropped == (("properties.*", "undeclared"),)


async def test_lists_go_when_the_receipts_of_their_day_are_emptied(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await send(world, "backend", "Order Completed", message_id="old", order_id="A-1", ssn="1")
    world.clock.pass_days(8)
    await send(world, "backend", "Order Completed", message_id="new", order_id="A-2", ssn="1")
    assert await empty_details(world.house) == 1
    assert [row.day for row in await world.rows(DropList)] == [world.clock.now_ms() // DAY_MS]
    [said] = await why(world.house, "new")
    assert said.dropped == (("properties.*", "undeclared"),)


async def test_a_list_that_somebody_edited_is_not_told_and_one_taken_away_tells_as_after_a_week(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await send(world, "backend", "Order Completed", message_id="m-1", order_id="A-1", ssn="1")
    [row] = await world.rows(DropList)
    other = msgspec.structs.replace(row, paths=msgspec.msgpack.encode((("properties.*", "expired"),)))
    await world.house.commits.commit(Change("record", puts=(Put(DropList.TABLE, other),)))
    with pytest.raises(Tampered, match="drop_list: expected a list as this house writes it"):
        await why(world.house, "m-1")
    await world.house.commits.commit(Change("record", deletes=(Delete(DropList.TABLE, (row.day, row.id)),)))
    [said] = await why(world.house, "m-1")
    assert (said.code, said.kept, said.dropped) == ("LH-0001", None, ())


async def test_a_receipt_from_before_there_were_lists_is_told_as_ever(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await send(world, "backend", "Order Completed", message_id="m-1", order_id="A-1", ssn="1")
    [row] = await world.rows(Receipt)
    detail = msgspec.msgpack.encode((1, (("properties.*", "undeclared"),)))
    old = msgspec.structs.replace(row, detail=detail)
    await world.house.commits.commit(Change("record", puts=(Put(Receipt.TABLE, old),)))
    [said] = await why(world.house, "m-1")
    assert (said.kept, said.dropped) == (1, (("properties.*", "undeclared"),))


async def test_a_repeat_of_a_message_from_before_bodies_were_told_by_8_bytes_is_known(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    at = world.clock.now_ms()
    for channel in ("backend", "account"):
        await send(world, channel, "Order Completed", message_id="m-1", order_id="A-1", at=at)
    for row in await world.rows(Receipt):
        assert len(row.body) == 8
        longer = msgspec.structs.replace(row, body=row.body + bytes(8))
        await world.house.commits.commit(Change("record", puts=(Put(Receipt.TABLE, longer),)))
    same = await send(world, "backend", "Order Completed", message_id="m-1", order_id="A-1", at=at)
    other = await send(world, "account", "Order Completed", message_id="m-1", order_id="A-2", at=at)
    assert (same.code, other.code) == ("LH-0100", "LH-0101")
