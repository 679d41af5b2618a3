"""Who is signed in is asked at each request: what ends for somebody ends in every process at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Conflict, NotFound, Refused, Tampered
from lockhouse.flows import session, staff, staff_roles
from lockhouse.gates.staff import read
from lockhouse.gates.staff.sessions import Begin, Seen, begin
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import LedgerEntry, Session, Staff
from tests.flows.restored import copied, restored
from tests.flows.staffed import BY, acts, hired
from tests.flows.test_staff import ROLES
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

SEEN = Seen("192.0.2.0/24", "Firefox on Linux")
HOUR = 1 / 24
MINUTE = HOUR / 60


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    await made.approve(ROLES)
    return made


async def _in(world: World, who: bytes, *, level: int = 2) -> str:
    """Somebody signs in; what their browser holds."""
    row = await read.account(world.house, who)
    assert row is not None
    how = Begin("passkey", level, world.clock.at + 12 * 3_600_000)
    token, _ = await begin(world.house, row, how, seen=SEEN)
    return token


@pytest.mark.asvs("7.2.1", "7.2.2")
async def test_who_signed_in_is_known_by_what_their_browser_holds_and_by_nothing_else(world: World) -> None:
    mia = await hired(world, "mia")
    token = await _in(world, mia)
    live = await session.of(world.house, token)
    assert live is not None
    assert (live.account.id, sorted(live.roles), live.session.level, live.actor) == (mia, ["admin"], 2, acts(mia))
    assert await session.of(world.house, token[:-1]) is None
    assert await session.of(world.house, live.session.tag.hex()) is None
    for table in world.store.shelf.tables.values():
        assert token not in repr(table)
        assert "192.0.2" not in repr(table)
    assert [one.seen for one in await session.list_of(world.house)] == [SEEN]
    assert (await verify_state(world.house)).findings.kept == []


@pytest.mark.asvs("16.2.1", "16.3.1")
async def test_the_ledger_has_who_signed_in_how_and_who_ended_it(world: World) -> None:
    mia = await hired(world, "mia")
    live = await session.of(world.house, await _in(world, mia))
    assert live is not None
    await session.end(world.house, live.session.id, by=BY)
    entries = sorted((row for row in await world.rows(LedgerEntry) if row.kind == "session"), key=lambda row: row.id)
    told = [parse_entry(row.body).body.body() for row in entries]
    own = {"staff": mia.hex(), "session": live.session.id.hex()}
    assert told == [
        {**own, "step": "begun", "by": acts(mia), "means": "passkey", "level": 2}, {**own, "step": "ended", "by": BY},
    ]  # fmt: skip


@pytest.mark.asvs("7.3.1", "7.3.2")
async def test_a_session_rests_after_half_an_hour_and_ends_after_twelve(world: World) -> None:
    mia = await hired(world, "mia")
    token = await _in(world, mia)
    for _ in range(25):
        world.clock.pass_days(28 * MINUTE)
        assert await session.of(world.house, token) is not None
    world.clock.pass_days(28 * MINUTE)
    assert await session.of(world.house, token) is None
    resting = await _in(world, mia)
    world.clock.pass_days(30 * MINUTE)
    assert await session.of(world.house, resting) is None


async def test_its_use_is_written_down_once_a_minute(world: World) -> None:
    token = await _in(world, await hired(world, "mia"))
    [before] = await world.rows(Session)
    world.clock.pass_days(59 / 86_400)
    await session.of(world.house, token)
    assert await world.rows(Session) == [before]
    world.clock.pass_days(2 / 86_400)
    live = await session.of(world.house, token)
    [after] = await world.rows(Session)
    assert live is not None
    assert live.session == after
    assert after.seen_at == world.clock.at


ENDS: dict[str, Callable[[World, bytes], Awaitable[object]]] = {
    "disabled": lambda world, who: staff.disable(world.house, who, by=BY),
    "a role ended": lambda world, who: staff_roles.end(world.house, who, "auditor", by=BY),
    "all ended": lambda world, who: session.end_all(world.house, who, by=BY),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.asvs("7.4.1", "7.4.5", "8.3.2")
async def test_what_ends_for_somebody_ends_in_every_process_at_once_and_stays_ended(
    world: World, end: Callable[[World, bytes], Awaitable[object]]
) -> None:
    await hired(world, "mia")
    ben = await hired(world, "ben", roles=["auditor"])
    other = await world.second()
    token = await _in(world, ben)
    world.clock.at += 1
    assert await session.of(other.house, token) is not None
    stolen = await world.rows(Session)
    await end(world, ben)
    assert await session.of(other.house, token) is None
    assert await world.rows(Session) == []
    for row in stolen:
        world.plant(row)
    assert await session.of(other.house, token) is None
    assert ("returned-row", "session") in [
        (one.kind, one.where.split(" ")[0]) for one in (await verify_state(world.house)).findings.kept
    ]


@pytest.mark.asvs("7.4.3")
async def test_a_reset_ends_every_session(world: World) -> None:
    mia = await hired(world, "mia")
    token = await _in(world, mia)
    world.clock.at += 1
    await staff.recover_local(world.house, mia, by=BY)
    assert await session.of(world.house, token) is None


@pytest.mark.asvs("7.4.1")
async def test_one_ends_and_the_others_stand(world: World) -> None:
    mia = await hired(world, "mia")
    first, second = await _in(world, mia), await _in(world, mia)
    live = await session.of(world.house, first)
    assert live is not None
    await session.end(world.house, live.session.id, by=acts(mia))
    assert await session.of(world.house, first) is None
    assert await session.of(world.house, second) is not None
    with pytest.raises(NotFound):
        await session.end(world.house, live.session.id, by=acts(mia))


async def test_nobody_is_signed_in_who_was_disabled_between_proof_and_session(world: World) -> None:
    mia, ben = await hired(world, "mia"), await hired(world, "ben")
    row = await read.account(world.house, ben)
    assert row is not None
    await staff.disable(world.house, ben, by=acts(mia))
    with pytest.raises(Conflict):
        await begin(world.house, row, Begin("passkey", 2, world.clock.at + 1), seen=SEEN)
    assert await world.rows(Session) == []


@pytest.mark.asvs("7.4.2")
async def test_nobody_is_signed_in_while_disabled_nor_by_that_once_enabled(world: World) -> None:
    await hired(world, "mia")
    ben = await hired(world, "ben")
    token = await _in(world, ben)
    [signed_in] = await world.rows(Session)
    await staff.disable(world.house, ben, by=BY)
    with pytest.raises(Refused):
        await _in(world, ben)
    world.clock.at += 1
    await staff.enable(world.house, ben, by=BY)
    world.plant(signed_in)
    assert await session.of(world.house, token) is None
    world.clock.at += 1
    assert await session.of(world.house, await _in(world, ben)) is not None


async def test_a_session_of_an_account_that_was_edited_is_refused(world: World) -> None:
    await hired(world, "mia")
    ben = await hired(world, "ben")
    token = await _in(world, ben)
    [signed_in] = await world.rows(Session)
    world.clock.at += 1
    await staff.disable(world.house, ben, by=BY)
    [row] = [one for one in await world.rows(Staff) if one.id == ben]
    world.plant(msgspec.structs.replace(row, state=1, sessions_from=0))
    world.plant(signed_in)
    with pytest.raises(Tampered):
        await session.of(world.house, token)


async def test_a_role_that_the_policy_no_longer_knows_counts_for_nothing(world: World) -> None:
    mia = await hired(world, "mia", roles=["auditor"])
    token = await _in(world, mia)
    await world.approve(ROLES.replace("  auditor: {may: [ledger.read]}\n", ""))
    live = await session.of(world.house, token)
    assert live is not None
    assert live.roles == {"admin"}


async def test_a_house_that_is_brought_back_has_nobody_signed_in(world: World) -> None:
    token = await _in(world, await hired(world, "mia"))
    back = await restored(world, copied(world, "identity", "record"))
    assert await session.of(back.house, token) is None


async def test_as_many_are_counted_as_are_listed_and_none_that_ended_or_was_planted(world: World) -> None:
    mia, jo = await hired(world, "mia"), await hired(world, "jo")
    await _in(world, mia)
    await _in(world, mia)
    await _in(world, jo)
    accounts = {one.row.id: one.row for one in await staff.everybody(world.house)}
    assert await session.count(world.house, accounts) == len(await session.list_of(world.house)) == 3
    assert await session.count(world.house, {mia: accounts[mia]}) == 2
    table = world.store.shelf.tables[Session.TABLE]
    at = Session.__struct_fields__.index
    place, row = next((place, row) for place, row in table.items() if row[at("staff")] == jo)
    table[place] = (*row[: at("until_at")], row[at("until_at")] + 1, *row[at("until_at") + 1 :])
    assert await session.count(world.house, accounts) == len(await session.list_of(world.house)) == 2
    world.clock.pass_days(HOUR)
    assert await session.count(world.house, accounts) == 0
