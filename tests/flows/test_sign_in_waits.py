"""Whoever guesses waits longer each time; nobody is locked out by a stranger."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.access.throttle import MOST_IN_A_ROW, Scope
from lockhouse.errors import Unavailable, Unproven
from lockhouse.flows import sign_in
from lockhouse.flows.sign_in import Typed
from lockhouse.gates.staff.sessions import Seen
from lockhouse.model.change import Conflict
from lockhouse.model.rows import Attempts, Session
from tests.authenticator import UP, Authenticator
from tests.flows.signing import ELSEWHERE, PASSWORD, SEEN, by_passkey, cheaply, with_passkey, with_password
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from lockhouse.model.change import Change, Committed
    from tests.flows.signing import Member

SAID = r"^sign-in: expected factors that prove who it is$"
MINUTE_MS = 60_000


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    cheaply(made)
    return made


async def _fails(attempt: Awaitable[Any]) -> None:
    with pytest.raises(Unproven, match=SAID):
        await attempt


async def _wrong(world: World, mia: Member, seen: Seen = SEEN) -> str:
    try:
        await sign_in.by_password(world.house, Typed(mia.login, "wrong password here", "000000"), seen=seen)
    except (Unproven, Unavailable) as err:
        return type(err).__name__
    return "signed in"


@pytest.mark.asvs("6.3.1")
async def test_who_guesses_waits_longer_each_time_and_nobody_elsewhere_does(world: World) -> None:
    mia = await with_password(world)
    assert [await _wrong(world, mia) for _ in range(4)] == ["Unproven", "Unproven", "Unproven", "Paused"]
    with pytest.raises(Unavailable, match="expected a pause") as caught:
        await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    assert 0 < caught.value.retry_after_s <= 1
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=ELSEWHERE)).staff == mia.staff
    world.clock.at += 30_000
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)).staff == mia.staff


async def test_a_hundred_guesses_from_everywhere_shut_the_password_and_not_the_passkey_or_the_recovery_code(
    world: World,
) -> None:
    mia, authenticator = await with_password(world), Authenticator()
    await with_passkey(world, "ada", authenticator=authenticator)
    for at in range(MOST_IN_A_ROW):
        await _wrong(world, mia, Seen(f"10.0.{at}.1", "bot"))
    world.clock.at += MINUTE_MS
    await _fails(sign_in.by_password(world.house, mia.typed(world), seen=SEEN))
    assert (await by_passkey(world, authenticator)).level == 3
    by_paper = Typed(mia.login, PASSWORD, mia.codes[0])
    assert (await sign_in.by_recovery(world.house, by_paper, seen=ELSEWHERE)).staff == mia.staff
    world.clock.at += MINUTE_MS
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=ELSEWHERE)).staff == mia.staff


async def test_a_colleagues_passkey_forgives_nobody_from_their_network(world: World) -> None:
    mia, authenticator = await with_password(world), Authenticator()
    await with_passkey(world, "ada", authenticator=authenticator)
    await _wrong(world, mia)
    before = [row for row in await world.rows(Attempts) if row.failures]
    await by_passkey(world, authenticator)
    assert [row for row in await world.rows(Attempts) if row.failures] == before


async def test_a_passkey_that_fails_is_counted_by_its_network(world: World) -> None:
    authenticator = Authenticator(flags=UP)
    stranger = Authenticator()
    await with_passkey(world, authenticator=stranger)
    authenticator.passkeys = stranger.passkeys
    for _ in range(30):
        with pytest.raises(Unproven):
            await by_passkey(world, authenticator)
    with pytest.raises(Unavailable):
        await by_passkey(world, stranger)
    assert (await by_passkey(world, stranger, seen=ELSEWHERE)).level == 3


@pytest.mark.asvs("6.3.1")
async def test_a_hundred_tries_at_once_are_judged_one_by_one(world: World) -> None:
    mia = await with_password(world)
    ended = await asyncio.gather(*[_wrong(world, mia) for _ in range(100)])
    assert Counter(ended)["Unproven"] == 3
    assert Counter(ended)["signed in"] == 0


async def test_wrong_codes_are_counted_apart_from_wrong_passwords(world: World) -> None:
    mia = await with_password(world)
    for _ in range(2):
        await _fails(sign_in.by_password(world.house, Typed(mia.login, PASSWORD, "000000"), seen=SEEN))
    await _wrong(world, mia, ELSEWHERE)
    counted = {row.scope: row.failures for row in await world.rows(Attempts) if row.scope in (1, 5)}
    assert counted == {1: 1, 5: 2}


async def test_passwords_that_others_of_the_network_guess_at_make_no_passkey_wait(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    for at in range(40):
        with suppress(Unproven, Unavailable):
            await sign_in.by_password(world.house, Typed(f"nobody{at}@shop.example", "wrong", "000000"), seen=SEEN)
    with pytest.raises(Unavailable):
        await sign_in.by_password(world.house, Typed("nobody@shop.example", "wrong", "000000"), seen=SEEN)
    assert (await by_passkey(world, authenticator, seen=SEEN)).level == 3


@pytest.mark.parametrize("password", [PASSWORD, "wrong password here"])
async def test_whether_a_password_was_right_is_not_told_by_a_wait_for_codes(world: World, password: str) -> None:
    mia, said = await with_password(world), []
    for at in range(6):
        try:
            await sign_in.by_password(
                world.house, Typed(mia.login, password, "000000"), seen=Seen(f"10.0.{at}.1", "curl")
            )
        except (Unproven, Unavailable) as err:
            said.append(type(err))
    assert said == [Unproven] * 6


async def test_within_a_wait_for_codes_none_is_right_and_none_is_counted(world: World) -> None:
    mia = await with_password(world)
    for at in range(4):
        with pytest.raises(Unproven):
            await sign_in.by_password(
                world.house, Typed(mia.login, PASSWORD, "000000"), seen=Seen(f"10.0.{at}.1", "curl")
            )
    await _fails(sign_in.by_password(world.house, mia.typed(world), seen=SEEN))
    assert [row.failures for row in await world.rows(Attempts) if row.scope == Scope.CODE] == [3]
    world.clock.at += 30_000
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)).staff == mia.staff


async def test_wrong_passwords_that_are_cut_off_are_no_guesses_at_codes(world: World) -> None:
    mia = await with_password(world)
    commits, cut = world.house.commits, []

    class CutOff:
        """Nothing is done once the try was counted."""

        async def commit(self, change: Change) -> Committed | Conflict:
            cut.append(1)
            if len(cut) % 2 == 0:
                raise asyncio.CancelledError
            return await commits.commit(change)

    for at in range(4):
        world.house.commits = CutOff()  # type: ignore[assignment]  # all that is asked of it here
        with pytest.raises(asyncio.CancelledError):
            await sign_in.by_password(
                world.house, Typed(mia.login, "wrong", "000000"), seen=Seen(f"10.0.{at}.1", "curl")
            )
        world.house.commits = commits
    assert [row.failures for row in await world.rows(Attempts) if row.scope == Scope.CODE] == []
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)).staff == mia.staff


async def _guessed_everywhere(world: World, mia: Member) -> None:
    for at in range(MOST_IN_A_ROW):
        await _wrong(world, mia, Seen(f"10.0.{at}.1", "bot"))
    world.clock.pass_days(1 / 1_440)


@pytest.mark.asvs("6.3.1", "8.2.4")
async def test_where_somebody_signed_in_before_no_stranger_elsewhere_shuts_their_password(world: World) -> None:
    mia = await with_password(world)
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)).level == 2
    await _guessed_everywhere(world, mia)
    await _fails(sign_in.by_password(world.house, mia.typed(world), seen=ELSEWHERE))
    world.clock.pass_days(1 / 1_440)
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)).staff == mia.staff


async def test_after_ninety_days_a_network_is_like_any_other(world: World) -> None:
    mia = await with_password(world)
    await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    world.clock.pass_days(90)
    await _guessed_everywhere(world, mia)
    for _ in range(2):
        await _fails(sign_in.by_password(world.house, mia.typed(world), seen=SEEN))
        world.clock.pass_days(1 / 72)
    assert len(await world.rows(Session)) == 2


async def test_a_hundred_guesses_from_where_somebody_signed_in_shut_their_password_there(world: World) -> None:
    mia = await with_password(world)
    await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    for _ in range(MOST_IN_A_ROW):
        world.clock.pass_days(1 / 72)
        assert await _wrong(world, mia) == "Unproven"
    world.clock.pass_days(1 / 72)
    await _fails(sign_in.by_password(world.house, mia.typed(world), seen=SEEN))
