"""Sign-ins that fail are told by the ledger: by account, or by the index of a login, never in a flood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.access.failures import GRACE_MS, HOUR_MS, KEPT_MS, MOST
from lockhouse.access.step_up import action_hash
from lockhouse.errors import LockhouseError, Paused, Tampered, Unavailable, Unproven
from lockhouse.flows import sign_in, staff, step_up
from lockhouse.flows.housekeeping import end_passed, tell_failed
from lockhouse.flows.sign_in import Typed
from lockhouse.gates.staff.failures import OPEN, TOLD
from lockhouse.gates.staff.sessions import Seen
from lockhouse.gates.staff.steps import Meant
from lockhouse.ledger.entry import FailedSignIns, parse_entry
from lockhouse.model.change import Change, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import FailedSignIn, LedgerEntry, Session
from tests.authenticator import Authenticator
from tests.flows.signing import SEEN, cheaply, with_passkey, with_password
from tests.world import Away, World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    cheaply(made)
    return made


async def _tried(world: World, login: str, *, seen: Seen = SEEN, code: str = "000000") -> type[LockhouseError]:
    way = sign_in.by_password if len(code) == 6 else sign_in.by_recovery
    with pytest.raises(LockhouseError) as caught:
        await way(world.house, Typed(login, "wrong password here", code), seen=seen)
    return type(caught.value)


async def _told(world: World) -> list[FailedSignIns]:
    entries = [parse_entry(row.body).body for row in await world.rows(LedgerEntry)]
    return sorted((one for one in entries if isinstance(one, FailedSignIns)), key=lambda one: one.failures)


async def _an_hour_later(world: World) -> int:
    world.clock.pass_days((HOUR_MS + GRACE_MS) / DAY_MS)
    return await tell_failed(world.house)


@pytest.mark.asvs("16.3.1")
async def test_the_ledger_tells_of_failures_at_an_account_and_of_a_login_that_nobody_has_by_its_index(
    world: World,
) -> None:
    mia = await with_password(world)
    for login in (mia.login, mia.login, "who@shop.example", "Who@Shop.example "):
        assert await _tried(world, login) is Unproven
    assert await _tried(world, mia.login, code="no-such-recovery-code") is Unproven
    assert await tell_failed(world.house) == 0, "the hour goes on"
    assert await _an_hour_later(world) == 3
    by_paper, *rest = await _told(world)
    assert (by_paper.failures, by_paper.means, by_paper.staff) == (1, "recovery-codes", mia.staff.hex())
    known, unknown = sorted(rest, key=lambda one: one.staff is None)
    assert (known.failures, known.staff, known.login, known.means) == (2, mia.staff.hex(), None, "password")
    assert (unknown.failures, unknown.staff, unknown.means) == (2, None, "password")
    assert unknown.login is not None
    assert known.network == unknown.network
    assert await tell_failed(world.house) == 0
    assert len(await _told(world)) == 3


@pytest.mark.asvs("16.3.1")
async def test_a_passkey_that_opens_nothing_and_a_wrong_code_at_a_step_up_are_told_too(world: World) -> None:
    mia = await with_password(world)
    with pytest.raises(Unproven):
        await sign_in.by_passkey(world.house, "no-ceremony", "{}", seen=SEEN)
    signed = await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    [session] = [row for row in await world.rows(Session) if row.staff == signed.staff and row.until_at][-1:]
    meant = Meant("session-end", action_hash("session-end"))
    with pytest.raises(Unproven):
        await step_up.by_password(world.house, session, meant, typed=Typed("", "wrong here", "000000"), seen=SEEN)
    assert await _an_hour_later(world) == 2
    told = {one.means: one.staff for one in await _told(world)}
    assert told == {"passkey": None, "step-up": mia.staff.hex()}


async def test_whoever_signs_in_leaves_no_failure(world: World) -> None:
    mia, authenticator = await with_password(world), Authenticator()
    await with_passkey(world, "ada", authenticator=authenticator)
    await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    asked = await sign_in.passkey_options(world.house)
    await sign_in.by_passkey(world.house, asked.ceremony, authenticator.use(asked.json), seen=SEEN)
    assert await world.rows(FailedSignIn) == []


async def test_a_flood_of_logins_and_networks_makes_seventeen_entries_and_hides_no_guess_at_an_account(
    world: World,
) -> None:
    mia = await with_password(world)
    for at in range(3 * MOST):
        assert await _tried(world, f"who{at}@shop.example", seen=Seen(f"10.1.{at}.1", "bot")) is Unproven
    for at in range(2 * MOST):
        assert await _tried(world, mia.login, seen=Seen(f"10.2.{at}.1", "bot")) is Unproven
    assert await _an_hour_later(world) == 2 * (MOST + 1)
    told = await _told(world)
    of_mia = [one for one in told if one.staff == mia.staff.hex()]
    assert (len(of_mia), sum(one.failures for one in of_mia)) == (MOST + 1, 2 * MOST)
    others = [one for one in told if one.staff is None]
    assert (len(others), sum(one.failures for one in others)) == (MOST + 1, 3 * MOST)
    [rest] = [one for one in others if one.login is None]
    assert (rest.failures, rest.network, rest.means) == (2 * MOST, None, None)


async def test_a_try_within_a_wait_is_not_judged_and_not_counted(world: World) -> None:
    mia = await with_password(world)
    seen = [await _tried(world, mia.login) for _ in range(5)]
    assert seen.count(Paused) == 2
    assert (await staff.failed(world.house, mia.staff)).tries == 3


async def test_neither_row_nor_entry_holds_what_was_typed_or_where_it_came_from(world: World) -> None:
    await _tried(world, "who@shop.example", seen=Seen("203.0.113.77", "curl"))
    await _an_hour_later(world)
    whole = str(await world.rows(FailedSignIn)) + str(await world.rows(LedgerEntry))
    assert [one for one in ("who@", "shop.example", "203.0.113") if one in whole] == []


async def test_who_is_cut_off_between_telling_and_writing_it_down_tells_it_once(world: World) -> None:
    await _tried(world, "who@shop.example")
    commits = world.house.commits
    world.house.commits = Away(commits, store="identity")
    with pytest.raises(Unavailable):
        await _an_hour_later(world)
    assert (len(await _told(world)), [row.told for row in await world.rows(FailedSignIn)]) == (1, [OPEN])
    world.house.commits = commits
    assert await tell_failed(world.house) == 1
    assert (len(await _told(world)), [row.told for row in await world.rows(FailedSignIn)]) == (1, [TOLD])


async def test_an_account_says_for_seven_days_how_many_failed_and_the_rows_are_gone_then(world: World) -> None:
    mia = await with_password(world)
    at = world.clock.at
    await _tried(world, mia.login)
    assert await staff.failed(world.house, mia.staff) == (1, at)
    await _an_hour_later(world)
    assert await staff.failed(world.house, mia.staff) == (1, at)
    world.clock.pass_days((KEPT_MS + HOUR_MS) / DAY_MS)
    assert await staff.failed(world.house, mia.staff) == (0, None)
    await end_passed(world.house)
    assert await world.rows(FailedSignIn) == []


async def test_a_count_that_was_edited_is_refused_where_it_is_read(world: World) -> None:
    mia = await with_password(world)
    await _tried(world, mia.login)
    [row] = await world.rows(FailedSignIn)
    values = {name: getattr(row, name) for name in row.__struct_fields__} | {"failures": 0}
    edited = FailedSignIn(**values)
    await world.house.commits.commit(Change("identity", puts=(Put(FailedSignIn.TABLE, edited),)))
    with pytest.raises(Tampered):
        await staff.failed(world.house, mia.staff)
    with pytest.raises(Tampered):
        await _an_hour_later(world)
