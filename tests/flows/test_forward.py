"""Sending on: only what the recipient may have, in each person's order, at least once, and never what has ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Tampered, Unavailable
from lockhouse.flows import consent, forward
from lockhouse.model.ports import Answer
from lockhouse.model.rows import Note, Outbox, Record
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lockhouse.model.change import Change, Committed, Conflict

EMAIL, OTHER = "anna.schmidt@example.com", "bert.maier@example.org"

WITH_NOTES = (
    POLICY.replace(
        "events:\n", "  notes: {type: list, of: {text: text}, class: transactions, for: [analytics]}\nevents:\n", 1
    )
    .replace("fields: [device_id, order_total", "fields: [notes, device_id, order_total")
    .replace("order_id, order_total, country]", "order_id, order_total, country, notes]")
)


@dataclass
class Server:
    """A recipient's server that answers as told, and remembers what came."""

    answers: list[int | None] = field(default_factory=list)
    batches: list[dict[str, Any]] = field(default_factory=list)

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        assert url == "http://127.0.0.1:1/v1/batch"
        assert headers["Authorization"].startswith("Basic ")
        self.batches.append(msgspec.json.decode(body))
        answer = self.answers.pop(0) if self.answers else 200
        if answer is None:
            raise Unavailable("recipient: expected an answer, got none")
        return Answer(status=answer)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch["batch"]]


async def _order(world: World, number: int, email: str = EMAIL, **more: Any) -> bytes | None:
    sent = {"email": email, "order_id": f"A-{number}", "order_total": f"{number}.75", "name": "Anna"} | more
    return (await world.send("account", "Order Completed", **sent)).record


async def _round(world: World, server: Server) -> forward.Sent:
    return await forward.forward(world.house, "rudder", http=server, write_key="k")


async def _states(world: World) -> list[tuple[int, str | None]]:
    return [(row.state, row.reason) for row in sorted(await world.rows(Outbox), key=lambda row: row.id)]


