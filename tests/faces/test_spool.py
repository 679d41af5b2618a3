"""Events that wait while a store is away: what is set aside, and what decides about it when it comes back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.adapters.spool_file import FILE
from lockhouse.errors import Tampered, Unavailable
from lockhouse.faces.serve.collector import CACHED_S, HouseCollector
from lockhouse.faces.serve.desk import Answers
from lockhouse.faces.serve.draining import Draining
from lockhouse.faces.serve.spool import FULL, Spool
from lockhouse.flows.channel import make_credential
from lockhouse.gates.facts import facts_of_persons
from lockhouse.model import codes
from lockhouse.model.event import Batch, Fault, Reply
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Record
from lockhouse.wiring_spool import spool_file
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from lockhouse.faces.serve.draining import Decide
    from lockhouse.model.change import Change
    from lockhouse.model.ports import Commits

MB = 1 << 20


class Away:
    """Commits of a store that can be taken away."""

    def __init__(self, inner: Commits) -> None:
        self._inner = inner
        self.is_away = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def commit(self, change: Change) -> Any:
        [answer] = await self.commit_each([change])
        return answer

    async def commit_each(self, changes: Sequence[Change]) -> Any:
        await self.goes_on.wait()
        if self.is_away:
            raise Unavailable("store: expected one that answers, got none")
        return await self._inner.commit_each(changes)

    async def scrub(self) -> None:
        await self._inner.scrub()


class NoReads:
    """A store that cannot be read."""

    def __getattr__(self, name: str) -> Any:
        raise Unavailable("store: expected one that can be read, got none")


@dataclass
class House:
    """A world that collects, with a spool."""

    world: World
    store: Away
    folder: Path
    spool: Spool
    collector: HouseCollector
    incidents: list[BaseException]

    async def send(self, event: str = "Order Completed", *, channel: str = "backend", **values: Any) -> Reply:
        [reply] = await self.collector.collect(self.world.batch(channel, event, values))
        return reply

    def draining(self, decide: Decide | None = None) -> Draining:
        return Draining(
            self.spool, self.world.house, decide=decide or self.collector.decide,
            on_incident=lambda _, error: self.incidents.append(error),
        )  # fmt: skip

    async def come_back(self, decide: Decide | None = None) -> None:
        """The store is there again, and what waits is brought in."""
        self.store.is_away = False
        assert await self.spool.take_hold()
        await self.draining(decide).drain()
        await self.spool.let_go()
        assert not self.spool.waits()

    async def records(self) -> list[Record]:
        return await self.world.rows(Record)

    def size(self) -> int:
        return (self.folder / FILE).stat().st_size


async def make(folder: Path, *, policy: str = POLICY, most_bytes: int = MB) -> House:
    world = await World.make(folder, policy)
    store = Away(world.house.commits)
    world.house.commits = store
    file = spool_file(folder, world.house, most_bytes=most_bytes)
    assert file is not None
    spool = Spool(file, world.clock)
    collector = HouseCollector(world.house, Answers(), spool=spool)
    return House(world, store, folder, spool, collector, [])


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = await make(tmp_path)
    yield made
    made.spool.close()


async def test_what_cannot_be_stored_is_accepted_and_stored_later_as_of_when_it_came_in(house: House) -> None:
    house.store.is_away = True
    came_at = house.world.clock.now_ms()
    reply = await house.send(email="anna@example.com", order_id="o-1")
    assert (reply.outcome, reply.code) == ("accepted", "LH-0300")
    assert (house.collector.spooling(), house.collector.ready()) == (True, [])
    assert b"anna" not in (house.folder / FILE).read_bytes()
    house.world.clock.pass_days(0.5)
    await house.come_back()
    [record] = await house.records()
    assert (record.received_at, record.occurred_at) == (came_at, came_at)
    assert (house.spool.counts["taken"], house.spool.counts["drained"]) == (1, 1)
    assert not house.collector.spooling()


async def test_whoever_comes_while_others_wait_goes_behind_them(house: House) -> None:
    house.store.is_away = True
    await house.send("identify", email="anna@example.com", consent={"Analytics": False})
    house.store.is_away = False
    later = await house.send("identify", email="anna@example.com", consent={"Analytics": True})
    assert later.code == "LH-0300"
    assert await house.records() == []
    await house.come_back()
    person = await house.world.person("anna@example.com")
    facts = await facts_of_persons(house.world.house, {person})
    assert facts[person].consents["analytics"] is False


async def test_an_event_without_a_message_id_that_is_brought_back_twice_is_stored_once(house: House) -> None:
    house.store.is_away = True
    await house.send(email="anna@example.com")
    raw = (house.folder / FILE).read_bytes()
    await house.come_back()
    (house.folder / FILE).write_bytes(raw)  # as after a kill just before the file was emptied
    await house.come_back()
    assert len(await house.records()) == 1


async def test_a_no_that_came_between_counts(house: House) -> None:
    await house.send("identify", email="anna@example.com", consent={"Advertising": True})
    house.store.is_away = True
    house.world.clock.pass_days(0.1)
    await house.send("identify", email="anna@example.com", name="Anna", consent={"Advertising": True})
    house.world.clock.pass_days(0.1)
    house.store.is_away = False
    no = house.world.batch("backend", "identify", {"email": "anna@example.com", "consent": {"Advertising": False}})
    await house.collector.decide(no)
    await house.come_back()
    [view] = await house.world.find("anna@example.com", role="marketer", purpose="marketing")
    assert view.refused == ("no-consent",)
    assert {field.state for field in view.fields.values()} == {"shut"}


@pytest.mark.parametrize("ahead_ms", [0, DAY_MS])
async def test_who_was_erased_meanwhile_is_not_brought_back(house: House, ahead_ms: int) -> None:
    """Nor by a sender whose clock is ahead: what came in before did not happen after."""
    await house.send(email="anna@example.com")
    house.store.is_away = True
    at = house.world.clock.now_ms() + ahead_ms
    await house.send(email="anna@example.com", order_id="o-2", at=at)
    house.store.is_away = False
    house.world.clock.pass_days(0.1)
    await house.world.erase(await house.world.person("anna@example.com"))
    house.world.clock.pass_days(0.1)
    await house.come_back()
    assert await house.world.indexes("anna@example.com") == []


async def erase_contact(world: World, person: bytes, *, now: bool) -> None:
    ring = world.house.keyring.serials(person)
    parts = [one for one in world.house.live().policy.compartments if one.class_ == "contact" and one.id in ring]
    assert parts
    for part in parts:
        await world.erase(person, compartment=part.name, now=now)


@pytest.mark.parametrize("is_destroyed", [False, True])
async def test_of_a_part_that_was_erased_meanwhile_nothing_is_brought_back_and_of_the_others_all(
    house: House, *, is_destroyed: bool
) -> None:
    """Whether its keys are destroyed by then, or it is only shut."""
    world, anna = house.world, "anna@example.com"
    await house.send(email=anna, order_id="o-1", order_total="3.00")
    person = await world.person(anna)
    house.store.is_away = True
    world.clock.pass_days(0.01)
    await house.send(email=anna, phone="+390612345678", order_id="o-2", order_total="7.00")
    house.store.is_away = False
    world.clock.pass_days(0.1)
    await erase_contact(world, person, now=is_destroyed)
    world.clock.pass_days(0.01)
    await house.come_back()
    view = await world.reveal(person)
    shown = {name: field.value for name, field in view.fields.items() if field.state == "open"}
    assert shown == {"order_id": "o-2"}
    assert len(await house.records()) == 2
    assert await world.indexes("+390612345678", by="phone") == [], "nor can they be found by what is not kept"


async def test_what_came_in_after_a_part_was_erased_is_brought_back_into_it_and_what_came_before_is_refused(
    house: House,
) -> None:
    world, anna = house.world, "anna@example.com"
    await house.send(email=anna, order_id="o-1")
    person = await world.person(anna)
    house.store.is_away = True
    await house.send("identify", email=anna, name="Before")
    house.store.is_away = False
    world.clock.pass_days(0.01)
    await erase_contact(world, person, now=True)
    replies: list[str] = []

    async def told(batch: Batch) -> Sequence[Reply]:
        answers = await house.collector.decide(batch)
        replies.extend(reply.code for reply in answers)
        return answers

    await house.come_back(told)
    assert replies == [codes.ERASED_BEFORE]
    world.clock.pass_days(0.01)
    house.store.is_away = True
    await house.send("identify", email=anna, name="After")
    await house.come_back()
    assert (await world.reveal(person)).fields["name"].value == "After"


async def test_the_policy_that_rules_when_it_comes_back_decides(house: House) -> None:
    house.store.is_away = True
    await house.send(email="anna@example.com", phone="+390612345678")
    house.store.is_away = False
    await house.world.approve(POLICY.replace("Order Completed: [email, phone,", "Order Completed: [email,"))
    await house.come_back()
    assert len(await house.records()) == 1
    assert await house.world.indexes("+390612345678", by="phone") == []


async def test_what_must_not_be_kept_any_longer_when_it_comes_back_is_not_stored(tmp_path: Path) -> None:
    days = POLICY.replace("keep: 24 months after last_activity", "keep: 1 days after event", 1).replace(
        "keep: 84 months after event", "keep: 1 days after event"
    )
    house = await make(tmp_path, policy=days)
    house.store.is_away = True
    await house.send(email="anna@example.com", order_id="o-1")
    house.world.clock.pass_days(2)
    await house.come_back()
    assert await house.records() == []
    house.spool.close()


async def test_nothing_of_a_channel_that_is_observed_is_set_aside(tmp_path: Path) -> None:
    observed = POLICY.replace("backend: {kind: segment, key: secret, stage: live}",
                              "backend: {kind: segment, key: secret, stage: observe}")  # fmt: skip
    house = await make(tmp_path, policy=observed)
    house.store.is_away = True
    with pytest.raises(Unavailable):
        await house.send(email="anna@example.com")
    assert house.size() == 0
    assert (await house.send(channel="account", email="anna@example.com")).code == "LH-0300"
    house.store.is_away = False
    assert (await house.send(email="anna@example.com")).code == "LH-0002", "a count overtakes nobody's word"
    house.spool.close()


async def test_nothing_is_set_aside_while_the_clock_is_in_doubt(house: House) -> None:
    house.store.is_away = True
    house.world.clock.jump_days(40)
    with pytest.raises(Unavailable, match="clock: expected"):
        await house.send(email="anna@example.com")
    assert house.size() == 0
    assert "clock: expected" in house.collector.ready()[0]


async def test_a_full_spool_refuses_and_says_so(tmp_path: Path) -> None:
    house = await make(tmp_path, most_bytes=3_000)
    house.store.is_away = True
    sent = (house.send(email=f"person-{number}@example.com") for number in range(20))
    answers = await asyncio.gather(*sent, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert {error.text for error in refused} == {FULL}
    assert len(refused) == 20 - house.spool.counts["taken"]
    assert 0 < house.size() <= 3_000
    assert FULL in house.collector.ready()[0]
    await house.come_back()
    assert len(await house.records()) == house.spool.counts["taken"] > 0
    house.spool.close()


async def test_a_key_that_was_good_is_good_while_nobody_can_look_it_up_and_another_is_not(house: House) -> None:
    world = house.world
    keys = [await make_credential(world.house, "backend", by="os-user:0") for _ in range(2)]
    known, unknown = [key.reveal().decode() for key in keys]  # house: allow no-reveal: the test is shown them
    sender = await house.collector.authenticate(known)
    world.clock.run += CACHED_S + 1
    reads, world.house.reads = world.house.reads, NoReads()
    assert await house.collector.authenticate(known) == sender
    with pytest.raises(Unavailable):
        await house.collector.authenticate(unknown)
    world.house.reads = reads


async def test_an_item_that_cannot_be_read_is_told_so_and_the_others_wait(house: House) -> None:
    house.store.is_away = True
    batch = house.world.batch("backend", "Order Completed", {"email": "anna@example.com"})
    fault = Fault(code="LH-1003", where="/type", expected="a type", message_id="m-1")
    both = Batch(
        channel=batch.channel, assurance=batch.assurance, credential=batch.credential,
        received_at=batch.received_at, items=[fault, *batch.items],
    )  # fmt: skip
    assert [reply.code for reply in await house.collector.collect(both)] == ["LH-1003", "LH-0300"]
    await house.come_back()
    assert len(await house.records()) == 1


async def test_who_waits_for_a_writer_that_stands_still_is_set_aside_and_stored_once_when_it_goes_on(
    house: House,
) -> None:
    house.store.goes_on.clear()
    waiting = [asyncio.create_task(house.send(email=f"person-{number}@example.com")) for number in range(3)]
    await asyncio.sleep(0.05)
    late = asyncio.create_task(house.send(email="late@example.com"))
    await asyncio.sleep(0.05)
    house.collector.give_up()
    assert {(await task).code for task in (*waiting, late)} == {"LH-0300"}
    house.store.goes_on.set()  # what was under way is committed after all
    await asyncio.sleep(0.05)
    assert len(await house.records()) == 3
    await house.come_back()
    assert len(await house.records()) == 4


async def test_many_requests_share_one_write(house: House) -> None:
    house.store.is_away = True
    replies = await asyncio.gather(*(house.send(email=f"person-{n}@example.com") for n in range(40)))
    assert {reply.code for reply in replies} == {"LH-0300"}
    await house.come_back()
    assert len(await house.records()) == 40


async def test_what_can_never_be_decided_holds_nobody_up(house: House) -> None:
    house.store.is_away = True
    for number in range(3):
        await house.send(email=f"person-{number}@example.com")
    raw = bytearray((house.folder / FILE).read_bytes())
    raw[-1_000 if len(raw) > 2_000 else len(raw) // 2] ^= 1
    (house.folder / FILE).write_bytes(raw)
    decide = house.collector.decide

    async def poisoned(batch: Batch) -> Sequence[Reply]:
        if b"person-2" in msgspec.json.encode(batch.items):
            raise Tampered("row: expected one of ours")
        return await decide(batch)

    await house.come_back(poisoned)
    assert len(await house.records()) == 1
    assert house.spool.counts["failed"] == 2
    assert [type(error) for error in house.incidents] == [Tampered]


async def test_the_task_brings_back_by_itself_what_waits(house: House) -> None:
    house.store.is_away = True
    await house.send(email="anna@example.com")
    task = asyncio.create_task(house.draining().run())
    house.store.is_away = False
    for _ in range(200):
        await asyncio.sleep(0.02)
        if not house.spool.waits():
            break
    task.cancel()
    assert len(await house.records()) == 1
