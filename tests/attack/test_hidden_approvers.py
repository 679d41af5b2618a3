"""Whoever writes the database takes members away, so that one person, or the machine's user, is believed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import approve
from lockhouse.gates.live import LIVE, versions
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.versions import withdraw
from lockhouse.model.rows import PolicyVersion, Staff, StaffRole
from tests.flows.agreeing import WIDER, approves, in_use, officer, proposed

if TYPE_CHECKING:
    from pathlib import Path

HOST = "os-user:1000"


async def test_the_machines_user_approves_nothing_once_everybody_who_could_was_taken_away(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    await officer(world, "mia")
    for row in [*await world.rows(Staff), *await world.rows(StaffRole)]:
        world.drop(row)
    proposal = await proposed(world, WIDER, by=HOST)
    with pytest.raises(Tampered, match="whom the ledger tells of"):
        await approve.approve(world.house, proposal.draft, proposal.source, by=HOST)
    assert [row.state for row in await versions(world.house)] == [LIVE]


@pytest.mark.parametrize("kind", [Staff, StaffRole])
async def test_nobody_is_alone_because_a_colleague_was_taken_away(
    tmp_path: Path, kind: type[Staff | StaffRole]
) -> None:
    world = await in_use(tmp_path)
    mia, tom = await officer(world, "mia"), await officer(world, "tom")
    [row] = [one for one in await world.rows(kind) if tom.staff == (one.id if isinstance(one, Staff) else one.staff)]
    world.drop(row)
    with pytest.raises(Tampered, match="whom the ledger tells of"):
        await approves(world, mia, WIDER, by=mia.by)
    assert [one.state for one in await versions(world.house)] == [LIVE]


async def test_nobody_is_alone_because_a_colleagues_role_was_put_back_as_it_once_was(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia, tom = await officer(world, "mia"), await officer(world, "tom")
    [given] = [one for one in await world.rows(StaffRole) if one.staff == tom.staff]
    deed = Deed(world.house)
    over = msgspec.structs.replace(given, state=2, ended_at=world.clock.at, entry=world.house.ids.new())
    deed.put(over, was=given)
    await deed.done()
    [over] = [one for one in await world.rows(StaffRole) if one.staff == tom.staff]
    world.clock.pass_days(1)
    deed = Deed(world.house)
    deed.put(msgspec.structs.replace(given, ended_at=0, entry=world.house.ids.new()), was=over)
    await deed.done()
    world.clock.pass_days(4)
    [now] = [one for one in await world.rows(StaffRole) if one.staff == tom.staff]
    world.drop(now)
    world.plant(over)
    with pytest.raises(Tampered, match="whom the ledger tells of"):
        await approves(world, mia, WIDER, by=mia.by)
    world.drop(over)
    world.plant(now)
    assert await approves(world, tom, WIDER, by=mia.by) == 2


async def test_a_planted_version_keeps_nobody_from_calling_off_what_waits(tmp_path: Path) -> None:
    world = await in_use(tmp_path)
    mia = await officer(world, "mia")
    number = await approves(world, mia, WIDER, by=mia.by)
    [row] = [one for one in await world.rows(PolicyVersion) if one.id == number]
    planted = msgspec.structs.replace(row, id=9)
    world.plant(planted)
    await withdraw(world.house, number, by=mia.by)
    live = world.house.live_policy
    assert live is not None
    assert (live.version, live.waiting) == (1, None)
