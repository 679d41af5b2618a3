"""What an item says of persons is said once, whatever moves while it is on its way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import Unavailable
from lockhouse.flows import consent, link
from lockhouse.gates.collect.foresee import Foresight
from lockhouse.gates.facts import SEAL_ENDING
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.change import Change, Committed, Conflict, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Consent, Drop, LedgerEntry, Link, Person, Receipt, Record, Seal
from tests.flows.test_regions import region
from tests.world import POLICY, Away, Stopped, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from lockhouse.model.change import Committed, Conflict
    from lockhouse.model.ports import Commits

EMAIL, PHONE = "anna@example.com", "+4930123456"


class Between:
    """Commits in which something happens once, after the first identity commit and before the record's."""

    def __init__(self, inner: Commits, happens: Callable[[], Awaitable[object]]) -> None:
        self._inner = inner
        self._happens: Callable[[], Awaitable[object]] | None = happens

    async def commit(self, change: Change) -> Committed | Conflict:
        return await self._inner.commit(change)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        answers = await self._inner.commit_each(changes)
        happens, self._happens = self._happens, None if changes[0].store == "identity" else self._happens
        if happens is not None and self._happens is None:
            await happens()
        return answers

    async def scrub(self) -> None:
        await self._inner.scrub()


async def _move_seal(world: World, person: bytes, *, to: int) -> None:
    await world.store.commit(Change("record", puts=(Put(Seal.TABLE, Seal(person, to, 0)),)))


async def _entries(world: World) -> set[bytes]:
    return {row.id for row in await world.rows(LedgerEntry)}


async def test_a_word_is_in_the_ledger_although_its_record_had_to_be_tried_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", order_total="1")
    person = await world.person(EMAIL)
    world.house.commits = Between(world.store, lambda: _move_seal(world, person, to=1))
    sent = await world.send("account", "Order Completed", email=EMAIL, order_id="A-2", consent={"Analytics": False})
    assert sent.outcome in {"stored", "trimmed"}
    [word] = await world.rows(Consent)
    assert word.entry in await _entries(world)
    [seal] = await world.rows(Seal)
    assert seal.version == 2, "another process that had decided by no word must notice"


async def test_a_link_is_in_the_ledger_although_its_record_had_to_be_tried_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await world.send("account", "Order Completed", phone=PHONE, order_id="A-2")

    async def move() -> None:
        for who, by in ((EMAIL, "email"), (PHONE, "phone")):
            await _move_seal(world, await world.person(who, by=by), to=1)

    world.house.commits = Between(world.store, move)
    sent = await world.send("account", "Order Completed", email=EMAIL, phone=PHONE, order_id="A-3")
    assert sent.outcome in {"stored", "trimmed"}
    [link] = await world.rows(Link)
    assert link.entry in await _entries(world)
    [said] = [body for row in await world.rows(LedgerEntry) if (body := parse_entry(row.body).body).KIND == "link"]
    assert said is not None


async def test_what_another_process_told_first_is_not_told_again_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await world.send("account", "Order Completed", phone=PHONE, order_id="A-2")
    other = await world.second()
    both = {"email": EMAIL, "phone": PHONE}
    world.house.commits = Between(
        world.store, lambda: other.send("account", "Order Completed", **both, order_id="A-3", order_total="1")
    )
    sent = await world.send("account", "Order Completed", **both, order_id="A-4", consent={"Analytics": False})
    assert sent.outcome in {"stored", "trimmed"}
    kinds = await world.kinds()
    assert (kinds.count("consent"), kinds.count("link"), len(await world.rows(Record))) == (1, 1, 4)