async def test_only_what_the_recipient_may_have_leaves_the_house(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server()
    record = await _order(world, 1)
    assert record is not None
    sent = await _round(world, server)
    assert (sent.sent, sent.held) == (1, 0)
    [event] = server.events
    assert (event["type"], event["event"], event["messageId"]) == ("track", "Order Completed", record.hex())
    assert event["properties"] == {"order_total": "1.75"}
    told = str(server.batches)
    for held in (EMAIL, "A-1", "Anna", (await world.person(EMAIL)).hex()):
        assert held not in told
    assert len(await world.rows(Note)) == 1
    assert "disclosure" in await world.kinds()


async def test_it_is_sent_when_it_is_sent_and_not_when_it_happened(tmp_path: Path) -> None:
    """The other side takes the difference of the two clocks from `sentAt`: a backlog must not move by the outage."""
    world, server = await World.make(tmp_path), Server()
    await _order(world, 1)
    happened = world.clock.at
    world.clock.at += 3_600_000
    world.clock.run += 3_600
    await _round(world, server)
    [batch] = server.batches
    stamps = [
        datetime.fromisoformat(text).timestamp() * 1000 for text in (batch["batch"][0]["timestamp"], batch["sentAt"])
    ]
    assert stamps == [happened, world.clock.at]


async def test_what_may_not_be_sent_is_held_back_with_the_reason(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server()
    await _order(world, 1)
    await _order(world, 2, OTHER)
    await consent.record(world.house, await world.person(EMAIL), "analytics", granted=False)
    sent = await _round(world, server)
    assert (sent.sent, sent.held) == (1, 1)
    assert [event["properties"] for event in server.events] == [{"order_total": "2.75"}]
    assert await _states(world) == [(forward.HELD, "objected"), (forward.SENT, None)]


async def test_an_erased_persons_waiting_rows_are_held_back(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server()
    await _order(world, 1)
    await _order(world, 2, OTHER)
    await _order(world, 3)
    await world.erase(await world.person(EMAIL), now=False)
    await _round(world, server)
    assert [event["properties"] for event in server.events] == [{"order_total": "2.75"}]
    states = await _states(world)
    assert [state for state, _ in states] == [forward.HELD, forward.SENT, forward.HELD]
    assert {reason for state, reason in states if state == forward.HELD} <= {"erased", "being-erased"}


async def test_each_persons_events_arrive_in_order_though_the_server_fails_on_the_way(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server(answers=[503, None, 429, 401])
    for number in range(1, 7):
        await _order(world, number, (EMAIL, OTHER)[number % 2])
    for _ in range(20):
        sent = await _round(world, server)
        if not sent.waiting:
            break
        assert sent.wait_s > 0
        world.clock.pass_days(sent.wait_s / 86_400 + 1e-6)
    assert [event["properties"]["order_total"] for event in server.batches[-1]["batch"]] == [
        f"{number}.75" for number in range(1, 7)
    ]
    assert len(server.batches) == 5
    assert await _states(world) == [(forward.SENT, None)] * 6


async def test_a_crash_after_the_answer_sends_again_and_never_skips(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server()
    for number in range(1, 4):
        await _order(world, number)
    world.house.commits = _Dying(world)
    with pytest.raises(Unavailable):
        await _round(world, server)
    restarted = await world.second()
    assert (await _round(restarted, server)).sent == 3
    first, again = server.batches
    assert [event["messageId"] for event in first["batch"]] == [event["messageId"] for event in again["batch"]]
    assert await _states(world) == [(forward.SENT, None)] * 3
    assert (await _round(restarted, server)).sent == 0
    assert len(server.batches) == 2


class _Dying:
    """Commits of a process that dies when it is about to say that rows were sent."""

    def __init__(self, world: World) -> None:
        self._store = world.store

    async def commit(self, change: Change) -> Committed | Conflict:
        return await self._store.commit(change)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        if any(put.table == Outbox.TABLE for change in changes for put in change.puts):
            raise Unavailable("writer: expected an answer, got the end of the connection")
        return await self._store.commit_each(changes)

    async def scrub(self) -> None:
        await self._store.scrub()


async def test_what_a_server_refuses_for_good_is_kept_as_a_dead_letter_and_can_be_sent_again(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server(answers=[400])
    await _order(world, 1)
    assert (await _round(world, server)).dead == 1
    assert await forward.backlog(world.house, "rudder") == {"waiting": 0, "sent": 0, "held": 0, "dead": 1}
    assert await forward.requeue(world.house, "rudder") == 1
    assert (await _round(world, server)).sent == 1


@dataclass
class Choosy(Server):
    """A recipient's server that takes no large body, nor an order that it does not like, whatever is beside it."""

    most_bytes: int = 1 << 30
    refuses: str = "nothing"
    with_status: int = 400

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        if len(body) > self.most_bytes:
            self.answers.insert(0, 413)
        elif f'"order_total":"{self.refuses}"'.encode() in body:
            self.answers.insert(0, self.with_status)
        return await super().post(url, body=body, headers=headers)

    def taken(self) -> list[str]:
        return [event["properties"]["order_total"] for event in self.batches[-1]["batch"]]


async def test_one_event_that_is_refused_takes_no_others_along(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Choosy(refuses="6.75")
    for number in range(1, 11):
        await _order(world, number)
    taken: list[str] = []
    while (sent := await _round(world, server)).sent or sent.dead:
        taken += server.taken() if sent.sent else []
    assert taken == [f"{number}.75" for number in range(1, 11) if number != 6]
    states = await _states(world)
    assert states.pop(5) == (forward.DEAD, "answer-400")
    assert states == [(forward.SENT, None)] * 9
    assert await forward.requeue(world.house, "rudder") == 1


async def test_a_request_is_never_larger_than_its_server_takes(tmp_path: Path) -> None:
    """Whoever has a public key could else have everybody's orders refused with a few large events of their own."""
    world, server = await World.make(tmp_path, WITH_NOTES), Choosy(most_bytes=500_000)
    for number in range(1, 31):
        await _order(world, number, notes=[{"text": "x" * 4_000}] * 7)
    assert 10 < (await _round(world, server)).sent < 30
    while (await _round(world, server)).sent:
        continue
    assert await _states(world) == [(forward.SENT, None)] * 30
    assert len(server.batches) == 2


@pytest.mark.parametrize("answer", [None, 503, 429, 401])
async def test_a_recipient_that_is_away_for_long_loses_nothing(tmp_path: Path, answer: int | None) -> None:
    world, server = await World.make(tmp_path), Server(answers=[answer] * 40)
    for number in range(1, 4):
        await _order(world, number)
    waits = []
    for _ in range(40):
        sent = await _round(world, server)
        assert (sent.sent, sent.dead) == (0, 0)
        waits.append(sent.wait_s)
        world.clock.pass_days(sent.wait_s / 86_400 + 1e-6)
    assert waits == sorted(waits)
    while (await _round(world, server)).sent:
        pass
    assert await _states(world) == [(forward.SENT, None)] * 3
    assert [event["properties"]["order_total"] for event in server.events][-3:] == ["1.75", "2.75", "3.75"]


async def test_an_event_that_its_server_fails_on_is_given_up_when_it_fails_alone(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Choosy(refuses="1.75", with_status=500)
    for number in range(1, 4):
        await _order(world, number)
    for tried in range(forward.MAX_ATTEMPTS):
        sent = await _round(world, server)
        assert sent.dead == (tried == forward.MAX_ATTEMPTS - 1)
        world.clock.pass_days(sent.wait_s / 86_400 + 1e-6)
    assert server.taken() == ["1.75"]
    assert (await _round(world, server)).sent == 2
    assert await _states(world) == [(forward.DEAD, "answer-500"), *[(forward.SENT, None)] * 2]


async def test_a_long_backlog_is_counted_whole(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    many = forward.PAGE + 3
    await world.send_all(
        [
            ("backend", "Order Completed", {"email": EMAIL, "order_id": f"A-{n}", "order_total": "1.50"})
            for n in range(many)
        ]
    )
    assert (await forward.backlog(world.house, "rudder"))["waiting"] == many


async def test_a_tampered_record_does_not_keep_everybody_elses_events_from_going(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server()
    await _order(world, 1)
    await _order(world, 2, OTHER)
    record = await _record_of(world, EMAIL)
    world.plant(msgspec.structs.replace(record, boxes=record.boxes[:-1] + bytes([record.boxes[-1] ^ 1])))
    for _ in range(3):
        await _round(world, server)
    assert [event["properties"] for event in server.events] == [{"order_total": "2.75"}]
    assert await _states(world) == [(forward.DEAD, "tampered"), (forward.SENT, None)]


async def test_when_nothing_verifies_nothing_is_given_up(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server()
    await _order(world, 1)
    record = await _record_of(world, EMAIL)
    world.plant(msgspec.structs.replace(record, boxes=record.boxes[:-1] + bytes([record.boxes[-1] ^ 1])))
    with pytest.raises(Tampered):
        await _round(world, server)
    assert await _states(world) == [(forward.WAITING, None)]
    world.plant(record)
    assert (await _round(world, server)).sent == 1


async def _record_of(world: World, email: str) -> Record:
    person = await world.person(email)
    [record] = [row for row in await world.rows(Record) if row.person == person]
    return record


async def test_an_event_of_before_the_consent_is_not_sent_on_by_the_consent_of_later(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), Server()
    await world.send("account", "Order Completed", email=EMAIL, order_total="1.75", consent={"Analytics": False})
    world.clock.at += 1
    await consent.record(world.house, await world.person(EMAIL), "analytics", granted=True)
    await _round(world, server)
    assert server.events == []
    assert await _states(world) == [(forward.HELD, "nothing-may-be-sent")]
