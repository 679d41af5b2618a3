"""What works once works once, whoever is quickest: links, ceremonies, codes, recovery codes, on each store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse import wiring
from lockhouse.crypto.otp import STEP_S, code_at, read_seed
from lockhouse.crypto.staff import StaffKeys
from lockhouse.errors import Paused, Unavailable, Unproven
from lockhouse.flows import enrol, sign_in, staff
from lockhouse.flows.sign_in import Typed
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.ceremonies import SIGN_IN, What, begun, taken
from lockhouse.gates.staff.sessions import Seen
from lockhouse.model.rows import Ceremony, Factor, FactorUse, Session
from tests.attack.real_house import found
from tests.authenticator import Authenticator
from tests.flows.signing import BY, CHEAP, PASSWORD
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from pathlib import Path

    from lockhouse.gates.house import House

RUNNERS = 8


@pytest.fixture(params=["memory", "sqlite"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """A house whose hashes cost next to nothing, over each store."""
    if request.param == "memory":
        yield _cheap((await World.make(tmp_path)).house)
        return
    async with wiring.opened(await found(tmp_path), role="console") as opened:
        yield _cheap(opened.house)


def _cheap(house: House) -> House:
    house.staff_keys = StaffKeys.of(house.integrity_key, house=house.id, cost=CHEAP)
    return house


def _seen(at: int) -> Seen:
    return Seen(f"10.0.0.{at}", "Firefox")


async def _link(house: House) -> str:
    return (await staff.invite(house, Called("mia@shop.example", "Mia"), by=BY)).token


async def _one_of(attempts: list[Awaitable[Any]]) -> None:
    """All at once: one gets through, and every other is told that nothing was proven, or to wait."""
    ended = await asyncio.gather(*attempts, return_exceptions=True)
    failed = [one for one in ended if isinstance(one, BaseException)]
    assert len(failed) == len(ended) - 1
    assert all(isinstance(one, (Unproven, Unavailable)) for one in failed), failed


async def _all(house: House, table: Any) -> list[Any]:
    return [row async for rows in house.reads.scan(table) for row in rows]


@pytest.mark.asvs("6.4.1")
async def test_one_link_enrols_one(house: House) -> None:
    link = await _link(house)
    asked = [await enrol.begin(house, link) for _ in range(RUNNERS)]
    await _one_of(
        [
            enrol.with_passkey(house, one.ceremony, Authenticator().make(one.options_json), name="", seen=_seen(at))
            for at, one in enumerate(asked)
        ]
    )
    assert len(await _all(house, Factor)) == len(await _all(house, Session)) == 1


async def test_one_answer_signs_in_once(house: House) -> None:
    authenticator, link = Authenticator(counts=False), await _link(house)
    enrolling = await enrol.begin(house, link)
    answer = authenticator.make(enrolling.options_json)
    await enrol.with_passkey(house, enrolling.ceremony, answer, name="", seen=_seen(99))
    asked = await sign_in.passkey_options(house)
    answer = authenticator.use(asked.json)
    await _one_of([sign_in.by_passkey(house, asked.ceremony, answer, seen=_seen(at)) for at in range(RUNNERS)])
    assert len(await _all(house, Session)) == 2


async def test_one_ceremony_ends_once(house: House) -> None:
    token = await begun(house, What(SIGN_IN))
    await _one_of([taken(house, token, SIGN_IN) for _ in range(RUNNERS)])
    assert await _all(house, Ceremony) == []


async def _with_app(house: House) -> tuple[str, tuple[str, ...]]:
    """The seed and recovery codes of somebody who enrolled half a minute ago, as far as their row says."""
    asked = await enrol.with_password(house, await _link(house), PASSWORD)
    step = house.clock.now_ms() // 1_000 // STEP_S
    done = await enrol.confirm_totp(
        house, asked.ceremony, code_at(read_seed(asked.seed), step - 1), seen=_seen(99)
    )  # fmt: skip
    return asked.seed, done.recovery_codes


@pytest.mark.asvs("6.5.1")
async def test_one_code_signs_in_once(house: House) -> None:
    seed, _ = await _with_app(house)
    code = code_at(read_seed(seed), house.clock.now_ms() // 1_000 // STEP_S)
    typed = Typed("mia@shop.example", PASSWORD, code)
    await _one_of([sign_in.by_password(house, typed, seen=_seen(at)) for at in range(RUNNERS)])
    assert len(await _all(house, Session)) == 2


@pytest.mark.asvs("6.5.1")
async def test_one_recovery_code_signs_in_once(house: House) -> None:
    _, codes = await _with_app(house)
    typed = Typed("mia@shop.example", PASSWORD, codes[9])
    await _one_of([sign_in.by_recovery(house, typed, seen=_seen(at)) for at in range(RUNNERS)])
    assert len(await _all(house, Session)) == 2
    assert 1 << 9 in {row.counter for row in await _all(house, FactorUse)}


async def test_a_whole_office_signs_in_at_once_from_one_network(house: House) -> None:
    authenticator, link = Authenticator(counts=False), await _link(house)
    enrolling = await enrol.begin(house, link)
    answer = authenticator.make(enrolling.options_json)
    await enrol.with_passkey(house, enrolling.ceremony, answer, name="", seen=_seen(1))
    asked = [await sign_in.passkey_options(house) for _ in range(25)]
    ended = await asyncio.gather(
        *[sign_in.by_passkey(house, one.ceremony, authenticator.use(one.json), seen=_seen(1)) for one in asked],
        return_exceptions=True,
    )
    # One passkey is used once at a time, whoever is first; nobody is told that too many try.
    assert not any(isinstance(one, Unavailable) for one in ended)


async def test_an_office_that_types_at_once_is_judged_whole(house: House) -> None:
    tries = [sign_in.by_password(house, Typed(f"{at}@shop.example", "wrong", ""), seen=_seen(1)) for at in range(25)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(one) for one in ended} == {Unproven}


async def test_tries_at_once_do_not_outrun_the_count(house: House) -> None:
    await _with_app(house)
    typed = Typed("mia@shop.example", "wrong password here", "000000")
    tries = [sign_in.by_password(house, typed, seen=_seen(1)) for _ in range(40)]
    ended = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(one) for one in ended if type(one) is not Paused] == [Unproven] * 3