async def test_telling_never_opens_the_seal_of_somebody_whose_ending_began_at_the_same_version(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    person = await world.person(EMAIL)
    await _move_seal(world, person, to=1)
    stopped = world.house.commits = Stopped(world.store)
    telling = asyncio.create_task(consent.record(world.house, person, "marketing", granted=False))
    await stopped.reached.wait()
    await world.store.commit(Change("record", puts=(Put(Seal.TABLE, Seal(person, 1, SEAL_ENDING)),)))
    stopped.go_on.set()
    await telling
    assert await world.rows(Seal) == [Seal(person, 2, SEAL_ENDING)]


async def test_a_word_whose_speaker_ended_meanwhile_goes_with_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    person = await world.person(EMAIL)
    world.house.commits = Between(world.store, lambda: other.erase(person))
    sent = await world.send("account", "Order Completed", email=EMAIL, order_id="A-2", consent={"Analytics": False})
    assert sent.outcome in {"stored", "trimmed", "refused"}
    entries = await _entries(world)
    assert all(word.entry in entries for word in await world.rows(Consent))
    assert person not in {word.person for word in await world.rows(Consent)}


@pytest.mark.parametrize("backwards", [False, True])
async def test_two_events_of_one_person_in_one_request_both_count(tmp_path: Path, *, backwards: bool) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", at=world.clock.at)
    world.clock.pass_days(3)
    await world.new_epochs()
    today = world.clock.at - world.clock.at % DAY_MS
    late = ("account", "Order Completed", {"email": EMAIL, "order_id": "A-2", "at": world.clock.at, "country": "DE"})
    early = ("account", "Order Completed", {"email": EMAIL, "order_id": "A-3", "at": world.clock.at - 2 * DAY_MS})
    await world.send_all([early, late] if backwards else [late, early])
    [row] = await world.rows(Person)
    assert (row.active_at, await region(world, EMAIL)) == (today, "de")


async def test_a_process_with_an_older_view_of_a_person_takes_nothing_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    other = await world.second()
    for place in (world, other):  # both have read the person as they were
        await place.find(EMAIL)
    world.clock.pass_days(1)
    await world.new_epochs()
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-2", country="DE")
    await other.send("account", "Order Completed", email=EMAIL, order_id="A-3")
    assert [await region(place, EMAIL) for place in (world, other)] == ["de", "de"]


async def test_what_a_store_that_went_away_cut_off_is_told_with_the_senders_retry(tmp_path: Path) -> None:
    """The word stands in one store and its entry and seal are missing in the other: the next item brings them."""
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", order_total="1")
    await world.send("account", "Order Completed", phone=PHONE, order_id="A-2")
    other = await world.second()
    both = {"email": EMAIL, "phone": PHONE, "order_id": "A-3", "order_total": "1", "message_id": "m-3"}
    assert (await other.send("account", "Order Completed", email=EMAIL, order_id="B-1")).outcome != "refused"
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await world.send("account", "Order Completed", **both, consent={"Analytics": False})
    [word], [link] = await world.rows(Consent), await world.rows(Link)
    assert {word.entry, link.entry}.isdisjoint(await _entries(world))
    await world.send("account", "Order Completed", **both, consent={"Analytics": False})
    assert {word.entry, link.entry} <= await _entries(world)
    assert len(await world.rows(Consent)) == len(await world.rows(Link)) == 1
    reply = await other.send("account", "identify", email=EMAIL, device_id="tablet-0042", loyalty_id="L-7001234")
    assert ("properties.device_id", "no-consent") in reply.dropped or (
        "properties.device_id",
        "objected",
    ) in reply.dropped


async def test_a_link_whose_undoing_was_cut_off_is_told_as_ended(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1")
    await world.send("account", "Order Completed", phone=PHONE, order_id="A-2")
    both = {"email": EMAIL, "phone": PHONE}
    await world.send("account", "Order Completed", **both, order_id="A-3")
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await link.undo(world.house, await world.person(EMAIL), await world.person(PHONE, by="phone"), by="os-user:0")
    await world.send("account", "Order Completed", **both, order_id="A-4")
    [row] = await world.rows(Link)
    told = {one.id: parse_entry(one.body).body.body() for one in await world.rows(LedgerEntry)}
    assert row.undone_at is not None
    assert told[row.entry]["change"] == "ended"


async def test_an_old_message_that_comes_again_on_a_shared_tablet_says_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("web", "page", device_id="tablet-0042", page_path="/")
    first = {"email": EMAIL, "device_id": "tablet-0042", "message_id": "m-1", "at": world.clock.at}
    await world.send("account", "identify", **first)
    await world.send("account", "identify", email="bob@example.com", device_id="tablet-0042")
    before = await world.kinds()
    for _ in range(3):
        assert (await world.send("account", "identify", **first)).outcome == "duplicate"
    assert await world.kinds() == before


async def test_a_devices_older_link_is_not_written_again_once_its_person_is_erased(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await world.send("web", "page", device_id="tablet-0042", page_path="/")
    await world.send("account", "identify", email=EMAIL, device_id="tablet-0042")
    person = await world.person(EMAIL)
    stopped = world.house.commits = Stopped(world.store, store="identity")
    coming = asyncio.create_task(world.send("account", "identify", email="bob@example.com", device_id="tablet-0042"))
    await stopped.reached.wait()
    await other.erase(person)
    stopped.go_on.set()
    assert (await coming).outcome in {"stored", "trimmed"}
    assert person not in {end for row in await world.rows(Link) for end in (row.a, row.b)}


async def test_a_refusal_is_remembered_although_nothing_of_its_event_is_kept(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    yes = {"Advertising": True, "Analytics": True}
    await world.send("account", "identify", device_id="tablet-0042", consent=yes)
    await world.send("account", "identify", device_id="tablet-0042", consent=yes)
    world.clock.at += 1
    no = {"device_id": "tablet-0042", "page_path": "/", "consent": dict.fromkeys(yes, False)}
    assert (await world.send("account", "page", **no)).outcome == "refused"
    words = [row for row in await world.rows(Consent) if row.state == 0]
    assert len(words) == 2
    assert {row.entry for row in words} <= await _entries(world)
    other = await world.second()
    for place in (world, other):
        assert (await place.send("account", "page", device_id="tablet-0042", page_path="/")).outcome == "refused"
    before = await world.kinds()
    assert (await world.send("account", "page", **no)).outcome == "refused"
    assert await world.kinds() == before


class Slow:
    """Commits that take three seconds each."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def commit(self, change: Change) -> Committed | Conflict:
        [answer] = await self.commit_each([change])
        return answer

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        self._world.clock.pass_days(3_000 / DAY_MS)
        return await self._world.store.commit_each(changes)

    async def scrub(self) -> None:
        await self._world.store.scrub()


async def test_a_store_that_takes_seconds_for_each_commit_refuses_nobody(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    world.house.commits = Slow(world)
    for number in range(3):
        reply = await world.send("backend", "Order Completed", email=f"p{number}@example.com", order_id=f"A-{number}")
        assert reply.outcome == "stored"


async def test_an_event_that_was_refused_as_unknown_is_decided_anew_once_the_policy_names_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    told = {"email": EMAIL, "order_id": "Q-1", "message_id": "quiz"}
    assert (await world.send("backend", "Quiz Done", **told)).code == "LH-2120"
    before = await world.rows(Drop)
    assert (await world.send("backend", "Quiz Done", **told)).code == "LH-0100"
    assert await world.rows(Drop) == before, "a repeat is counted once"
    await world.approve(POLICY.replace("  Order Completed: [", "  Quiz Done: [email, order_id]\n  Order Completed: ["))
    batch = world.batch("backend", "Quiz Done", told)
    [foreseen] = await Foresight(world.house).foresee(batch)
    stored = await world.send("backend", "Quiz Done", consent={"Advertising": True}, **told)
    assert (foreseen.reply.code, stored.code) == ("LH-0000", "LH-0000")
    [receipt] = await world.rows(Receipt)
    assert (receipt.record, receipt.code) == (stored.record, "0")
    assert (await world.send("backend", "Quiz Done", consent={"Advertising": True}, **told)).code == "LH-0100"
    assert (await world.send("backend", "Quiz Done", **told | {"order_id": "Q-2"})).code == "LH-0101"
    assert len(await world.rows(Record)) == 1
    assert await world.findings() == []


async def test_a_refusal_in_an_event_that_was_unknown_before_is_heard_when_it_comes_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    yes = {"Advertising": True, "Analytics": True}
    await world.send("account", "identify", device_id="tablet-0042", consent=yes)
    await world.send("account", "identify", device_id="tablet-0042", consent=yes)
    world.clock.at += 1
    no = {"device_id": "tablet-0042", "page_path": "/", "consent": dict.fromkeys(yes, False), "message_id": "no"}
    assert (await world.send("account", "Page Left", **no)).code == "LH-2120"
    await world.approve(
        POLICY.replace("  Order Completed: [", "  Page Left: [device_id, page_path]\n  Order Completed: [")
    )
    assert (await world.send("account", "Page Left", **no)).code == "LH-2107", "nothing of it is kept"
    assert sorted(row.state for row in await world.rows(Consent)) == [0, 0, 1, 1]
    assert (await world.send("account", "Page Left", **no)).code == "LH-0100"
