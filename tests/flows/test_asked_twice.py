"""Two who ask for the same erasure at the same moment: one answer each, and both stand in the ledger."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Conflict, NotFound
from lockhouse.flows import request
from lockhouse.gates.ending import carry_on, open_cases
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import Intent, parse_entry
from lockhouse.model.rows import Intent as IntentRow
from lockhouse.model.rows import LedgerEntry
from tests.flows.anna import anna, contact
from tests.world import Stopped, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.ending import Done

FIRST, SECOND, AFTERWARDS = "os-user:1000", "os-user:1001", "os-user:1002"
both = pytest.mark.parametrize("of_a_part", [False, True], ids=["person", "compartment"])


class Two:
    """One person, or a part of them, and two processes in which somebody asks for their erasure."""

    def __init__(self, world: World, other: World, person: bytes, part: str | None) -> None:
        self.world, self.other, self.person, self.part = world, other, person, part

    @classmethod
    async def make(cls, folder: Path, *, of_a_part: bool) -> Two:
        world = await World.make(folder)
        person = await anna(world)
        return cls(world, await world.second(), person, await contact(world, person) if of_a_part else None)

    async def ask(self, world: World, by: str) -> Done:
        return await request.open_erasure(world.house, self.person, by=by, compartment=self.part)

    async def stopped(self, world: World, by: str, *, store: str) -> tuple[asyncio.Task[Done], Stopped]:
        """Who asks in this process is stopped before its first commit to the store."""
        world.house.commits = stopped = Stopped(world.house.commits, store=store)
        asking = asyncio.create_task(self.ask(world, by))
        await stopped.reached.wait()
        return asking, stopped

    async def heard_afterwards(self) -> tuple[str, str]:
        with pytest.raises(Conflict) as heard:
            await self.ask(self.other, AFTERWARDS)
        return heard.value.text, heard.value.hint

    async def intents(self) -> list[Intent]:
        """What the ledger says of who asked, in its order."""
        rows = sorted(await self.world.rows(LedgerEntry), key=lambda row: (row.at, row.id))
        bodies = [parse_entry(row.body).body for row in rows]
        return [body for body in bodies if isinstance(body, Intent)]


@both
async def test_who_finds_the_person_shut_by_the_other_hears_what_one_hears_who_asks_afterwards(
    tmp_path: Path, *, of_a_part: bool
) -> None:
    two = await Two.make(tmp_path, of_a_part=of_a_part)
    first, stopped = await two.stopped(two.world, FIRST, store="identity")  # begun, and about to shut
    done = await two.ask(two.other, SECOND)
    assert done.case.step == "shut"
    stopped.go_on.set()
    with pytest.raises(Conflict) as heard:
        await first
    assert (heard.value.text, heard.value.hint) == await two.heard_afterwards()
    assert done.case.id.hex() in heard.value.hint
    assert len(await open_cases(two.world.house)) == 1


@both
async def test_so_does_who_was_about_to_carry_on_what_the_other_has_shut(tmp_path: Path, *, of_a_part: bool) -> None:
    two = await Two.make(tmp_path, of_a_part=of_a_part)
    first, began = await two.stopped(two.world, FIRST, store="identity")
    second, stopped = await two.stopped(two.other, SECOND, store="record")  # has read a request that is not shut
    began.go_on.set()
    assert (await first).case.step == "shut"
    stopped.go_on.set()
    with pytest.raises(Conflict) as heard:
        await second
    assert (heard.value.text, heard.value.hint) == await two.heard_afterwards()


@both
async def test_who_began_it_shuts_it_though_another_has_asked_again_since(tmp_path: Path, *, of_a_part: bool) -> None:
    two = await Two.make(tmp_path, of_a_part=of_a_part)
    first, began = await two.stopped(two.world, FIRST, store="identity")
    second, stopped = await two.stopped(two.other, SECOND, store="identity")
    began.go_on.set()
    assert (await first).case.step == "shut"
    stopped.go_on.set()
    with pytest.raises(Conflict) as heard:
        await second
    assert (heard.value.text, heard.value.hint) == await two.heard_afterwards()


async def test_who_finds_that_the_person_has_ended_meanwhile_hears_so(tmp_path: Path) -> None:
    two = await Two.make(tmp_path, of_a_part=False)
    first, stopped = await two.stopped(two.world, FIRST, store="identity")
    done = await two.ask(two.other, SECOND)
    await carry_on(two.other.house, done.case, journal=two.other.journal, now=True)
    stopped.go_on.set()
    with pytest.raises(NotFound, match="person: expected a living person"):
        await first


@both
async def test_who_carries_on_what_another_was_cut_off_from_stands_in_the_ledger_beside_them(
    tmp_path: Path, *, of_a_part: bool
) -> None:
    two = await Two.make(tmp_path, of_a_part=of_a_part)
    ref = two.world.house.keyring.ref(two.person).hex()
    first, _ = await two.stopped(two.world, FIRST, store="identity")
    first.cancel()
    two.world.clock.at += 1
    done = await two.ask(two.other, SECOND)
    [begun, asked] = await two.intents()
    assert (begun.by, asked.by) == (FIRST, SECOND)
    assert msgspec.structs.replace(asked, by=FIRST) == begun
    assert (asked.case, asked.ref) == (done.case.id.hex(), ref)
    assert done.case.by == FIRST
    ended = (await carry_on(two.other.house, done.case, journal=two.other.journal, now=True)).case
    assert ended.step == "done"
    state = await verify_state(two.other.house)
    assert (state.findings.kept, await two.other.findings()) == ([], [])


async def test_a_request_that_two_asked_for_is_missed_when_it_is_taken_away(tmp_path: Path) -> None:
    two = await Two.make(tmp_path, of_a_part=False)
    first, _ = await two.stopped(two.world, FIRST, store="identity")
    first.cancel()
    await two.ask(two.other, SECOND)
    [row] = await two.world.rows(IntentRow)
    two.world.drop(row)
    assert [one.kind for one in (await verify_state(two.other.house)).findings.kept] == ["missing-row"]


async def test_nobody_who_is_not_answered_that_it_is_shut_stands_there(tmp_path: Path) -> None:
    two = await Two.make(tmp_path, of_a_part=False)
    await two.ask(two.world, FIRST)
    await two.heard_afterwards()
    assert [one.by for one in await two.intents()] == [FIRST]


async def test_of_many_who_ask_at_once_one_shuts_and_each_other_is_told_of_it(tmp_path: Path) -> None:
    two = await Two.make(tmp_path, of_a_part=False)
    worlds = [two.world, two.other, await two.world.second(), await two.world.second()]
    answers = await asyncio.gather(*(two.ask(one, FIRST) for one in worlds), return_exceptions=True)
    [case] = await open_cases(two.world.house)
    assert case.step == "shut"
    assert [one.hint for one in answers if isinstance(one, Conflict)] == [
        f"lockhouse request show {case.id.hex()}"
    ] * 3  # fmt: skip
