"""Whoever has a cookie, and nothing else, does nothing that takes a proof: each proof is of one deed, and used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.access.step_up import action_hash
from lockhouse.errors import Conflict, Unavailable, Unproven
from lockhouse.flows import session, sign_in, step_up
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.steps import Meant, used_up
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import LedgerEntry
from tests.authenticator import Authenticator
from tests.flows.signing import SEEN, by_passkey, cheaply, with_passkey, with_password
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.rows import Session
    from tests.flows.signing import Member

ANNA, BERND = b"anna------------", b"bernd-----------"
REVEAL = Meant("person-reveal", action_hash("person-reveal", persons=[ANNA], fields=["phone"]))
OTHER = Meant("person-reveal", action_hash("person-reveal", persons=[BERND], fields=["phone"]))
CHECK = Meant("person-check", action_hash("person-check", persons=[ANNA]))
MINUTE_MS = 60_000


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    cheaply(made)
    return made


async def _in(world: World, authenticator: Authenticator) -> Session:
    live = await session.of(world.house, (await by_passkey(world, authenticator)).token)
    assert live is not None
    return live.session


async def _proof(world: World, own: Session, authenticator: Authenticator, meant: Meant = REVEAL) -> str:
    asked, ceremony = await step_up.options(world.house, own, meant)
    return await step_up.by_passkey(world.house, own, meant, ceremony=ceremony, answer=authenticator.use(asked))


async def _do(world: World, own: Session, meant: Meant = REVEAL, *, proof: str = "") -> None:
    deed = Deed(world.house)
    await used_up(world.house, deed, own, meant, proof=proof)
    await deed.done()


@pytest.mark.asvs("7.5.3")
async def test_a_proof_is_of_one_deed_and_used_up_by_it(world: World) -> None:
    authenticator = Authenticator()
    mia = await with_passkey(world, authenticator=authenticator)
    own = await _in(world, authenticator)
    proof = await _proof(world, own, authenticator)
    with pytest.raises(Unproven, match="person-reveal: expected a fresh proof") as caught:
        await _do(world, own, OTHER, proof=proof)
    assert caught.value.reasons == ("another-action",)
    await _do(world, own, proof=proof)
    with pytest.raises(Unproven):
        await _do(world, own, proof=proof)
    [told] = [parse_entry(row.body).body.body() for row in await world.rows(LedgerEntry) if row.kind == "step-up"]
    assert (told["staff"], told["action"], told["hash"]) == (mia.hex(), "person-reveal", REVEAL.hash.hex())
    assert (await verify_state(world.house)).findings.kept == []


@pytest.mark.asvs("7.5.3")
async def test_a_cookie_that_just_stepped_up_reveals_nothing_else(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    own = await _in(world, authenticator)
    await _proof(world, own, authenticator)
    for meant in (REVEAL, OTHER):
        with pytest.raises(Unproven) as caught:
            await _do(world, own, meant)
        assert caught.value.reasons == ("step-up",)


async def test_a_proof_of_another_session_is_none(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    own, other = await _in(world, authenticator), await _in(world, authenticator)
    proof = await _proof(world, own, authenticator)
    with pytest.raises(Unproven):
        await _do(world, other, proof=proof)
    asked, ceremony = await step_up.options(world.house, own, REVEAL)
    with pytest.raises(Unproven, match="what was asked here"):
        await step_up.by_passkey(world.house, other, REVEAL, ceremony=ceremony, answer=authenticator.use(asked))


async def test_an_answer_to_one_question_is_none_to_another(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    own = await _in(world, authenticator)
    asked, ceremony = await step_up.options(world.house, own, REVEAL)
    with pytest.raises(Unproven, match="what was asked here"):
        await step_up.by_passkey(world.house, own, OTHER, ceremony=ceremony, answer=authenticator.use(asked))
    (asked, _), (_, ceremony) = [await step_up.options(world.house, own, one) for one in (REVEAL, OTHER)]
    with pytest.raises(Unproven, match="passkey: expected an answer that proves"):
        await step_up.by_passkey(world.house, own, OTHER, ceremony=ceremony, answer=authenticator.use(asked))


async def test_a_passkey_of_a_colleague_is_no_proof(world: World) -> None:
    mine, theirs = Authenticator(), Authenticator()
    await with_passkey(world, authenticator=mine)
    await with_passkey(world, "ada", authenticator=theirs)
    own = await _in(world, mine)
    asked, ceremony = await step_up.options(world.house, own, REVEAL)
    with pytest.raises(Unproven, match="of the member who is signed in"):
        await step_up.by_passkey(world.house, own, REVEAL, ceremony=ceremony, answer=theirs.use(asked))


async def test_a_proof_is_five_minutes_old_at_most(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    own = await _in(world, authenticator)
    proof = await _proof(world, own, authenticator)
    world.clock.at += 5 * MINUTE_MS
    with pytest.raises(Unproven):
        await _do(world, own, proof=proof)


async def test_of_two_who_use_one_proof_at_once_one_does(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    own = await _in(world, authenticator)
    proof = await _proof(world, own, authenticator)
    first, second = Deed(world.house), Deed(world.house)
    for deed in (first, second):
        await used_up(world.house, deed, own, REVEAL, proof=proof)
    await first.done()
    with pytest.raises(Conflict):
        await second.done()


async def test_checking_takes_one_proof_a_shift(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    own = await _in(world, authenticator)
    with pytest.raises(Unproven):
        await _do(world, own, CHECK)
    assert await _proof(world, own, authenticator, CHECK) == ""
    [stepped] = [one.session for one in await session.list_of(world.house) if one.session.id == own.id]
    await _do(world, stepped, CHECK)
    with pytest.raises(Unproven):
        await _do(world, stepped, REVEAL)
    world.clock.at += 8 * 60 * MINUTE_MS
    with pytest.raises(Unproven) as caught:
        await _do(world, stepped, CHECK)
    assert caught.value.reasons == ("too-old",)


async def test_a_session_that_ended_meanwhile_steps_up_to_nothing(world: World) -> None:
    authenticator = Authenticator()
    await with_passkey(world, authenticator=authenticator)
    own = await _in(world, authenticator)
    asked, ceremony = await step_up.options(world.house, own, REVEAL)
    await session.end(world.house, own.id, by="os-user:1000")
    with pytest.raises(Conflict, match="step-up: expected the session as it was"):
        await step_up.by_passkey(world.house, own, REVEAL, ceremony=ceremony, answer=authenticator.use(asked))


async def _in_by_password(world: World) -> tuple[Member, Session]:
    mia = await with_password(world)
    live = await session.of(world.house, (await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)).token)
    assert live is not None
    world.clock.at += 30_000
    return mia, live.session


async def test_whoever_has_an_app_steps_up_by_a_code_but_not_for_keys_and_policy(world: World) -> None:
    mia, own = await _in_by_password(world)
    proof = await step_up.by_password(world.house, own, REVEAL, typed=mia.typed(world), seen=SEEN)
    await _do(world, own, proof=proof)
    [told] = [parse_entry(row.body).body.body() for row in await world.rows(LedgerEntry) if row.kind == "step-up"]
    assert told["means"] == "one-time-codes"
    rotate = Meant("key-rotate", action_hash("key-rotate"))
    with pytest.raises(Unproven, match="step-up: expected a passkey for this"):
        await step_up.by_password(world.house, own, rotate, typed=mia.typed(world), seen=SEEN)


async def test_a_thief_of_a_cookie_guesses_the_password_as_slowly_as_at_the_door(world: World) -> None:
    mia, own = await _in_by_password(world)
    wrong = mia.typed(world, "wrong password here")
    for _ in range(3):
        with pytest.raises(Unproven):
            await step_up.by_password(world.house, own, REVEAL, typed=wrong, seen=SEEN)
    with pytest.raises(Unavailable):
        await step_up.by_password(world.house, own, REVEAL, typed=mia.typed(world), seen=SEEN)
    used = mia.typed(world)
    world.clock.at += 1_000
    await step_up.by_password(world.house, own, REVEAL, typed=used, seen=SEEN)
    with pytest.raises(Unproven):
        await step_up.by_password(world.house, own, REVEAL, typed=used, seen=SEEN)


async def test_whoever_has_no_passkey_is_told_to_enrol_one(world: World) -> None:
    await with_password(world)
    [one] = await session.list_of(world.house)
    with pytest.raises(Unproven, match="expected somebody with a passkey"):
        await step_up.options(world.house, one.session, REVEAL)
    assert one.seen == SEEN
