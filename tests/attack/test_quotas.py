"""Whoever may look up so many people an hour tries for one more: by finding, lists, a race, the clock, or by SQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse import wiring
from lockhouse.errors import Refused, Tampered, Unavailable
from lockhouse.flows import approve, look
from lockhouse.gates.disclose import disclose
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import Quota as QuotaEntry
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.decision import Actor
from lockhouse.model.rows import LedgerEntry, Quota
from lockhouse.policy.document import parse
from lockhouse.wiring import KINDS, template
from tests.attack.real_house import Sender, beside, found, send, writer
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.gates.disclose import View

HOUR = 1 / 24


def limited(most: int, mode: str = "enforce") -> str:
    return POLICY.replace(
        "    see: {contact: masked, identity: masked, transactions: full}\n",
        "    see: {contact: masked, identity: masked, transactions: full}\n"
        f"    limits: {{persons_per_hour: {most}, mode: {mode}}}\n",
    )


def email(number: int) -> str:
    return f"someone{number}@example.com"


async def sent(world: World, many: int) -> list[bytes]:
    for number in range(many):
        await world.send(
            "account",
            "Order Completed",
            email=email(number),
            order_id=f"A-{number}",
            phone="+4930123456" + f"{number:02}",
        )
    return [await world.person(email(number)) for number in range(many)]


async def _show(world: World, person: bytes, **asked: Any) -> View:
    return await look.show(world.house, await world.ask("support", **asked), person)


async def _counted(world: World) -> list[QuotaEntry]:
    bodies = [parse_entry(row.body).body for row in await world.rows(LedgerEntry) if row.kind == "quota"]
    return [body for body in bodies if isinstance(body, QuotaEntry)]


async def test_of_three_people_an_hour_the_fourth_is_refused_with_when_there_is_room_again(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(3))
    anna, bert, carla, dora = await sent(world, 4)
    for person in (anna, bert, carla, anna, bert):
        assert not (await _show(world, person)).refused
    refused = await _show(world, dora)
    assert refused.refused == ("quota",)
    assert refused.spent is not None
    assert (refused.spent.limit, refused.spent.refused) == (3, True)
    [row] = await world.rows(Quota)
    assert refused.spent.free_at == row.since + 3_600_000
    assert not (await _show(world, carla, action="timeline")).refused, "who was looked up has their place"
    assert not (await world.reveal(anna)).refused
    assert [one.persons for one in await _counted(world)] == [1, 2, 3]
    world.clock.pass_days(HOUR)
    assert not (await _show(world, dora)).refused


async def test_the_look_and_its_count_are_one_commit(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(3))
    [anna] = await sent(world, 1)
    before = await world.kinds()
    view = await _show(world, anna)
    noted, counted = [row for row in await world.rows(LedgerEntry) if row.kind in {"disclosure", "quota"}]
    assert (len(await world.kinds()) - len(before), noted.id, counted.counter) == (2, view.entry, noted.counter + 1)
    await _show(world, anna)
    assert (await world.kinds()).count("quota") == 1, "who was counted costs no second entry"


async def test_finding_costs_a_place_whether_somebody_is_known_or_not(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(3))
    await sent(world, 2)
    assert len(await world.find(email(0))) == 1
    assert await world.find("nobody@example.com") == []
    assert await world.find("nobody@example.com") == []
    said = []
    for value in (email(0), email(1), "nobody@example.com"):
        with pytest.raises(Refused, match="expected room for one more this hour") as refused:
            await world.find(value)
        assert value not in refused.value.text
        said.append((refused.value.reasons, refused.value.hint))
    assert len(set(said)) == 1, "who is out of places learns of nobody whether they are known"
    assert said[0][0] == ("quota",)
    assert "You have opened 3 people this hour, your limit. It is free again at " in said[0][1]


async def test_who_has_ended_costs_what_one_costs_who_was_never_here(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(9))
    anna, _ = await sent(world, 2)
    await world.erase(anna, now=False)
    spent = []
    for value in (email(0), "nobody@example.com"):
        before = sum(one.counted for one in await _counted(world))
        assert [await world.find(value) for _ in range(2)] == [[], []]
        spent.append(sum(one.counted for one in await _counted(world)) - before)
    assert spent == [2, 2]


async def test_a_list_shows_as_many_rows_as_there_are_places(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(2))
    people = await sent(world, 5)

    async def them() -> AsyncIterator[bytes]:
        for person in people:
            yield person

    views = [view async for view in disclose(world.house, await world.ask("support"), them())]
    assert [view.refused for view in views] == [(), (), ("quota",), ("quota",), ("quota",)]


async def test_of_those_who_share_what_was_typed_only_who_is_shown_is_counted(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(2))
    await sent(world, 4)
    ask = await world.ask("support", action="find")
    for number in (2, 3):
        shown = await look.find(world.house, ask, by="phone#last4", value=f"56{number:02}")
        assert [view.person for view in shown.persons] == [await world.person(email(number))]
    [row] = await world.rows(Quota)
    assert row.persons == 2
    with pytest.raises(Refused, match="expected room for one more"):
        await look.find(world.house, ask, by="phone#last4", value="5601")


async def test_a_limit_that_observes_refuses_nobody_and_says_that_it_would(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(1, "observe"))
    anna, bert = await sent(world, 2)
    assert (await _show(world, anna)).spent is None
    beyond = await _show(world, bert)
    assert not beyond.refused
    assert beyond.spent is not None
    assert (beyond.spent.limit, beyond.spent.refused) == (1, False)
    assert [(one.persons, one.over) for one in await _counted(world)] == [(1, 0), (2, 1)]


async def test_a_service_counts_to_who_answers_for_it(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(2))
    people = await sent(world, 3)
    seen = []
    for number, person in enumerate(people):
        actor = Actor(id=f"service:t{number}", kind="service", roles=("support",), owner="os-user:1000")
        ask = await look.ask_of(world.house, actor, action="show", purpose=None)
        seen.append((await look.show(world.house, ask, person)).refused)
    assert seen == [(), (), ("quota",)]
    assert (await _show(world, people[2])).refused == ("quota",)
    assert {one.owner for one in await _counted(world)} == {"os-user:1000"}


@pytest.mark.parametrize("days", [HOUR, 2 * HOUR, -2 * HOUR])
async def test_setting_the_clock_gives_no_room(tmp_path: Path, days: float) -> None:
    world = await World.make(tmp_path, limited(1))
    anna, bert = await sent(world, 2)
    await _show(world, anna)
    world.clock.jump_days(days)
    with pytest.raises(Unavailable, match="clock: expected"):
        await _show(world, bert)
    started = await world.restarted()  # a process that was started under the wrong clock has seen no jump
    if days < 0:
        with pytest.raises(Unavailable, match="clock: expected"):
            await _show(started, bert)
    else:
        assert (await _show(started, bert)).refused == ("quota",)
        started.clock.run += 3_600
        started.clock.at += 3_600_000
        assert not (await _show(started, bert)).refused


@pytest.mark.parametrize("change", [{"persons": 0}, {"seen": b""}, {"since": 0}, {"run": 1}])
async def test_a_row_edited_by_sql_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    world = await World.make(tmp_path, limited(1))
    anna, bert = await sent(world, 2)
    await _show(world, anna)
    [row] = await world.rows(Quota)
    world.plant(msgspec.structs.replace(row, **change))
    for process in (world, await world.second()):
        with pytest.raises(Tampered, match="quota: expected a row whose mac verifies"):
            await _show(process, bert)


async def test_anothers_row_in_this_ones_place_is_refused(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(2))
    anna, bert, carla = await sent(world, 3)
    for person in (anna, bert):
        await _show(world, person)
    ask = await look.ask_of(
        world.house, Actor(id="os-user:7", kind="os-user", roles=("support",)), action="show", purpose=None
    )
    await look.show(world.house, ask, anna)
    [fuller] = [row for row in await world.rows(Quota) if row.owner == "os-user:7"]
    world.plant(msgspec.structs.replace(fuller, owner="os-user:1000"))
    with pytest.raises(Tampered, match="quota: expected a row whose mac verifies"):
        await _show(await world.second(), carla)


async def test_a_deleted_row_opens_no_new_hour(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(1))
    anna, bert = await sent(world, 2)
    await _show(world, anna)
    [row] = await world.rows(Quota)
    world.drop(row)
    with pytest.raises(Tampered, match="as it was counted last, got an older one or none"):
        await _show(world, bert)
    fresh = await world.second()  # a process that has seen nothing yet asks the ledger
    for _ in range(2):
        with pytest.raises(Tampered, match=f"the row that ledger entry {row.entry.hex()} tells of, got none"):
            await _show(fresh, bert)
    found = (await verify_state(world.house)).findings.kept
    assert [one.kind for one in found] == ["missing-row"]
    fresh.clock.pass_days(HOUR)  # what is older than an hour would open a new one anyway
    assert not (await _show(await fresh.second(), bert)).refused


async def test_who_saw_a_row_that_was_deleted_opens_a_new_hour_once_its_own_is_over(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(1))
    anna, bert = await sent(world, 2)
    await _show(world, anna)
    [row] = await world.rows(Quota)
    world.drop(row)
    world.clock.pass_days(HOUR * 0.9)
    with pytest.raises(Tampered, match="as it was counted last, got an older one or none"):
        await _show(world, bert)
    world.clock.pass_days(HOUR * 0.2)
    assert not (await _show(world, bert)).refused
    with pytest.raises(Refused, match="room for one more"):
        await world.find(email(0))


async def test_an_older_row_put_back_is_found_out_by_who_saw_the_newer_and_by_the_ledger(tmp_path: Path) -> None:
    world = await World.make(tmp_path, limited(2))
    anna, bert, carla = await sent(world, 3)
    await _show(world, anna)
    [older] = await world.rows(Quota)
    await _show(world, bert)
    assert (await verify_state(world.house)).findings.kept == []
    world.plant(older)
    with pytest.raises(Tampered, match="got an older one"):
        await _show(world, carla)
    assert [one.kind for one in (await verify_state(world.house)).findings.kept] == ["rolled-back-row"]


async def limit_house(house: Path, text: str) -> None:
    """The house's policy from now on."""
    async with wiring.opened(house, role="console") as opened:
        document = parse({"policy.yaml": text}, templates=template)
        draft = await approve.draft_of(opened.house, document, KINDS)
        await approve.approve(opened.house, draft, text.encode(), by="os-user:0")


async def _looks(house: Path, many: int, *, most: int, processes: int) -> list[list[str]]:
    """What each process hears of its looks, all at once, at different people."""
    await limit_house(house, limited(most))
    with writer(house):
        async with beside(house) as opened:
            events = [("account", "Order Completed", {"email": email(number)}) for number in range(many)]
            await send(opened.house, events)
        lookers = [Sender(house, f"look-{number}", role="looker") for number in range(processes)]
        try:
            assert [await one.hear() for one in lookers] == ["ready"] * processes
            for at, one in enumerate(lookers):
                one.tell([email(number) for number in range(at, many, processes)])
            return [*await asyncio.gather(*(one.hear() for one in lookers))]
        finally:
            for one in lookers:
                one.end()


async def test_four_processes_that_race_for_the_last_places_take_each_once(tmp_path: Path) -> None:
    house = await found(tmp_path)
    heard = await _looks(house, 72, most=60, processes=4)
    assert Counter(word for words in heard for word in words) == {"shown": 60, "refused": 12}
