"""A process is cut off between an account, a role or a factor and the ledger entry that tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Conflict, Invalid, Tampered
from lockhouse.flows.tell import YOUNG_MS, tell_untold
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.state import verify_state
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import LedgerEntry, Staff, StaffRole
from tests.flows.staffed import BY, account, role, staffed
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {"staff", "role", "factor"}


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """Everything stands, and nothing of it is told."""
    made = await World.make(tmp_path)
    await staffed(made)
    for row in await made.rows(LedgerEntry):
        if row.kind in KINDS:
            made.drop(row)
    return made


async def _steps(world: World) -> list[tuple[str, str]]:
    rows = [row for row in await world.rows(LedgerEntry) if row.kind in KINDS]
    return sorted((row.kind, msgspec.json.decode(row.body)["body"]["step"]) for row in rows)


async def test_the_daily_round_tells_who_was_let_in_and_as_what(world: World) -> None:
    assert (await verify_state(world.house)).untold == 3
    assert (await tell_untold(world.house)).staff == 0
    world.clock.pass_days((YOUNG_MS + 1) / DAY_MS)
    assert (await tell_untold(world.house)).staff == 3
    assert await _steps(world) == [("factor", "added"), ("role", "given"), ("staff", "invited")]
    state = await verify_state(world.house)
    assert (state.untold, state.findings.kept) == (0, [])
    assert (await tell_untold(world.house)).staff == 0


async def test_whoever_writes_over_it_tells_of_it_first(world: World) -> None:
    [held] = await world.rows(StaffRole)
    world.clock.at += 1
    deed = Deed(world.house)
    deed.put(msgspec.structs.replace(held, state=2, at=world.clock.at, entry=world.house.ids.new()), was=held)
    await deed.done()
    assert await _steps(world) == [("role", "ended"), ("role", "given")]


async def test_what_was_planted_is_told_by_nobody_and_not_written_over(world: World) -> None:
    [mia] = await world.rows(Staff)
    world.plant(msgspec.structs.replace(mia, state=1, step="enrolled"))
    world.clock.pass_days((YOUNG_MS + 1) / DAY_MS)
    seen = await tell_untold(world.house)
    assert (seen.staff, seen.faults) == (2, 1)
    [planted] = await world.rows(Staff)
    deed = Deed(world.house)
    deed.put(msgspec.structs.replace(mia, step="enabled", entry=world.house.ids.new()), was=planted)
    with pytest.raises(Tampered):
        await deed.done()
    assert await world.rows(Staff) == [planted]


async def test_of_two_who_change_one_account_one_does(world: World) -> None:
    [mia] = await world.rows(Staff)
    first, second = Deed(world.house), Deed(world.house)
    for deed, step in ((first, "disabled"), (second, "enabled")):
        deed.put(msgspec.structs.replace(mia, step=step, entry=world.house.ids.new()), was=mia)
    await first.done()
    with pytest.raises(Conflict, match="as it was read"):
        await second.done()
    assert [row.step for row in await world.rows(Staff)] == ["disabled"]


async def test_nobody_has_an_account_twice(world: World) -> None:
    deed = Deed(world.house)
    deed.put(account(world), was=None)
    with pytest.raises(Conflict):
        await deed.done()


@pytest.mark.parametrize("by", ["Mia Berger", "mia@shop.example"])
async def test_an_author_that_is_a_name_stores_nothing(world: World, by: str) -> None:
    deed = Deed(world.house)
    with pytest.raises(Invalid):
        deed.put(msgspec.structs.replace(role(world, "analyst"), by=by), was=None)
    assert [row.by for row in await world.rows(StaffRole)] == [BY]
