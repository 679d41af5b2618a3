"""What came, ended or was called off between a backup and its restore: nothing of it is lost, or ends too early."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.adapters.memory import MemoryStore
from lockhouse.errors import Unavailable
from lockhouse.flows import consent, link, request
from lockhouse.flows.tell import tell_untold
from lockhouse.gates.ending import carry_on, open_cases
from lockhouse.gates.facts import facts_of_persons
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry
from tests.flows.anna import EMAIL, anna, contact
from tests.flows.restored import copied, restored
from tests.world import Away, World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.model.change import Change, Committed, Conflict
    from lockhouse.model.rows import Store
    from tests.flows.restored import Tables

BERT = "bert@example.org"


async def test_a_request_called_off_since_is_not_destroyed_before_anybody_can_look(tmp_path: Path) -> None:
    """The restore itself is no word that the clock is right."""
    world = await World.make(tmp_path)
    case = await world.erase(await anna(world), now=False)
    tables = copied(world, "record", "identity")
    world.clock.pass_days(0.1)
    await request.undo(world.house, case, by="os-user:1")
    for _ in range(20):
        world.clock.pass_days(0.5)
        await world.send("account", "Order Completed", email=EMAIL, order_id="X")
    for name, rows in tables.items():
        world.store.shelf.tables[name].clear()
        world.store.shelf.tables[name].update(copy.deepcopy(rows))
    world.store = MemoryStore(replace(world.store.parts, restored=True), shelf=world.store.shelf)
    served = await (await restored(world, tables)).restarted()
    [standing] = await open_cases(served.house)
    with pytest.raises(Unavailable, match="a day in which it was watched"):
        await carry_on(served.house, standing, journal=served.journal)
    assert [one.step for one in await open_cases(served.house)] == ["shut"]


async def test_who_shared_a_request_with_somebody_who_ended_since_is_not_ended_with_them(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    one = await anna(world)
    await world.send("account", "Order Completed", email=BERT, order_id="B-1", consent={"Advertising": True})
    other = await world.person(BERT)
    await link.make(world.house, one, other, by="os-user:1")
    part = await world.erase(one, compartment=await contact(world, one), now=False)
    assert set(part.persons) == {one, other}
    await link.undo(world.house, one, other, by="os-user:1")
    await world.erase(one, now=True)
    back = await restored(world, copied(world, "record", "identity"))
    [still] = await open_cases(back.house)
    assert (still.id, still.step) == (part.id, "shut")
    await request.undo(back.house, still, by="os-user:1")
    assert (await back.reveal(other)).fields["email"].value == BERT


async def test_a_refusal_of_somebody_whose_request_stands_is_remembered_too(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    identity = copied(world, "identity")
    world.clock.at += 1_000
    await consent.record(world.house, person, "marketing", granted=False)
    await world.erase(person, now=False)
    back = await restored(world, copied(world, "record") | identity, only="identity", size=0)
    [standing] = await open_cases(back.house)
    await request.undo(back.house, standing, by="os-user:1")
    facts = await facts_of_persons(back.house, [person], fresh=True)
    assert facts[person].consents["marketing"] is False


async def test_a_refusal_is_remembered_though_its_entry_calls_itself_something_else_beside_its_bytes(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    identity = copied(world, "identity")
    world.clock.at += 1_000
    await consent.record(world.house, person, "marketing", granted=False)
    for row in [row for row in await world.rows(LedgerEntry) if row.kind == "consent"]:
        world.plant(msgspec.structs.replace(row, kind="doctor", at=1))
    back = await restored(world, copied(world, "record") | identity, only="identity", size=0)
    facts = await facts_of_persons(back.house, [person], fresh=True)
    assert facts[person].consents["marketing"] is False


class _Stopped:
    """Commits of a process that dies before it can say that an ending is complete."""

    def __init__(self, world: World) -> None:
        self._store = world.store

    async def commit(self, change: Change) -> Committed | Conflict:
        if any(draft.kind == "completion" for draft in change.entries):
            raise Unavailable("writer: expected an answer, got none")
        return await self._store.commit(change)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        return await self._store.commit_each(changes)

    async def scrub(self) -> None:
        await self._store.scrub()


async def test_keys_that_were_destroyed_and_not_yet_certified_count_against_a_journal_that_lacks_them(
    tmp_path: Path,
) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    identity = copied(world, "identity")
    case = await world.erase(person, now=False)
    world.house.commits = _Stopped(world)
    with pytest.raises(Unavailable):
        await carry_on(world.house, case, journal=world.journal, now=True)
    assert [one.step for one in await open_cases(world.house)] == ["destroyed"]
    world.journal.serials.clear()
    with pytest.raises(Unavailable, match="journal"):
        await restored(world, copied(world, "record") | identity, only="identity")


@pytest.mark.parametrize("days", [0, 10])
async def test_a_request_that_stands_again_cools_from_the_restore_on_as_it_says(tmp_path: Path, days: int) -> None:
    world = await World.make(tmp_path)
    person = await anna(world)
    records = copied(world, "record")
    await world.erase(person, now=False)
    for _ in range(2 * days):
        world.clock.pass_days(0.5)
        await world.send("account", "Order Completed", email="x@example.com", order_id="X")
    back = await restored(world, records | copied(world, "identity"), only="record")
    [case] = await open_cases(back.house)
    assert 0 < case.destroy_at - world.clock.at <= DAY_MS
    for _ in range(3):
        world.clock.pass_days(0.5)
        await back.send("account", "Order Completed", email="y@example.com", order_id="Y")
    assert (await carry_on(back.house, case, journal=back.journal)).case.step == "done"


@pytest.mark.parametrize("is_part", [False, True], ids=["person", "compartment"])
@pytest.mark.parametrize("only", ["identity", "record", None])
async def test_a_restore_counts_the_keys_that_it_destroyed_and_no_others(
    tmp_path: Path, only: Store | None, *, is_part: bool
) -> None:
    """Today's identity store has ended what the backup's records still wait for; an older one ends with this."""
    world = await World.make(tmp_path)
    person = await anna(world)
    case = await world.erase(person, compartment=await contact(world, person) if is_part else None, now=False)
    tables = copied(world, "record", "identity") if only is None else copied(world, only)
    done = await request.fulfil(world.house, case, journal=world.journal, now=True)
    back = await restored(world, copied(world, "record", "identity") | tables, only=only)
    came, seen = int(only != "record"), back.replayed
    assert (seen.persons, seen.compartments, seen.epochs) == (came * (not is_part), came * is_part, 0)
    assert (seen.keys, seen.standing) == (came * len(done.case.serials), 0)


async def _closed(world: World, value: str, *, purposes: Sequence[str] = ()) -> None:
    world.clock.at += 1_000
    await consent.suppress(world.house, "email", value, purposes=purposes, reason="asked", by="os-user:1")


async def _opened(world: World, value: str) -> None:
    world.clock.at += 1_000
    await consent.lift(world.house, "email", value, reason="mistake", by="os-user:1")


async def _lacking(world: World, identity: Tables) -> dict[str, int]:
    """What an older identity store lacks, by kind; the backup is from the beginning of the log."""
    back = await restored(world, copied(world, "record") | identity, only="identity")
    assert back.forgotten is not None
    return back.forgotten.rows


async def test_a_suppression_that_was_made_and_lifted_since_is_not_lacking(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    identity = copied(world, "identity")
    await _closed(world, EMAIL, purposes=["analytics"])
    await _closed(world, EMAIL)  # wider, in the place of the first
    await _opened(world, EMAIL)
    assert await _lacking(world, identity) == {}


async def test_a_suppression_whose_lifting_was_told_by_the_daily_round_is_not_lacking(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    identity = copied(world, "identity")
    await _closed(world, EMAIL)
    commits, world.house.commits = world.house.commits, Away(world.store)
    with pytest.raises(Unavailable):
        await _opened(world, EMAIL)
    world.house.commits = commits
    world.clock.pass_days(0.5)
    assert (await tell_untold(world.house)).suppressions == 1
    assert await _lacking(world, identity) == {}


async def test_a_suppression_that_stands_is_lacking_whatever_else_was_lifted_since(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _closed(world, BERT)
    identity, size = copied(world, "identity"), (await world.store.seal_ledger()).size
    await _closed(world, EMAIL)
    await _opened(world, EMAIL)
    await _closed(world, EMAIL)
    await _opened(world, BERT)
    back = await restored(world, copied(world, "record") | identity, only="identity", size=size)
    assert back.forgotten is not None
    assert back.forgotten.rows == {"suppression": 1}
