"""What a crash between the two commits left untold is told once, also of whoever never comes again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Unavailable
from lockhouse.flows import hold, link, request
from lockhouse.flows.tell import CHUNK, Told, tell_untold
from lockhouse.gates.authority import signed
from lockhouse.gates.ending import begin_person
from lockhouse.gates.holds import draft_of, terms_of
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Consent, KeyRing, LedgerEntry, Link, Record, Seal
from tests.flows.test_holds import BY, _placed
from tests.world import Away, Stopped, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from lockhouse.model.change import Change, Committed, Conflict
    from lockhouse.model.ports import Commits

EMAIL, PHONE = "anna@example.com", "+4930123456"
BOTH = {"email": EMAIL, "phone": PHONE, "order_total": "1"}
NO = {"Analytics": False}
MINUTE = 1 / 1_440
NOTHING = Told()


async def _cut_off(world: World, **sent: Any) -> None:
    """An item whose process ends between its two commits: the second never comes, and nobody sends it again."""
    commits, world.house.commits = world.house.commits, Away(world.store)
    with pytest.raises(Unavailable):
        await world.send("account", "Order Completed", order_id="A-9", **sent)
    world.house.commits = commits


async def _two(world: World) -> None:
    await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", order_total="1")
    await world.send("account", "Order Completed", phone=PHONE, order_id="A-2")


async def _told(world: World) -> dict[bytes, dict[str, Any]]:
    """The bodies of entries of words and links, by their ids."""
    rows = await world.rows(LedgerEntry)
    return {row.id: parse_entry(row.body).body.body() for row in rows if row.kind in {"consent", "link"}}


async def test_the_word_and_the_link_of_persons_who_never_come_again_are_told_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    other = await world.second()
    await other.send("account", "Order Completed", email=EMAIL, order_id="A-3")  # it has decided by no word
    await _cut_off(world, **BOTH, consent=NO)
    [word], [joined] = await world.rows(Consent), await world.rows(Link)
    world.clock.pass_days(4 * MINUTE)
    assert await tell_untold(world.house) == NOTHING, "who stored it may be about to tell"
    world.clock.pass_days(2 * MINUTE)
    assert await tell_untold(world.house) == Told(words=1, links=1)
    told = await _told(world)
    assert told.keys() == {word.entry, joined.entry}
    assert (told[word.entry]["state"], told[joined.entry]["change"]) == (0, "made")
    assert await tell_untold(world.house) == NOTHING
    assert await _told(world) == told
    reply = await other.send("account", "identify", email=EMAIL, device_id="tablet-0042", loyalty_id="L-7001234")
    assert "properties.device_id" in dict(reply.dropped), "another process that had decided by no word must notice"


async def test_a_link_whose_undoing_was_cut_off_is_told_as_ended(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    await world.send("account", "Order Completed", **BOTH, order_id="A-3")
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await link.undo(world.house, await world.person(EMAIL), await world.person(PHONE, by="phone"), by="os-user:0")
    world.clock.pass_days(6 * MINUTE)
    assert await tell_untold(world.house) == Told(links=1)
    [row] = await world.rows(Link)
    said = (await _told(world))[row.entry]
    assert (said["change"], said["by"]) == ("ended", "service:work")


async def test_a_link_that_is_undone_while_it_is_told_late_is_not_told_as_made_afterwards(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    one, two = await world.person(EMAIL), await world.person(PHONE, by="phone")
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await link.make(world.house, one, two, by="os-user:0")
    world.clock.pass_days(6 * MINUTE)
    staff, worker = await world.second(), await world.second()
    stopped = worker.house.commits = Stopped(worker.store)
    telling = asyncio.create_task(tell_untold(worker.house))
    await stopped.reached.wait()
    assert await link.undo(staff.house, one, two, by="os-user:1") == 1
    stopped.go_on.set()
    assert await telling == NOTHING
    [row] = await world.rows(Link)
    told = await _told(world)
    assert [(entry, said["change"]) for entry, said in told.items()] == [(row.entry, "ended")]


async def test_an_item_that_brings_the_entry_at_the_same_time_does_not_make_two(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    await _cut_off(world, **BOTH, consent=NO)
    world.clock.pass_days(6 * MINUTE)
    worker = await world.second()
    stopped = worker.house.commits = Stopped(worker.store)
    telling = asyncio.create_task(tell_untold(worker.house))
    await stopped.reached.wait()
    await world.send("account", "Order Completed", **BOTH, order_id="A-4")
    stopped.go_on.set()
    assert await telling == NOTHING
    assert (await world.kinds()).count("consent") == (await world.kinds()).count("link") == 1


async def test_a_collector_that_was_frozen_between_its_commits_goes_on_although_it_was_told_meanwhile(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    worker = await world.second()
    stopped = world.house.commits = Stopped(world.store)
    sending = asyncio.create_task(world.send("account", "Order Completed", **BOTH, order_id="A-4", consent=NO))
    await stopped.reached.wait()
    world.clock.pass_days(6 * MINUTE)
    assert await tell_untold(worker.house) == Told(words=1, links=1)
    stopped.go_on.set()
    assert (await sending).outcome in {"stored", "trimmed"}
    assert len(await world.rows(Record)) == 3
    assert (await world.kinds()).count("consent") == (await world.kinds()).count("link") == 1


async def test_nothing_is_told_of_who_is_ending_until_the_ending_is_called_off(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    await _cut_off(world, **BOTH, consent=NO)
    case = await world.erase(await world.person(EMAIL), now=False)
    world.clock.pass_days(6 * MINUTE)
    seals = await world.rows(Seal)
    assert await tell_untold(world.house) == NOTHING
    assert (await _told(world), await world.rows(Seal)) == ({}, seals)
    await request.undo(world.house, case, by="os-user:1000")
    assert await tell_untold(world.house) == Told(words=1, links=1)


async def test_nothing_is_told_of_whose_ending_has_only_begun(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    await _cut_off(world, **BOTH, consent=NO)
    person = await world.person(EMAIL)
    await begin_person(world.house, person, by="os-user:0", reason="erasure", destroy_at=world.clock.at)
    world.clock.pass_days(6 * MINUTE)
    assert await tell_untold(world.house) == NOTHING


async def test_nothing_is_told_of_who_has_ended_even_if_their_rows_are_put_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    await _cut_off(world, **BOTH, consent=NO)
    [word], [joined] = await world.rows(Consent), await world.rows(Link)
    await world.erase(await world.person(EMAIL))
    world.clock.pass_days(6 * MINUTE)
    assert await tell_untold(world.house) == NOTHING
    world.plant(word)
    world.plant(joined)
    assert await tell_untold(world.house) == NOTHING
    assert await _told(world) == {}


async def test_of_an_ending_that_begins_while_it_is_told_the_ending_wins(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    await _cut_off(world, email=EMAIL, order_total="1", consent=NO)
    world.clock.pass_days(6 * MINUTE)
    worker = await world.second()
    stopped = worker.house.commits = Stopped(worker.store)
    telling = asyncio.create_task(tell_untold(worker.house))
    await stopped.reached.wait()
    await world.erase(await world.person(EMAIL), now=False)
    stopped.go_on.set()
    assert await telling == NOTHING
    assert await _told(world) == {}


async def test_rows_that_do_not_verify_are_faults_and_keep_nobody_else_back(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    await _cut_off(world, **BOTH, consent=NO)
    [word] = await world.rows(Consent)
    world.plant(msgspec.structs.replace(word, state=1))
    [joined] = await world.rows(Link)
    world.plant(msgspec.structs.replace(joined, id=world.house.ids.new()))
    world.clock.pass_days(6 * MINUTE)
    assert await tell_untold(world.house) == Told(links=1, faults=2)
    assert (await _told(world)).keys() == {joined.entry}
    assert await tell_untold(world.house) == Told(faults=1), "the other names an entry that stands"


async def test_a_ring_that_does_not_unwrap_keeps_back_only_what_its_person_said(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    await _cut_off(world, email=EMAIL, order_total="1", consent=NO)
    await _cut_off(world, phone=PHONE, order_total="1", consent=NO)
    person = await world.person(EMAIL)
    [ring] = [row for row in await world.rows(KeyRing) if row.person == person]
    world.plant(msgspec.structs.replace(ring, wrapped=bytes(len(ring.wrapped))))
    world.clock.pass_days(6 * MINUTE)
    worker = await world.second()
    assert await tell_untold(worker.house) == Told(words=1, faults=1)
    assert [row.person == person for row in await world.rows(Consent) if row.entry in await _told(world)] == [False]


class Watched:
    """Commits that remember how many entries each Change brought."""

    def __init__(self, inner: Commits) -> None:
        self._inner = inner
        self.entries: list[int] = []

    async def commit(self, change: Change) -> Committed | Conflict:
        self.entries.append(len(change.entries))
        return await self._inner.commit(change)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        return await self._inner.commit_each(changes)

    async def scrub(self) -> None:
        await self._inner.scrub()


async def test_whatever_is_to_be_told_goes_in_steps_of_bounded_size(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _two(world)
    person, ids = await world.person(EMAIL), world.house.ids
    many = [
        Consent(person, 3, world.clock.at, ids.new(), 0, 1, "gpc", 2, None, ids.new(), b"")
        for _ in range(CHUNK * 2 + 1)
    ]
    for row in many:
        world.plant(signed(row, world.house.integrity_key))
    world.clock.pass_days(6 * MINUTE)
    watched = world.house.commits = Watched(world.store)
    assert await tell_untold(world.house) == Told(words=len(many))
    assert watched.entries == [CHUNK, CHUNK, 1]


async def test_a_review_whose_entry_was_cut_off_is_told_as_a_review_by_who_made_it(tmp_path: Path) -> None:
    world, _, held = await _placed(tmp_path)
    until = world.clock.now_ms() + 300 * DAY_MS
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await hold.review(world.house, held.id, until=until, by="os-user:7")
    world.house.commits = world.store
    world.clock.pass_days(0.1)
    assert await tell_untold(world.house) == Told(holds=1)
    said = [parse_entry(row.body).body.body() for row in await world.rows(LedgerEntry) if row.kind == "hold"]
    assert [(one["change"], one["by"]) for one in said] == [("made", BY), ("reviewed", "os-user:7")]
    assert {one["hold"] for one in said} == {held.id.hex()}
    assert said[1]["review"] == until
    assert list((await verify_state(world.house)).findings.kept) == []


async def test_a_hold_of_terms_that_have_no_word_of_a_review_is_one_that_was_placed(tmp_path: Path) -> None:
    """As a house has it that placed it before terms said so."""
    world, _, held = await _placed(tmp_path)
    former = msgspec.msgpack.encode(msgspec.msgpack.decode(held.terms)[:-1])
    old = msgspec.structs.replace(held, terms=former)
    assert terms_of(old) == terms_of(held)
    assert draft_of(world.house, old).body["change"] == "made"
