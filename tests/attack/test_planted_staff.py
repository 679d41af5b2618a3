"""A database administrator makes an account, a role, a factor, a link or a session, edits one, or puts one back.

Each is refused where it is read, or counts for nothing, and `ledger verify --state` names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lockhouse.errors import Tampered
from lockhouse.flows import session, staff
from lockhouse.gates.staff import read
from lockhouse.gates.staff.members import people
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import (
    Ceremony,
    Factor,
    FactorUse,
    Invite,
    LedgerEntry,
    Session,
    Staff,
    StaffLogin,
    StaffRole,
)
from tests.flows.restored import copied, restored
from tests.flows.staffed import BY, KEY, MIA, SESSION, hired, moved_on, staffed, tag
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from lockhouse.gates.house import House
    from lockhouse.model.rows import Row

OTHER = b"other-----------"
READS: dict[type[Row], Callable[[House], Awaitable[Any]]] = {
    Staff: lambda house: read.account(house, MIA),
    StaffRole: lambda house: read.roles_of(house, MIA),
    Factor: lambda house: read.proofs_of(house, MIA),
    FactorUse: lambda house: read.proofs_of(house, MIA),
    StaffLogin: lambda house: read.account_of_login(house, tag("mia")),
    Invite: lambda house: read.invite_of(house, tag("link")),
    Ceremony: lambda house: read.ceremony_of(house, tag("ceremony")),
    Session: lambda house: read.session_of(house, tag("session")),
}
"""Where each row is read."""
EDITS: list[tuple[type[Row], dict[str, object]]] = [
    (Staff, {"state": 1}),
    (Staff, {"link": tag("another")}),
    (Staff, {"sessions_from": 0}),
    (StaffRole, {"role": "admin"}),
    (StaffRole, {"state": 0}),
    (Factor, {"box": b"another key"}),
    (Factor, {"state": 1}),
    (FactorUse, {"counter": 0}),
    (StaffLogin, {"staff": OTHER}),
    (Invite, {"until_at": 2**60}),
    (Ceremony, {"bound": bytes(31) + b"1"}),
    (Session, {"staff": OTHER}),
    (Session, {"level": 3}),
    (Session, {"step_up_at": 2**60}),
]


async def _found(world: World) -> list[tuple[str, str]]:
    state = await verify_state(world.house)
    return [(one.kind, one.where.partition(",")[0]) for one in state.findings.kept]


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    await staffed(made)
    return made


async def test_what_the_house_made_itself_is_clean_and_read(world: World) -> None:
    assert await _found(world) == []
    for row, reading in READS.items():
        assert await reading(world.house), row
    assert (await read.account_of_login(world.house, tag("mia"))) == (await read.account(world.house, MIA))
    await moved_on(world)
    state = await verify_state(world.house)
    assert (state.findings.kept, state.untold) == ([], 0)


@pytest.mark.parametrize(("row", "edit"), EDITS, ids=[f"{row.TABLE}.{next(iter(edit))}" for row, edit in EDITS])
@pytest.mark.asvs("6.7.1", "16.3.3")
async def test_an_edited_row_is_refused_where_it_is_read_and_named(
    world: World, row: type[Row], edit: dict[str, object]
) -> None:
    [stands] = await world.rows(row)
    world.drop(stands)
    world.plant(msgspec.structs.replace(stands, **edit))
    with pytest.raises(Tampered):
        await READS[row](world.house)
    found = await _found(world)
    assert ("edited-row", row.TABLE) in [(kind, where.partition(" ")[0]) for kind, where in found]


@pytest.mark.asvs("6.7.1")
async def test_an_invented_account_with_the_mac_of_another_is_refused(world: World) -> None:
    [mia] = await world.rows(Staff)
    world.plant(msgspec.structs.replace(mia, id=OTHER, state=1))
    with pytest.raises(Tampered):
        await read.account(world.house, OTHER)
    assert ("edited-row", "staff") in await _found(world)


@pytest.mark.parametrize("row", [Staff, StaffRole, Factor, Session])
async def test_a_whole_row_put_back_as_it_truly_was_is_named(world: World, row: type[Row]) -> None:
    [before] = await world.rows(row)
    await moved_on(world)
    assert await _found(world) == []
    world.plant(before)
    kind = "returned-row" if row is Session else "rolled-back-row"
    where = f"session {SESSION.hex()}" if row is Session else row.TABLE
    assert await _found(world) == [(kind, where)]


async def test_a_planted_role_keeps_nobody_from_being_disabled_or_signed_out(world: World) -> None:
    mia, ben = await hired(world, "ada"), await hired(world, "ben")
    world.plant(StaffRole(ben, "junk", 1, BY, BY, 0, 0, world.house.ids.new(), bytes(32)))
    with pytest.raises(Tampered):
        await people(world.house)
    assert await session.end_all(world.house, mia, by=BY) == 0
    assert (await staff.disable(world.house, mia, by=BY)).state == read.DISABLED
    assert ("edited-row", "staff_role") in [(kind, where.partition(" ")[0]) for kind, where in await _found(world)]


async def test_a_link_that_was_used_counts_for_nothing_when_it_is_put_back(world: World) -> None:
    [link] = await world.rows(Invite)
    assert await read.invite_of(world.house, tag("link")) is not None
    await moved_on(world)
    world.plant(link)
    assert await read.invite_of(world.house, tag("link")) is None


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        (Staff, "staff"),
        (StaffRole, "role"),
        (Factor, "factor"),
        (StaffLogin, f"staff_login of staff {MIA.hex()}"),
        (FactorUse, f"factor_use {KEY.hex()}"),
    ],
)
async def test_a_row_that_was_taken_away_is_missed(world: World, row: type[Row], missing: str) -> None:
    [stands] = await world.rows(row)
    world.drop(stands)
    assert ("missing-row", missing) in await _found(world)


async def test_a_factor_whose_counter_was_taken_away_proves_nothing(world: World) -> None:
    """What was used once would be good again."""
    [use] = await world.rows(FactorUse)
    world.drop(use)
    with pytest.raises(Tampered, match="how far each factor was used"):
        await read.proofs_of(world.house, MIA)


async def test_a_login_pointed_at_an_account_that_is_not_its_own_leads_nowhere(world: World) -> None:
    """An administrator cannot make such a row; one from before the login was given away would be one."""
    [login] = await world.rows(StaffLogin)
    [mia] = await world.rows(Staff)
    world.drop(mia)
    with pytest.raises(Tampered, match="an account that says so"):
        await read.account_of_login(world.house, login.tag)


async def test_a_planted_session_keeps_nobody_elses_from_being_ended(world: World) -> None:
    [stands] = await world.rows(Session)
    world.plant(msgspec.structs.replace(stands, tag=tag("planted"), id=OTHER))
    assert await read.sessions_of(world.house, MIA) == await read.every_session(world.house) == [stands]
    assert await session.end_all(world.house, MIA, by="os-user:1") == 1
    assert [row.id for row in await world.rows(Session)] == [OTHER]
    assert ("edited-row", "session") in [(kind, where.partition(" ")[0]) for kind, where in await _found(world)]


async def test_a_session_nobody_was_told_of_is_named(world: World) -> None:
    [told] = [row for row in await world.rows(LedgerEntry) if row.kind == "session"]
    world.drop(told)
    assert ("edited-row", f"session {SESSION.hex()}") in await _found(world)


async def test_what_was_open_in_a_copy_is_over_when_the_house_is_brought_back(world: World) -> None:
    tables = copied(world, "identity", "record")
    await moved_on(world)
    back = await restored(world, tables)
    assert await read.account(back.house, MIA) is not None
    assert (await back.rows(Session), await back.rows(Invite), await back.rows(Ceremony)) == ([], [], [])
    assert await _found(back) == []
