"""What `doctor` sees of the accounts: who is alone, who has too few passkeys, who never comes; and what ran out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.access.throttle import Scope
from lockhouse.flows import staff
from lockhouse.flows.housekeeping import end_passed
from lockhouse.flows.staff_audit import examined
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.waits import tags_for
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Attempts, Ceremony, Invite, Session
from lockhouse.posture.staff import StaffSeen
from tests.flows.staffed import BY, acts, enrolled, hired, staffed, tag
from tests.flows.test_staff import ROLES
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

BY_TWO = ROLES + "  officer: {may: [staff.list, staff.approve]}\n"

GUESSED = (Scope.ACCOUNT, Scope.CODE)


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    await made.approve(ROLES)
    return made


async def test_nobody_counts_before_they_enrolled(world: World) -> None:
    assert await examined(world.house) == StaffSeen()
    link = await staff.invite(world.house, Called("mia", "Mia"), by=BY)
    assert await examined(world.house) == StaffSeen()
    await enrolled(world, link.staff, means=[1, 1])
    assert await examined(world.house) == StaffSeen(active=1, admins=1)


async def test_who_lets_people_in_needs_two_passkeys_and_others_do_not(world: World) -> None:
    mia = await hired(world, "mia")
    await hired(world, "ben", roles=["support"])
    seen = await examined(world.house)
    assert seen == StaffSeen(active=2, admins=1, one_key=(mia.hex(),))


async def test_whether_two_of_two_lines_can_give_what_takes_two_is_seen(world: World) -> None:
    await world.approve(BY_TWO)
    mia = await hired(world, "mia")
    await hired(world, "ben", by=acts(mia), roles=["officer"])
    assert not (await examined(world.house)).gives_by_two
    eva = await hired(world, "eva", roles=["officer"])
    assert (await examined(world.house)).gives_by_two
    await staff.disable(world.house, eva, by=BY)
    assert not (await examined(world.house)).gives_by_two


async def test_who_has_not_come_for_90_days_is_named(world: World) -> None:
    mia = await hired(world, "mia")
    world.clock.pass_days(90)
    assert (await examined(world.house)).unused == ()
    world.clock.pass_days(1)
    assert (await examined(world.house)).unused == (mia.hex(),)


async def test_a_recovery_is_named_until_it_is_reviewed(world: World) -> None:
    mia = await hired(world, "mia")
    await staff.recover_local(world.house, mia, by=BY)
    assert (await examined(world.house)).recovered == (mia.hex(),)
    await staff.review_recovery(world.house, mia, by="os-user:1001")
    assert (await examined(world.house)).recovered == ()


async def test_who_is_disabled_is_no_admin_and_nobody_who_never_comes(world: World) -> None:
    await hired(world, "mia")
    ben = await hired(world, "ben", roles=["admin"])
    assert (await examined(world.house)).admins == 2
    await staff.disable(world.house, ben, by=BY)
    seen = await examined(world.house)
    assert (seen.active, seen.admins) == (1, 1)


async def test_what_ran_out_is_taken_away_and_what_counts_is_left(world: World) -> None:
    await staffed(world)
    at = world.clock.at
    tallies = [Attempts(int(scope), tag(scope.name), 2, at, at, at) for scope in Scope]
    puts = tuple(Put(Attempts.TABLE, row) for row in (*tallies, Attempts(9, tag("planted"), 2, at, at, at)))
    await world.house.commits.commit(Change("identity", puts=puts))
    assert await end_passed(world.house) == 0
    world.clock.pass_days(1.1)
    assert await end_passed(world.house) == 3 + 5
    assert [await world.rows(row) for row in (Session, Invite, Ceremony)] == [[], [], []]
    assert [Scope(row.scope) for row in await world.rows(Attempts)] == [
        Scope.ACCOUNT, Scope.CODE, Scope.KNOWN, Scope.CAME,
    ]  # fmt: skip


async def test_failures_of_logins_that_nobody_has_go_after_90_days_and_those_of_an_account_stay(world: World) -> None:
    mia = await hired(world, "mia")
    [row] = [one.row for one in await staff.everybody(world.house) if one.row.id == mia]
    near, at = "192.0.2.7", world.clock.at
    for login in (row.login_tag, tag("nobody")):
        tags = tags_for(world.house, near=near, login=login)
        puts = tuple(Put(Attempts.TABLE, Attempts(int(one), tags[one], 4, at, at, 0)) for one in GUESSED)
        await world.house.commits.commit(Change("identity", puts=puts))
    world.clock.pass_days(89)
    await end_passed(world.house)
    assert len(await world.rows(Attempts)) == 4
    world.clock.pass_days(1.1)
    await end_passed(world.house)
    own = tags_for(world.house, near=near, login=row.login_tag)
    assert {(one.scope, one.tag) for one in await world.rows(Attempts)} == {(int(one), own[one]) for one in GUESSED}
