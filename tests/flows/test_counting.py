"""Counts hold nobody who must not be in them, and nobody counts who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Refused, Unavailable
from lockhouse.flows import consent, link
from lockhouse.flows.teach import attest
from lockhouse.gates.authority import bound
from lockhouse.gates.disclose import count as counting
from lockhouse.gates.disclose.count import count
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry, Person, Record
from lockhouse.model.scale import PersonState
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from lockhouse.insight.counts import Cell
    from lockhouse.model.rows import Row

PEOPLE = 15
TAUGHT = (
    POLICY.replace("analyst: {for: [analytics],", "analyst: {training: [privacy-basics], for: [analytics],")
    + "training:\n  privacy-basics: {every: 12 months, grace: 14 days after assigned}\n"
)


async def _shop(tmp_path: Path, policy: str = POLICY, **more: Any) -> World:
    world = await World.make(tmp_path, policy)
    events: list[tuple[str, str, dict[str, Any]]] = [
        ("backend", "Order Completed", {"email": f"p{who}@example.com", "order_total": "12.50", **more})
        for who in range(PEOPLE)
        for _ in range(2)
    ]
    await world.send_all(events)
    return world


async def _count(world: World, role: str = "analyst", **asked: Any) -> Cell:
    asking = await world.ask(role, action="count", mode="aggregate", **asked)
    [cell] = await count(world.house, asking, by="event")
    return cell


async def test_everybody_who_has_nothing_against_it_is_counted_once(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    assert tuple(await _count(world)) == ("Order Completed", 2 * PEOPLE, PEOPLE)


async def test_whoever_objected_to_the_purpose_is_left_out_and_counted_for_others(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    for who in range(3):
        await consent.suppress(
            world.house, "email", f"p{who}@example.com", reason="objection", purposes=("analytics",), by="os-user:0"
        )
    assert (await _count(world)).persons == PEOPLE - 3
    assert (await _count(world)).events == 2 * (PEOPLE - 3)
    assert (await _count(world, "accountant")).persons == PEOPLE


async def test_whoever_said_no_is_left_out_and_so_is_whoever_was_never_asked(tmp_path: Path) -> None:
    world = await _shop(tmp_path, consent={"Advertising": True})
    assert (await _count(world, "marketer")).persons == PEOPLE
    for who in range(2):
        person = await world.person(f"p{who}@example.com")
        await consent.record(world.house, person, "marketing", granted=False, signal="form")
    assert (await _count(world, "marketer")).persons == PEOPLE - 2
    await world.send_all([("backend", "Order Completed", {"email": "new@example.com", "order_total": "1.00"})])
    assert (await _count(world, "marketer")).persons == PEOPLE - 2
    assert (await _count(world, "accountant")).persons == PEOPLE + 1


async def test_whoever_is_restricted_or_has_ended_is_in_no_count(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    await world.erase(await world.person("p0@example.com"))
    await world.erase(await world.person("p1@example.com"), now=False)
    restricted = await world.person("p2@example.com")
    [row] = (await world.store.get(Person, [(restricted,)])).values()
    world.plant(bound(msgspec.structs.replace(row, state=PersonState.RESTRICTED), world.house.row_macs))
    world.house.facts.clear()
    assert (await _count(world, "accountant")).persons == PEOPLE - 3


async def test_source_persons_who_are_one_are_counted_as_one(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    one, other = [await world.person(f"p{who}@example.com") for who in range(2)]
    await link.make(world.house, one, other, by="os-user:0")
    assert tuple(await _count(world)) == ("Order Completed", 2 * PEOPLE, PEOPLE - 1)


async def test_nobody_counts_while_a_course_is_missing_and_that_is_noted(tmp_path: Path) -> None:
    world = await _shop(tmp_path, TAUGHT)
    assert (await _count(world)).persons == PEOPLE  # the course has its days of grace
    world.clock.pass_days(15)
    await world.new_epochs()
    with pytest.raises(Refused) as refused:
        await _count(world)
    assert refused.value.reasons == ("course-missing",)
    assert (await world.kinds())[-1] == "refusal"
    await attest(world.house, "os-user:1000", "privacy-basics", until=world.clock.now_ms() + 9 * DAY_MS, by="os-user:0")
    assert (await _count(world)).persons == PEOPLE


async def test_what_was_kept_long_enough_for_the_purpose_is_not_counted_for_it(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    world.clock.pass_days(14 * 31)
    await world.new_epochs()
    await world.send_all([("backend", "Order Completed", {"email": "p0@example.com", "order_total": "1.00"})])
    assert (await _count(world)).events == 1, "the books count on, and the analysts do not"
    assert (await _count(world, "accountant")).events == 2 * PEOPLE + 1


async def test_what_was_not_collected_for_a_purpose_is_not_counted_for_it_when_the_person_agrees_later(
    tmp_path: Path,
) -> None:
    world = await _shop(tmp_path)
    for who in range(PEOPLE):
        person = await world.person(f"p{who}@example.com")
        await consent.record(world.house, person, "marketing", granted=True, signal="form")
    asking = await world.ask("marketer", action="count", mode="aggregate")
    assert await count(world.house, asking, by="event") == ()
    await world.send_all([("backend", "Order Completed", {"email": "p0@example.com"})])
    assert (await _count(world, "marketer")).events == 1


async def test_a_role_that_sees_nothing_counts_nothing(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    with pytest.raises(Refused) as refused:
        await _count(world, "analyst", purpose="fulfilment")
    assert set(refused.value.reasons) <= {"no-role", "not-for-this-purpose"}


async def test_a_count_is_a_look_that_names_nobody(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    await _count(world)
    [noted] = [row for row in await world.rows(LedgerEntry) if row.kind == "disclosure"]
    body = msgspec.json.decode(noted.body)["body"]
    assert (body["action"], body["count"], body["purpose"]) == ("count", 0, "analytics")


async def test_a_clock_in_doubt_counts_nothing(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    world.clock.jump_days(-2)
    with pytest.raises(Unavailable):
        await _count(world)


async def test_long_histories_are_counted_to_their_end(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    many = counting.PAGE + 7
    await world.send_all(
        [("backend", "Order Completed", {"email": "p0@example.com", "order_total": "1.00"}) for _ in range(many)]
    )
    assert (await _count(world)).events == 2 * PEOPLE + many


class _Interrupted:
    """Reads in whose midst, once, something happens elsewhere."""

    def __init__(self, world: World, act: Callable[[], Awaitable[object]]) -> None:
        self._reads, self._act, self._is_done = world.house.reads, act, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reads, name)

    async def find(self, row: type[Row], *asked: Any, **more: Any) -> list[Any]:
        if row is Record and not self._is_done:
            self._is_done = True
            await self._act()
        return await self._reads.find(row, *asked, **more)


async def test_whoever_is_erased_while_it_is_counted_is_in_no_cell(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    other = await world.second()
    persons = sorted(row.id for row in await world.rows(Person))[-3:]

    async def erase() -> None:
        for person in persons:
            await other.erase(person)

    world.house.reads = _Interrupted(world, erase)
    assert (await _count(world)).persons == PEOPLE - 3


async def test_a_count_that_a_new_policy_takes_away_is_not_finished_under_the_former_one(tmp_path: Path) -> None:
    world = await _shop(tmp_path)
    other = await world.second()
    without = "".join(line for line in POLICY.splitlines(keepends=True) if not line.startswith("  analyst: "))
    world.house.reads = _Interrupted(world, lambda: other.approve(without))
    with pytest.raises(Refused):
        await _count(world)
