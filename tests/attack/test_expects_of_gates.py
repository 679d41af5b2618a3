"""What gates and flows expect of the world when they write: a process that was stopped in between goes on too late.

Each test stops a process right before a commit, lets another one act, and lets it go on. Without the expectation that
the test is about, what it wrote would stand.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import NotFound, Unavailable
from lockhouse.flows import consent, forward, link
from lockhouse.gates.collect.write import LEASE_MS
from lockhouse.model.ids import DAY_MS
from lockhouse.model.ports import Answer
from lockhouse.model.rows import Consent, EpochKey, KeyRing, Limbo, Link, Outbox, Person, Record
from tests.flows.held import Conflicts
from tests.world import POLICY, Away, Stopped, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping
    from pathlib import Path

EMAIL, PHONE = "anna.schmidt@example.com", "+4930765432"
BROADER = POLICY.replace(
    "  order_id:", "  shoe_size: {type: text, class: profile, for: [fulfilment]}\n  order_id:", 1
).replace("identify: [email,", "identify: [shoe_size, email,")


class Late:
    """A process that is stopped before its next commit (or the `nth`) to one store until the others have acted."""

    def __init__(self, world: World, *, store: str, nth: int = 1) -> None:
        self.world = world
        self._stopped = Stopped(world.store, store=store, nth=nth)
        self.conflicts = Conflicts(self._stopped)
        world.house.commits = self.conflicts

    async def across(self, doing: Awaitable[Any], happens: Awaitable[Any]) -> Any:
        """What its doing came to, when this happened meanwhile."""
        task = asyncio.ensure_future(doing)
        await self._stopped.reached.wait()
        await happens
        self._stopped.go_on.set()
        return await task


async def test_what_a_former_policy_let_in_is_not_kept_after_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    late = Late(await world.second(), store="record")
    narrower = POLICY.replace("page: [device_id, page_path]", "page: [device_id]")
    page = late.world.send("web", "page", device_id="tablet-0042", page_path="/secret")
    await late.across(page, world.approve(narrower))
    [record] = await world.rows(Record)
    names = world.house.live().names
    filled = [str(names.name("compartment", box.compartment)) for box in decode_boxes(record.boxes)]
    assert record.policy == world.house.live().version
    assert not any(name.startswith("behaviour") for name in filled)
    assert late.conflicts.seen == ["policy-moved"]


async def test_two_processes_that_meet_somebody_new_at_once_make_one_person(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    late = Late(await world.second(), store="identity")
    orders = [place.send("account", "Order Completed", email=EMAIL, order_id="A-1") for place in (late.world, world)]
    await late.across(*orders)
    assert {row.person for row in await world.rows(Record)} == {await world.person(EMAIL)}
    assert len(await world.rows(Person)) == 1
    assert late.conflicts.seen == ["index-taken"]


async def test_somebody_new_whose_address_is_suppressed_meanwhile_is_made_without_a_yes(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    late = Late(await world.second(), store="identity")
    order = late.world.send("account", "Order Completed", email=EMAIL, order_id="A-1", consent={"Advertising": True})
    await late.across(order, _suppressed(world))
    assert {(row.state, row.signal) for row in await world.rows(Consent)} == {(0, "suppression")}
    assert late.conflicts.seen == ["suppression-moved"]


async def test_somebody_new_who_says_nothing_is_not_made_behind_a_suppression_of_theirs(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    late = Late(await world.second(), store="identity")
    order = late.world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await late.across(order, _suppressed(world))
    assert {(row.state, row.signal) for row in await world.rows(Consent)} == {(0, "suppression")}
    assert late.conflicts.seen == ["suppression-moved"]


async def test_a_yes_of_somebody_known_does_not_outlive_a_suppression_from_meanwhile(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", phone=PHONE, order_id="A-1")
    late = Late(await world.second(), store="identity")
    both = {"email": EMAIL, "phone": PHONE, "consent": {"Advertising": True}}
    order = late.world.send("account", "Order Completed", **both, order_id="A-2")
    await late.across(order, _suppressed(world))
    assert {(row.state, row.signal) for row in await world.rows(Consent)} == {(0, "suppression")}
    assert late.conflicts.seen == ["suppression-moved"]


async def _suppressed(world: World) -> None:
    await consent.suppress(world.house, "email", EMAIL, purposes=[], reason="asked", by="os-user:1000")


async def test_a_link_that_was_cut_off_is_told_by_one_process_alone(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await world.send("account", "Order Completed", phone=PHONE, order_id="A-2")
    both = {"email": EMAIL, "phone": PHONE}
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await world.send("account", "Order Completed", **both, order_id="A-3")
    late = Late(await world.second(), store="record")
    orders = [
        place.send("account", "Order Completed", **both, order_id=f"B-{at}")
        for at, place in enumerate((late.world, world))
    ]
    await late.across(*orders)
    assert (await world.kinds()).count("link") == len(await world.rows(Link)) == 1
    assert late.conflicts.seen == ["told"]


async def test_a_link_to_somebody_who_ended_meanwhile_does_not_stand(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    late = Late(await world.second(), store="identity")
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await world.send("account", "Order Completed", phone=PHONE, order_id="A-2")
    both = late.world.send("account", "Order Completed", email=EMAIL, phone=PHONE, order_id="A-3", at=_later(world))
    other = await world.person(PHONE, by="phone")
    await late.across(both, world.erase(other))
    assert [row for row in await world.rows(Link) if other in (row.a, row.b)] == []
    assert (await world.reveal(await world.person(EMAIL))).refused == ()
    assert late.conflicts.seen == ["ring-moved"]


async def test_a_ring_that_gets_a_key_does_not_bring_its_ended_person_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=EMAIL)
    person = await world.person(EMAIL)
    await world.approve(BROADER)
    late = Late(await world.second(), store="identity")
    sent = late.world.send("account", "identify", email=EMAIL, shoe_size="42", at=_later(world))
    await late.across(sent, world.erase(person))
    assert person not in {row.person for row in await world.rows(KeyRing)}
    assert person not in {row.person for row in await world.rows(Limbo)}
    assert late.conflicts.seen[0] == "ring-moved"


async def test_a_write_that_comes_after_its_lease_is_sealed_anew(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    late = Late(await world.second(), store="record")

    async def time_goes_by() -> None:
        world.clock.pass_days((LEASE_MS + 1) / DAY_MS)

    reply = await late.across(late.world.send("account", "identify", email=EMAIL), time_goes_by())
    assert late.conflicts.seen == ["deadline"]
    assert [row.id for row in await world.rows(Record)] == [reply.record]


async def test_an_epoch_that_another_process_has_begun_keeps_its_key(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    late = Late(await world.second(), store="identity")
    world.clock.pass_days(70)

    async def sealed() -> None:
        await world.new_epochs()
        await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")

    await late.across(late.world.new_epochs(), sealed())
    third = await world.second()
    assert (await third.reveal(await world.person(EMAIL))).fields["order_id"].value == "A-1"
    assert set(late.conflicts.seen) == {"epoch-taken"}
    assert len({row.serial for row in await world.rows(EpochKey)}) == len(await world.rows(EpochKey))


async def test_a_word_to_staff_does_not_stay_behind_somebody_who_ended_meanwhile(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=EMAIL)
    person = await world.person(EMAIL)
    late = Late(await world.second(), store="identity")
    word = consent.record(late.world.house, person, "marketing", granted=False)
    with pytest.raises(NotFound, match="person: expected a living person"):
        await late.across(word, world.erase(person))
    assert await world.rows(Consent) == []


async def test_a_link_by_staff_does_not_stay_behind_somebody_who_ended_meanwhile(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "identify", email=EMAIL)
    await world.send("account", "identify", phone=PHONE)
    one, other = await world.person(EMAIL), await world.person(PHONE, by="phone")
    late = Late(await world.second(), store="identity")
    with pytest.raises(NotFound, match="person: expected a living person"):
        await late.across(link.make(late.world.house, one, other, by="os-user:1000"), world.erase(other))
    assert await world.rows(Link) == []


async def test_a_worker_that_was_stopped_takes_no_sent_event_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", order_total="12")
    late = Late(await world.second(), store="record", nth=2)  # past the note of what is shown
    failed, took = Recipient(503), Recipient(200)
    await late.across(_round(late.world, failed), _round(world, took))
    assert (failed.asked, took.asked) == (1, 1)
    assert (await forward.backlog(world.house, "rudder"))["waiting"] == 0
    world.clock.pass_days(1)
    await _round(world, took)
    assert took.asked == 1
    assert len(await world.rows(Outbox)) == 1


class Recipient:
    """A recipient's server that always answers the same."""

    def __init__(self, status: int) -> None:
        self._status = status
        self.asked = 0

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:  # noqa: ARG002  # the port's
        self.asked += 1
        return Answer(status=self._status)


async def _round(world: World, server: Recipient) -> forward.Sent:
    return await forward.forward(world.house, "rudder", http=server, write_key="k")


def _later(world: World) -> int:
    """Of an event that happens after the erasure was asked for."""
    return world.clock.now_ms() + 60_000
