"""Members sign in by what they have; whoever has not all of it is told nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.crypto.passkeys import making_options
from lockhouse.crypto.staff import Cost
from lockhouse.errors import Unavailable, Unproven
from lockhouse.flows import session, sign_in, staff
from lockhouse.flows.sign_in import Typed
from lockhouse.gates.proving import LOCAL
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.change import Conflict
from lockhouse.model.rows import Attempts, Ceremony, Factor, FactorUse, LedgerEntry
from tests.authenticator import BE, BS, UP, UV, Authenticator
from tests.flows.signing import BY, ELSEWHERE, PASSWORD, SEEN, by_passkey, cheaply, with_passkey, with_password
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from lockhouse.model.change import Change, Committed
    from lockhouse.model.ports import Commits

SAID = r"^sign-in: expected factors that prove who it is$"
MINUTE_MS = 60_000


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    cheaply(made)
    return made


async def _means(world: World) -> list[tuple[str, int]]:
    told = [parse_entry(row.body).body.body() for row in await world.rows(LedgerEntry) if row.kind == "session"]
    return [(one["means"], one["level"]) for one in told if one["step"] == "begun"]


async def _fails(attempt: Awaitable[Any]) -> None:
    with pytest.raises(Unproven, match=SAID):
        await attempt


@pytest.mark.asvs("16.3.1")
async def test_a_passkey_signs_in_and_the_ledger_says_how(world: World) -> None:
    authenticator = Authenticator(flags=UP | UV | BE | BS)
    mia = await with_passkey(world, authenticator=authenticator)
    signed = await by_passkey(world, authenticator)
    live = await session.of(world.house, signed.token)
    assert live is not None
    assert (live.account.id, signed.staff, signed.level, live.session.level) == (mia, mia, 2, 2)
    assert await _means(world) == [("passkey", 2), ("passkey", 2)]
    assert (await verify_state(world.house)).findings.kept == []


async def test_a_passkey_that_stays_on_its_device_signs_in_at_three(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    assert (await by_passkey(world, authenticator)).level == 3


async def test_a_password_and_a_code_sign_in_at_two(world: World) -> None:
    mia = await with_password(world)
    signed = await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    assert (signed.staff, signed.level) == (mia.staff, 2)
    assert await _means(world) == [("one-time-codes", 2), ("one-time-codes", 2)]
    assert {row.failures for row in await world.rows(Attempts)} == {0}


async def test_a_login_is_taken_however_it_was_typed(world: World) -> None:
    mia = await with_password(world)
    typed = mia.typed(world)._replace(login=" MIA@Shop.example ")
    assert (await sign_in.by_password(world.house, typed, seen=SEEN)).staff == mia.staff


@pytest.mark.parametrize("wrong", ["login", "password", "code"])
@pytest.mark.asvs("6.3.8")
async def test_whatever_is_wrong_the_answer_is_the_same(world: World, wrong: str) -> None:
    mia = await with_password(world)
    typed = mia.typed(world)._replace(**{wrong: "000000"})
    await _fails(sign_in.by_password(world.house, typed, seen=SEEN))
    assert len(await _means(world)) == 1


@pytest.mark.asvs("6.3.3")
async def test_a_password_alone_is_not_enough(world: World) -> None:
    mia = await with_password(world)
    await _fails(sign_in.by_password(world.house, Typed(mia.login, PASSWORD, ""), seen=SEEN))
    assert len(await _means(world)) == 1


@pytest.mark.asvs("6.5.1")
async def test_a_code_works_once(world: World) -> None:
    mia = await with_password(world)
    typed = mia.typed(world)
    await sign_in.by_password(world.house, typed, seen=SEEN)
    await _fails(sign_in.by_password(world.house, typed, seen=SEEN))
    assert len(await _means(world)) == 2


async def _one_wins(*attempts: Awaitable[Any]) -> None:
    ended = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["Signed", "Unproven"]


async def test_of_two_who_use_one_code_at_once_one_is_signed_in(world: World) -> None:
    mia = await with_password(world)
    typed = mia.typed(world)
    await _one_wins(*[sign_in.by_password(world.house, typed, seen=seen) for seen in (SEEN, ELSEWHERE)])
    assert len(await _means(world)) == 2


@pytest.mark.asvs("6.5.1")
async def test_a_recovery_code_stands_in_for_the_app_once(world: World) -> None:
    mia = await with_password(world)
    typed = Typed(mia.login, PASSWORD, mia.codes[3].lower().replace("-", " "))
    assert (await sign_in.by_recovery(world.house, typed, seen=SEEN)).level == 2
    await _fails(sign_in.by_recovery(world.house, typed, seen=SEEN))
    assert (await sign_in.by_recovery(world.house, typed._replace(code=mia.codes[4]), seen=SEEN)).staff == mia.staff
    assert [means for means, _ in await _means(world)][1:] == ["recovery-codes", "recovery-codes"]


async def test_of_two_who_use_one_recovery_code_at_once_one_is_signed_in(world: World) -> None:
    mia = await with_password(world)
    typed = Typed(mia.login, PASSWORD, mia.codes[0])
    await _one_wins(*[sign_in.by_recovery(world.house, typed, seen=seen) for seen in (SEEN, ELSEWHERE)])
    assert len(await _means(world)) == 2


@pytest.mark.parametrize(("password", "code"), [("wrong password here", None), (PASSWORD, "nonsense"), (PASSWORD, "")])
async def test_paper_alone_opens_nothing(world: World, password: str, code: str | None) -> None:
    mia = await with_password(world)
    typed = Typed(mia.login, password, mia.codes[0] if code is None else code)
    await _fails(sign_in.by_recovery(world.house, typed, seen=SEEN))
    assert len(await _means(world)) == 1


@pytest.mark.asvs("6.3.4")
async def test_who_is_disabled_does_not_sign_in_by_any_way(world: World) -> None:
    authenticator = Authenticator()
    mia, ada = await with_passkey(world, authenticator=authenticator), await with_password(world, "ada")
    await staff.disable(world.house, mia, by=BY)
    await staff.disable(world.house, ada.staff, by=BY)
    await _fails(by_passkey(world, authenticator))
    await _fails(sign_in.by_password(world.house, ada.typed(world), seen=SEEN))
    await _fails(sign_in.by_recovery(world.house, Typed(ada.login, PASSWORD, ada.codes[0]), seen=SEEN))
    assert len(await _means(world)) == 2


class Between:
    """Commits, and first does something else where a session is about to be stored."""

    def __init__(self, behind: Commits, work: Callable[[], Awaitable[object]]) -> None:
        self._behind = behind
        self._work = [work]

    async def commit(self, change: Change) -> Committed | Conflict:
        if self._work and any(put.table == "session" for put in change.puts):
            await self._work.pop()()
        return await self._behind.commit(change)


async def test_who_is_disabled_while_they_sign_in_is_not_signed_in(world: World) -> None:
    authenticator = Authenticator()
    mia = await with_passkey(world, authenticator=authenticator)
    ended = len(await session.list_of(world.house, mia))
    world.house.commits = Between(world.house.commits, lambda: staff.disable(world.house, mia, by=BY))  # type: ignore[assignment]  # all that is asked of it here
    await _fails(by_passkey(world, authenticator))
    assert (ended, await session.list_of(world.house, mia)) == (1, [])


class Busy:
    """Somebody else is always quicker."""

    async def commit(self, change: Change) -> Conflict:
        return Conflict(change.puts[0].table, (), "attempts-moved")


@pytest.mark.asvs("16.5.2")
async def test_where_too_many_try_at_once_nobody_is_judged(world: World) -> None:
    mia = await with_password(world)
    world.house.commits = Busy()  # type: ignore[assignment]  # all that is asked of it here
    with pytest.raises(Unavailable, match="fewer tries at once"):
        await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)


async def test_an_answer_is_of_its_ceremony_and_a_ceremony_is_answered_once(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    asked, other = await sign_in.passkey_options(world.house), await sign_in.passkey_options(world.house)
    answer = authenticator.use(asked.json)
    with pytest.raises(Unproven):
        await sign_in.by_passkey(world.house, other.ceremony, answer, seen=SEEN)
    await sign_in.by_passkey(world.house, asked.ceremony, answer, seen=SEEN)
    for ceremony in (asked.ceremony, other.ceremony):
        with pytest.raises(Unproven, match="ceremony: expected one that is open"):
            await sign_in.by_passkey(world.house, ceremony, authenticator.use(other.json), seen=SEEN)


async def test_of_two_answers_to_one_ceremony_one_signs_in(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    asked = await sign_in.passkey_options(world.house)
    answers = [authenticator.use(asked.json) for _ in range(2)]
    await _one_wins(
        *[sign_in.by_passkey(world.house, asked.ceremony, one, seen=seen)
          for one, seen in zip(answers, (SEEN, ELSEWHERE), strict=True)]
    )  # fmt: skip
    assert len(await _means(world)) == 2


async def test_a_ceremony_is_over_after_five_minutes(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    asked = await sign_in.passkey_options(world.house)
    world.clock.at += 5 * MINUTE_MS
    with pytest.raises(Unproven):
        await sign_in.by_passkey(world.house, asked.ceremony, authenticator.use(asked.json), seen=SEEN)


async def test_a_passkey_that_was_copied_is_found_by_its_counter(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    await by_passkey(world, authenticator)
    authenticator.passkeys[-1].count = 0
    with pytest.raises(Unproven):
        await by_passkey(world, authenticator)
    assert [row.counter for row in await world.rows(FactorUse)] == [1]


@pytest.mark.parametrize("user", [bytes(16), None])
async def test_a_passkey_that_the_house_never_made_signs_nobody_in(world: World, user: bytes | None) -> None:
    mia = await with_passkey(world, authenticator=Authenticator())
    stranger = Authenticator()
    stranger.make(making_options(LOCAL, user=user or mia, login="mia", challenge=bytes(32)))
    await _fails(by_passkey(world, stranger))
    assert len(await _means(world)) == 1


async def test_a_hash_of_another_cost_is_made_again_when_the_password_is_right(world: World) -> None:
    mia = await with_password(world)
    [before] = [row for row in await world.rows(Factor) if row.kind == 2]
    cheaply(world, cost=Cost(memory_kib=16, iterations=1, lanes=1))
    world.clock.at += 1
    await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    [after] = [row for row in await world.rows(Factor) if row.kind == 2]
    assert before.box != after.box
    world.clock.at += 30_000
    assert (await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)).level == 2
    assert [row for row in await world.rows(Factor) if row.kind == 2] == [after]
    assert (await verify_state(world.house)).findings.kept == []


@pytest.mark.asvs("16.2.5")
async def test_no_row_and_no_entry_holds_what_somebody_typed_or_where_they_were(world: World) -> None:
    mia = await with_password(world)
    await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    await _fails(sign_in.by_password(world.house, mia.typed(world, "wrong password here"), seen=ELSEWHERE))
    asked = await sign_in.passkey_options(world.house)
    with pytest.raises(Unproven):
        await sign_in.by_passkey(world.house, asked.ceremony, "{}", seen=ELSEWHERE)
    assert len(await world.rows(Ceremony)) == 1
    whole = "".join(repr(table) for table in world.store.shelf.tables.values())
    for text in ("mia", PASSWORD, "192.0.2", "198.51.100", "Firefox", "$argon2id", *mia.codes):
        assert text not in whole


async def test_whoever_only_asks_to_sign_in_leaves_no_row(world: World) -> None:
    for _ in range(3):
        await sign_in.passkey_options(world.house)
    assert await world.rows(Ceremony) == []


async def test_a_sign_in_that_the_house_did_not_offer_or_that_was_prolonged_is_not_open(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    asked = await sign_in.passkey_options(world.house)
    token, until, tag = asked.ceremony.split(".")
    for made_up in ("", "..", f"{token}.{int(until) + 1}.{tag}", f"{token}.{until}.", f"{token}.x.{tag}"):
        with pytest.raises(Unproven, match="ceremony: expected one that is open"):
            await sign_in.by_passkey(world.house, made_up, authenticator.use(asked.json), seen=SEEN)
    assert (await sign_in.by_passkey(world.house, asked.ceremony, authenticator.use(asked.json), seen=SEEN)).level == 3
