"""A suppression that becomes durable while another process is collecting its identifier is obeyed by that process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from lockhouse.errors import Unavailable
from lockhouse.flows import consent
from lockhouse.gates.collect import collect_group
from lockhouse.gates.collect.turns import Turns
from lockhouse.gates.refresh import refresh
from lockhouse.model import codes
from lockhouse.model.change import Conflict
from lockhouse.model.rows import Consent, Identifier, LedgerEntry, Person
from tests.flows.consent_files import heard, words
from tests.world import Away, Stopped, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from lockhouse.model.change import Change, Committed
    from lockhouse.model.event import Batch
    from lockhouse.model.rows import Row

EMAIL = "anna@example.com"
ANNA = {
    "email": EMAIL, "order_id": "A-1", "order_total": "12.50", "device_id": "d-1f3a5c7e9b",
    "consent": {"Advertising": True, "Analytics": True},
}  # fmt: skip
PHONE = {"phone": "+491711234567"}
NEIGHBOUR = PHONE | {"device_id": "d-2f3a5c7e9b", "order_id": "C-1", "order_total": "3.00"}
BOB = {"email": "bob@example.com", "order_id": "B-1", "order_total": "1.50"}


async def _suppress_anna(world: World) -> None:
    await consent.suppress(
        world.house, "email", "anna@example.com", purposes=["marketing", "analytics"], reason="asked", by="os-user:1000"
    )


async def _is_refused(world: World, *, dropped: Sequence[tuple[str, str]]) -> None:
    purposes = {one.name: one.id for one in world.house.live().policy.purposes}
    newest = {row.purpose: row for row in sorted(await world.rows(Consent), key=lambda row: (row.at, row.id))}
    for name in ("marketing", "analytics"):
        assert (newest[purposes[name]].state, newest[purposes[name]].signal) == (0, "suppression")
    assert "properties.device_id" in [path for path, _ in dropped]


async def test_a_group_that_waits_for_its_turn_to_settle_hears_of_a_suppression_first(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    collecting, turns = await world.second(), Turns()
    await turns.settling.acquire()  # the group before is at its commit
    anna = asyncio.create_task(collect_group(collecting.house, [_order(collecting, ANNA)], turns=turns))
    await asyncio.sleep(0.05)
    await _suppress_anna(world)
    bob = asyncio.create_task(collect_group(collecting.house, [_order(collecting, BOB)], turns=turns))
    await asyncio.sleep(0.02)  # it has read the stores again, so that the process seals
    turns.settling.release()
    [[reply]], [[other]] = await anna, await bob
    await _is_refused(world, dropped=reply.dropped)
    assert not [row for row in await world.rows(Consent) if row.state == 1]
    assert other.outcome == "stored"


async def test_a_group_whose_persons_are_just_being_made_hears_of_a_suppression_before_it_seals(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    collecting, turns = await world.second(), Turns()
    collecting.house.commits = stopped = Stopped(world.store, store="identity")
    anna = asyncio.create_task(collect_group(collecting.house, [_order(collecting, ANNA)], turns=turns))
    await stopped.reached.wait()
    await _suppress_anna(world)
    bob = asyncio.create_task(collect_group(collecting.house, [_order(collecting, BOB)], turns=turns))
    await asyncio.sleep(0.02)
    stopped.go_on.set()
    [[reply]], [[other]] = await anna, await bob
    await _is_refused(world, dropped=reply.dropped)
    assert other.outcome == "stored"
    assert await world.findings() == []


class _Storm(Stopped):
    """At each commit to the identity store something ends elsewhere, and another group has read the stores again."""

    world: World
    seen = 0

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        if changes[0].store == "identity":
            self.seen += 1
            await self.world.store.announce(key=True)
            await refresh(self.world.house)
        return await self._inner.commit_each(changes)


async def test_endings_that_do_not_stop_hold_up_no_order_of_somebody_new(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _suppress_anna(world)
    storm = _Storm(world.store)
    storm.world, world.house.commits = world, storm
    assert (await world.send("backend", "Order Completed", **BOB)).outcome == "stored"
    assert storm.seen == 1  # at the first try


class _Answered(Stopped):
    """As `Stopped`; what the identity store answered is remembered."""

    answers: list[Committed | Conflict]

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        answers = await super().commit_each(changes)
        if changes[0].store == "identity":
            self.answers += answers
        return answers


async def test_a_person_whose_process_stood_still_for_longer_than_a_lease_is_looked_up_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    collecting = await world.second()
    collecting.house.commits = stopped = _Answered(world.store, store="identity")
    stopped.answers = []
    anna = asyncio.create_task(collect_group(collecting.house, [_order(collecting, ANNA)]))
    await stopped.reached.wait()
    world.clock.at += 5_001
    await _suppress_anna(world)
    stopped.go_on.set()
    [[reply]] = await anna
    first, *_ = stopped.answers
    assert isinstance(first, Conflict)
    assert first.because == "deadline"
    await _is_refused(world, dropped=reply.dropped)
    assert len(await world.rows(Person)) == 1
    assert not [row for row in await world.rows(Consent) if row.state == 1]


async def test_nobody_is_made_and_no_yes_stands_by_a_commit_that_a_suppression_came_before(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    collecting = await world.second()
    collecting.house.commits = away = _ThenAway(world.store, store="identity")
    anna = asyncio.create_task(collect_group(collecting.house, [_order(collecting, ANNA)]))
    await away.reached.wait()
    await _suppress_anna(world)
    away.go_on.set()
    with pytest.raises(Unavailable):
        await anna
    assert [await world.rows(table) for table in (Person, Identifier, Consent)] == [[], [], []]


class _ThenAway(Stopped):
    """As `Stopped`; behind what was stopped the identity store is away, so that no further try mends anything."""

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        if changes[0].store == "identity" and self.go_on.is_set():
            raise Unavailable("identity store: expected to be there, got nothing")
        return await super().commit_each(changes)


async def test_somebody_known_gets_no_index_by_a_commit_that_a_suppression_came_before(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", order_id="A-0", **PHONE)
    before = await world.rows(Identifier)
    collecting = await world.second()
    collecting.house.commits = stopped = _ThenAway(world.store, store="identity")
    silent = PHONE | {"email": ANNA["email"], "order_id": "A-1"}
    anna = asyncio.create_task(collect_group(collecting.house, [_order(collecting, silent)]))
    await stopped.reached.wait()
    await _suppress_anna(world)
    await refresh(collecting.house)
    stopped.go_on.set()
    with pytest.raises(Unavailable):
        await anna
    assert await world.rows(Identifier) == before


async def test_who_is_found_by_the_phone_of_somebody_just_suppressed_goes_by_the_suppression(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    collecting = await world.second()
    collecting.house.commits = stopped = Stopped(world.store, store="identity")
    group = [_order(collecting, ANNA | PHONE), _order(collecting, NEIGHBOUR)]
    both = asyncio.create_task(collect_group(collecting.house, group))
    await stopped.reached.wait()
    await _suppress_anna(world)
    await refresh(collecting.house)  # as another group does, so that the process seals
    stopped.go_on.set()
    [reply], [other] = await both
    await _is_refused(world, dropped=reply.dropped)
    assert (other.code, other.dropped) == (codes.TRIMMED, (("properties.device_id", "objected"),))
    assert not [row for row in await world.rows(Consent) if row.state == 1]
    kinds = {row.kind for row in await world.rows(Identifier)}
    assert kinds == {world.house.live().kind(name).number for name in ("email", "phone")}
    assert await world.findings() == []


async def test_a_suppression_that_was_lifted_and_made_anew_meanwhile_is_obeyed(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _suppress_anna(world)
    world.house.commits = Away(world.store)  # lifted, and cut off before the ledger tells: the row stays
    with pytest.raises(Unavailable):
        await consent.lift(world.house, "email", "anna@example.com", reason="asked", by="os-user:1000")
    world.house.commits = world.store
    collecting = await world.second()
    collecting.house.commits = stopped = _Answered(world.store, store="identity")
    stopped.answers = []
    anna = asyncio.create_task(collect_group(collecting.house, [_order(collecting, ANNA)]))
    await stopped.reached.wait()
    await _suppress_anna(world)
    stopped.go_on.set()
    [[reply]] = await anna
    assert [one.because for one in stopped.answers if isinstance(one, Conflict)] == ["suppression-moved"]
    await _is_refused(world, dropped=reply.dropped)
    assert not [row for row in await world.rows(Consent) if row.state == 1]


async def test_who_came_with_a_lifted_suppression_is_made_at_once(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _suppress_anna(world)
    world.house.commits = Away(world.store)
    with pytest.raises(Unavailable):
        await consent.lift(world.house, "email", "anna@example.com", reason="asked", by="os-user:1000")
    world.house.commits = heard = _Answered(world.store, store="none")
    heard.answers = []
    assert (await world.send("backend", "Order Completed", **ANNA)).code == codes.STORED
    assert heard.answers
    assert not [one for one in heard.answers if isinstance(one, Conflict)]


async def test_the_last_suppression_of_a_house_holds_up_nobody_when_it_is_lifted_meanwhile(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _suppress_anna(world)
    collecting = await world.second()
    collecting.house.commits = stopped = _Answered(world.store, store="identity")
    stopped.answers = []
    anna = asyncio.create_task(collect_group(collecting.house, [_order(collecting, ANNA)]))
    await stopped.reached.wait()
    await consent.lift(world.house, "email", "anna@example.com", reason="asked", by="os-user:1000")
    stopped.go_on.set()
    [[reply]] = await anna
    assert reply.code == codes.STORED
    assert [one.because for one in stopped.answers if isinstance(one, Conflict)] == ["suppression-moved"]
    assert {row.state for row in await world.rows(Consent)} == {1}


async def test_the_first_suppression_of_a_house_is_obeyed_before_anybody_is_told_of_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    collecting = await world.second()
    collecting.house.commits = stopped = Stopped(world.store, store="identity")
    anna = asyncio.create_task(collect_group(collecting.house, [_order(collecting, ANNA)]))
    await stopped.reached.wait()
    world.house.commits = _CutOff(world.store)
    with pytest.raises(Unavailable):
        await _suppress_anna(world)
    stopped.go_on.set()
    [[reply]] = await anna
    await _is_refused(world, dropped=reply.dropped)
    assert not [row for row in await world.rows(Consent) if row.state == 1]


class _CutOff(Away):
    """Whose process ends behind its commit, before it tells anybody."""

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        await self._inner.commit_each(changes)
        raise Unavailable("process: expected to go on, got its end")


async def test_a_yes_of_a_file_is_weighed_again_when_its_identifier_was_suppressed_meanwhile(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    importing = await world.second()
    importing.house.commits = stopped = _Answered(world.store, store="identity")
    stopped.answers = []
    lines = [f"{EMAIL},{word},granted,2025-05-01T10:00:00Z," for word in ("Advertising", "Analytics")]
    bringing = asyncio.create_task(heard(importing, words(importing, *lines)))
    await stopped.reached.wait()
    await _suppress_anna(world)
    stopped.go_on.set()
    done = await bringing
    assert [one.because for one in stopped.answers if isinstance(one, Conflict)] == ["suppression-moved"]
    assert (done.heard.words, done.row.stored, done.row.refused) == ({"suppressed": 2}, 0, 2)
    assert [await world.rows(table) for table in (Person, Identifier, Consent)] == [[], [], []]


async def test_a_yes_of_a_file_for_somebody_known_does_not_stand_over_a_suppression_that_came_first(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    await world.send("backend", "Order Completed", **BOB | {"email": ANNA["email"]})
    importing = await world.second()
    importing.house.commits = stopped = Stopped(world.store, store="identity")
    said = "2025-05-01T10:00:00Z"
    bringing = asyncio.create_task(heard(importing, words(importing, f"{EMAIL},Advertising,granted,{said},")))
    await stopped.reached.wait()
    await _suppress_anna(world)
    stopped.go_on.set()
    assert (await bringing).heard.words == {"suppressed": 1}
    assert not [row for row in await world.rows(Consent) if row.state == 1]


class _Meanwhile:
    """Reads of a house in which something happens behind the first look into the ledger."""

    def __init__(self, world: World, deed: Callable[[], Awaitable[object]]) -> None:
        self._inner, self._deed = world.house.reads, [deed]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def get(self, row: type[Row], keys: Sequence[Any]) -> Any:
        found = await self._inner.get(row, keys)
        if row is LedgerEntry and self._deed:
            await self._deed.pop()()
        return found


async def test_a_yes_to_staff_that_a_suppression_overtook_is_not_the_last_word_when_that_is_lifted(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await world.send("backend", "Order Completed", **ANNA)

    async def suppress() -> None:
        world.clock.at += 1
        await _suppress_anna(other)
        world.clock.at += 1

    world.house.reads = cast("Any", _Meanwhile(world, suppress))
    await consent.record(world.house, await world.person(EMAIL), "marketing", granted=True)
    await consent.lift(other.house, "email", EMAIL, reason="asked", by="os-user:1000")
    assert not any(EMAIL in str(view.fields) for view in await other.find(EMAIL, role="marketer"))


def _order(world: World, values: dict[str, Any]) -> Batch:
    return world.batch("backend", "Order Completed", values)
