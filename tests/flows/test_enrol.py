"""A link is used once, by whoever holds it, and ends in an account with factors and a session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.otp import STEP_S, code_at, read_seed
from lockhouse.errors import Invalid, Refused, Unproven
from lockhouse.flows import enrol, session, sign_in, staff
from lockhouse.gates.staff import read
from lockhouse.gates.staff.factors import kinds, label_of
from lockhouse.gates.staff.passwords import HINTS
from lockhouse.gates.state import verify_state
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Factor, Invite, LedgerEntry, Session, Staff
from tests.authenticator import BE, BS, UP, UV, Authenticator
from tests.flows.signing import BY, PASSWORD, SEEN, cheaply, invited, with_passkey, with_password
from tests.flows.test_staff import ROLES
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

CLOSED = "link: expected one that is open"


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    cheaply(made)
    return made


def _code(world: World, seed: str) -> str:
    return code_at(read_seed(seed), world.clock.at // 1_000 // STEP_S)


async def _by_passkey(world: World, link: str, authenticator: Authenticator | None = None) -> enrol.Enrolled:
    begun = await enrol.begin(world.house, link)
    answer = (authenticator or Authenticator()).make(begun.options_json)
    return await enrol.with_passkey(world.house, begun.ceremony, answer, name="laptop", seen=SEEN)


async def _by_password(world: World, link: str) -> enrol.Enrolled:
    asked = await enrol.with_password(world.house, link, PASSWORD)
    return await enrol.confirm_totp(world.house, asked.ceremony, _code(world, asked.seed), seen=SEEN)


async def test_whoever_opens_a_link_enrols_a_passkey_and_is_signed_in(world: World) -> None:
    link = await invited(world)
    begun = await enrol.begin(world.house, link)
    assert begun.called == ("mia@shop.example", "mia")
    done = await _by_passkey(world, link)
    live = await session.of(world.house, done.session_token)
    assert live is not None
    assert (live.account.id, live.account.state, live.account.step, done.level) == (done.staff, 1, "enrolled", 3)
    assert done.recovery_codes == ()
    [factor] = await read.factors_of(world.house, done.staff)
    assert (factor.kind, label_of(world.house, factor)) == (1, "laptop")
    assert await world.rows(Invite) == []
    told = [row.kind for row in await world.rows(LedgerEntry) if row.kind in {"staff", "factor", "session"}]
    assert sorted(told) == ["factor", "session", "staff", "staff"]
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_synced_passkey_enrols_at_two(world: World) -> None:
    assert (await _by_passkey(world, await invited(world), Authenticator(flags=UP | UV | BE | BS))).level == 2


async def test_whoever_has_no_passkey_enrols_a_password_an_app_and_gets_codes_for_its_loss(world: World) -> None:
    link = await invited(world)
    asked = await enrol.with_password(world.house, link, PASSWORD)
    assert asked.uri.startswith("otpauth://totp/Northwind:mia%40shop.example?secret=")
    [waiting] = await world.rows(Staff)
    assert (waiting.state, await world.rows(Factor)) == (0, [])
    with pytest.raises(Unproven, match="code: expected the one that the app shows now"):
        await enrol.confirm_totp(world.house, asked.ceremony, "000000", seen=SEEN)
    done = await enrol.confirm_totp(world.house, asked.ceremony, _code(world, asked.seed), seen=SEEN)
    assert (len(done.recovery_codes), done.level) == (10, 2)
    assert sorted(kinds(await read.factors_of(world.house, done.staff))) == [2, 3, 4]
    assert (await verify_state(world.house)).findings.kept == []


async def test_the_code_that_enrolled_does_not_sign_in(world: World) -> None:
    link = await invited(world)
    asked = await enrol.with_password(world.house, link, PASSWORD)
    code = _code(world, asked.seed)
    await enrol.confirm_totp(world.house, asked.ceremony, code, seen=SEEN)
    with pytest.raises(Unproven):
        await sign_in.by_password(world.house, sign_in.Typed("mia@shop.example", PASSWORD, code), seen=SEEN)


@pytest.mark.parametrize(
    ("password", "got"),
    [("short1!", "too-short"), ("password1", "guessed-first"), ("mia@shop.example", "of-this-house"),
     ("northwind2026", "of-this-house"), ("x" * 300, "too-long"), ("\ud800" * 9, "not-text")],
)  # fmt: skip
@pytest.mark.asvs("6.2.4")
async def test_a_weak_password_is_not_taken_and_the_hint_says_why(world: World, password: str, got: str) -> None:
    with pytest.raises(Invalid) as caught:
        await enrol.with_password(world.house, await invited(world), password)
    assert (caught.value.where, caught.value.got, caught.value.hint) == ("password", got, HINTS[got])
    assert password not in caught.value.text


@pytest.mark.parametrize("link", ["", "no such link"])
async def test_what_is_no_link_opens_nothing(world: World, link: str) -> None:
    for attempt in (enrol.begin(world.house, link), enrol.with_password(world.house, link, PASSWORD)):
        with pytest.raises(Unproven, match=CLOSED):
            await attempt


async def _closed(world: World, link: str) -> None:
    for attempt in (enrol.begin(world.house, link), enrol.with_password(world.house, link, PASSWORD)):
        with pytest.raises(Unproven, match=CLOSED):
            await attempt


async def test_a_link_is_used_once_by_either_way(world: World) -> None:
    await world.approve(ROLES)
    link = await invited(world)
    begun, asked = await enrol.begin(world.house, link), await enrol.with_password(world.house, link, PASSWORD)
    await _by_passkey(world, link)
    await _closed(world, link)
    with pytest.raises(Unproven, match=CLOSED):
        await enrol.with_passkey(
            world.house, begun.ceremony, Authenticator().make(begun.options_json), name="", seen=SEEN
        )
    with pytest.raises(Unproven, match=CLOSED):
        await enrol.confirm_totp(world.house, asked.ceremony, _code(world, asked.seed), seen=SEEN)


async def _one_wins(*attempts: Awaitable[Any]) -> None:
    ended = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["Enrolled", "Unproven"]


@pytest.mark.asvs("6.4.1")
async def test_of_two_who_use_one_link_at_once_one_enrols(world: World) -> None:
    link = await invited(world)
    await _one_wins(_by_passkey(world, link), _by_passkey(world, link))
    assert len(await world.rows(Factor)) == 1


async def test_of_two_ways_at_once_one_enrols(world: World) -> None:
    link = await invited(world)
    await _one_wins(_by_passkey(world, link), _by_password(world, link))
    assert (len(await world.rows(Session)), await world.rows(Invite)) == (1, [])


@pytest.mark.asvs("6.4.1")
async def test_a_link_is_over_after_a_day_after_a_newer_one_and_when_its_account_is_disabled(world: World) -> None:
    link = await invited(world)
    [mia] = await world.rows(Staff)
    newer = await staff.link_anew(world.house, mia.id, by=BY)
    await _closed(world, link)
    await enrol.begin(world.house, newer.token)
    await staff.disable(world.house, mia.id, by=BY)
    await _closed(world, newer.token)
    other = await invited(world, "ada")
    world.clock.at += DAY_MS
    await _closed(world, other)
    assert await world.rows(Factor) == []


@pytest.mark.asvs("6.6.2")
async def test_an_answer_made_elsewhere_or_to_another_ceremony_enrols_nothing(world: World) -> None:
    link, other = await invited(world), await invited(world, "ada")
    mine, theirs = await enrol.begin(world.house, link), await enrol.begin(world.house, other)
    for ceremony, answer in (
        (mine.ceremony, Authenticator(origin="https://evil.example").make(mine.options_json)),
        (theirs.ceremony, Authenticator().make(mine.options_json)),
        (theirs.ceremony, Authenticator().make(theirs.options_json)),
    ):
        with pytest.raises(Unproven):
            await enrol.with_passkey(world.house, ceremony, answer, name="", seen=SEEN)
    # A ceremony that was answered wrongly is over; the link is not.
    assert (await _by_passkey(world, other)).level == 3


async def test_a_ceremony_of_another_kind_enrols_nothing(world: World) -> None:
    link = await invited(world)
    asked = await enrol.with_password(world.house, link, PASSWORD)
    begun = await enrol.begin(world.house, link)
    with pytest.raises(Unproven, match="ceremony"):
        await enrol.confirm_totp(world.house, begun.ceremony, _code(world, asked.seed), seen=SEEN)
    with pytest.raises(Unproven, match="ceremony"):
        await enrol.with_passkey(
            world.house, asked.ceremony, Authenticator().make(begun.options_json), name="", seen=SEEN
        )


@pytest.mark.asvs("6.4.3")
async def test_whoever_had_a_passkey_enrols_anew_with_no_less(world: World) -> None:
    await world.approve(ROLES)
    mia = await with_passkey(world, authenticator=Authenticator())
    link = await staff.recover_local(world.house, mia, by=BY)
    world.clock.at += 1
    with pytest.raises(Refused, match="expected factors that are no weaker") as caught:
        await enrol.with_password(world.house, link.token, PASSWORD)
    assert caught.value.reasons == ("lowers-factors",)
    done = await _by_passkey(world, link.token)
    live = await session.of(world.house, done.session_token)
    assert live is not None
    assert live.account.active_at == (await read.factors_of(world.house, mia))[-1].created_at


@pytest.mark.asvs("6.4.3")
async def test_whoever_had_an_app_enrols_anew_by_either_way(world: World) -> None:
    await world.approve(ROLES)
    mia = await with_password(world)
    link = await staff.recover_local(world.house, mia.staff, by=BY)
    world.clock.at += 1
    assert (await _by_password(world, link.token)).level == 2
