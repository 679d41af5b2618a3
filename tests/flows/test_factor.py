"""A member adds and ends their own factors, by a proof for each, and is never left with less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from lockhouse.errors import Conflict, NotFound, Refused, Unproven
from lockhouse.flows import enrol, factor, session, sign_in, staff, step_up
from lockhouse.flows.sign_in import Typed
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.staff.steps import adding
from lockhouse.gates.staff.told import FACTOR_LIVE
from lockhouse.gates.state import verify_state
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import Factor, LedgerEntry, QueuedMail, Staff
from tests.authenticator import BE, UP, UV, Authenticator, b64
from tests.flows.signing import BY, PASSWORD, SEEN, by_passkey, cheaply, with_passkey, with_password
from tests.world import POLICY, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from lockhouse.gates.staff.steps import Meant
    from lockhouse.model.change import Change, Committed
    from lockhouse.model.change import Conflict as Stopped
    from lockhouse.model.rows import Session
    from tests.flows.signing import Member

ROLES = POLICY + "  admin: {may: [staff.*]}\n"


@pytest.fixture
async def world(tmp_path: Path) -> World:
    made = await World.make(tmp_path)
    cheaply(made)
    return made


async def _session(world: World, token: str) -> Session:
    live = await session.of(world.house, token)
    assert live is not None
    return live.session


async def _in(world: World, authenticator: Authenticator) -> Session:
    await with_passkey(world, authenticator=authenticator)
    return await _session(world, (await by_passkey(world, authenticator)).token)


async def _in_by_password(world: World) -> tuple[Member, Session]:
    mia = await with_password(world)
    signed = await sign_in.by_password(world.house, mia.typed(world), seen=SEEN)
    world.clock.at += 30_000
    return mia, await _session(world, signed.token)


async def _proof(world: World, own: Session, authenticator: Authenticator, meant: Meant) -> str:
    asked, ceremony = await step_up.options(world.house, own, meant)
    answer = authenticator.use(asked, passkey=authenticator.passkeys[0])
    return await step_up.by_passkey(world.house, own, meant, ceremony=ceremony, answer=answer)


@pytest.mark.asvs("6.5.6")
async def test_a_second_passkey_signs_in_and_then_the_first_may_end(world: World) -> None:
    first, second = Authenticator(), Authenticator(flags=UP | UV | BE)
    own = await _in(world, first)
    asked, ceremony = await factor.options(world.house, own)
    assert b64(first.passkeys[0].id) in asked
    proof = await _proof(world, own, first, adding(own.staff))
    await factor.add_passkey(world.house, own, (ceremony, second.make(asked)), name="phone", proof=proof)
    shown = await factor.list_of(world.house, own.staff)
    assert [(one.label, one.synced) for one in shown] == [("laptop", False), ("phone", True)]
    assert (await by_passkey(world, second)).staff == own.staff
    gone = shown[0].factor.id
    proof = await _proof(world, own, first, factor.ending(own.staff, gone))
    await factor.end(world.house, own, gone, proof=proof)
    with pytest.raises(Unproven):
        await by_passkey(world, first)
    assert (await by_passkey(world, second)).staff == own.staff
    entries = sorted((row for row in await world.rows(LedgerEntry) if row.kind == "factor"), key=lambda row: row.id)
    told = [parse_entry(row.body).body.body() for row in entries]
    assert [(one["step"], one["by"]) for one in told][1:] == [
        ("added", f"staff:{own.staff.hex()}"), ("ended", f"staff:{own.staff.hex()}"),
    ]  # fmt: skip
    assert (await verify_state(world.house)).findings.kept == []


@pytest.mark.asvs("6.3.7")
async def test_its_owner_hears_by_mail_of_a_passkey_that_is_added_or_ended(world: World) -> None:
    first, second = Authenticator(), Authenticator()
    own = await _in(world, first)
    world.house.sends_mail = True
    asked, ceremony = await factor.options(world.house, own)
    proof = await _proof(world, own, first, adding(own.staff))
    await factor.add_passkey(world.house, own, (ceremony, second.make(asked)), name="phone", proof=proof)
    assert [row.kind for row in await world.rows(QueuedMail)] == ["factor-added"]
    gone = (await factor.list_of(world.house, own.staff))[1].factor.id
    proof = await _proof(world, own, first, factor.ending(own.staff, gone))
    await factor.end(world.house, own, gone, proof=proof)
    assert sorted(row.kind for row in await world.rows(QueuedMail)) == ["factor-added", "factor-ended"]


@pytest.mark.asvs("7.5.1")
async def test_a_stolen_cookie_adds_and_ends_nothing(world: World) -> None:
    authenticator = Authenticator()
    own = await _in(world, authenticator)
    asked, ceremony = await factor.options(world.house, own)
    with pytest.raises(Unproven, match="factor-add: expected a fresh proof"):
        await factor.add_passkey(world.house, own, (ceremony, Authenticator().make(asked)), name="", proof="")
    other = await _proof(world, own, authenticator, factor.ending(own.staff, b"another factor.."))
    asked, ceremony = await factor.options(world.house, own)
    with pytest.raises(Unproven, match="factor-add: expected a fresh proof"):
        await factor.add_passkey(world.house, own, (ceremony, Authenticator().make(asked)), name="", proof=other)
    assert len(await factor.list_of(world.house, own.staff)) == 1


async def test_an_answer_asked_for_in_another_session_adds_nothing(world: World) -> None:
    authenticator = Authenticator()
    own = await _in(world, authenticator)
    other = await _session(world, (await by_passkey(world, authenticator)).token)
    asked, ceremony = await factor.options(world.house, other)
    proof = await _proof(world, own, authenticator, adding(own.staff))
    with pytest.raises(Unproven, match="what was asked here"):
        await factor.add_passkey(world.house, own, (ceremony, Authenticator().make(asked)), name="", proof=proof)


async def test_the_last_passkey_stays(world: World) -> None:
    own = await _in(world, Authenticator())
    [only] = await factor.list_of(world.house, own.staff)
    with pytest.raises(Refused) as caught:
        await factor.end(world.house, own, only.factor.id, proof="")
    assert caught.value.reasons == ("lowers-factors",)
    with pytest.raises(NotFound):
        await factor.end(world.house, own, b"no such factor..", proof="")


async def test_new_recovery_codes_end_those_before_them(world: World) -> None:
    mia, own = await _in_by_password(world)
    await sign_in.by_recovery(world.house, Typed(mia.login, PASSWORD, mia.codes[0]), seen=SEEN)
    assert [one.left for one in await factor.list_of(world.house, mia.staff)] == [None, None, 9]
    meant = adding(mia.staff)
    proof = await step_up.by_password(world.house, own, meant, typed=mia.typed(world), seen=SEEN)
    codes = await factor.codes_anew(world.house, own, proof=proof)
    assert [one.left for one in await factor.list_of(world.house, mia.staff)] == [None, None, 10]
    with pytest.raises(Unproven):
        await sign_in.by_recovery(world.house, Typed(mia.login, PASSWORD, mia.codes[1]), seen=SEEN)
    assert (await sign_in.by_recovery(world.house, Typed(mia.login, PASSWORD, codes[1]), seen=SEEN)).staff == mia.staff
    assert (await verify_state(world.house)).findings.kept == []


async def test_whoever_has_an_app_adds_a_passkey_and_ends_the_app_no_sooner(world: World) -> None:
    mia, own = await _in_by_password(world)
    app = (await factor.list_of(world.house, mia.staff))[1].factor.id
    with pytest.raises(Refused):
        await factor.end(world.house, own, app, proof="")
    asked, ceremony = await factor.options(world.house, own)
    meant = adding(mia.staff)
    proof = await step_up.by_password(world.house, own, meant, typed=mia.typed(world), seen=SEEN)
    authenticator = Authenticator()
    answer = (ceremony, authenticator.make(asked))
    await factor.add_passkey(world.house, own, answer, name="", proof=proof)
    proof = await _proof(world, own, authenticator, factor.ending(mia.staff, app))
    await factor.end(world.house, own, app, proof=proof)
    assert [one.factor.kind for one in await factor.list_of(world.house, mia.staff)] == [2, 4, 1]


async def test_whoever_ended_their_codes_gets_new_ones(world: World) -> None:
    mia, own = await _in_by_password(world)
    old = (await factor.list_of(world.house, mia.staff))[2].factor.id
    meant = factor.ending(mia.staff, old)
    proof = await step_up.by_password(world.house, own, meant, typed=mia.typed(world), seen=SEEN)
    await factor.end(world.house, own, old, proof=proof)
    world.clock.at += 30_000
    meant = adding(mia.staff)
    proof = await step_up.by_password(world.house, own, meant, typed=mia.typed(world), seen=SEEN)
    assert len(await factor.codes_anew(world.house, own, proof=proof)) == 10


async def test_an_account_that_somebody_deleted_by_sql_is_asked_for_nothing(world: World) -> None:
    own = await _in(world, Authenticator())
    [row] = await world.rows(Staff)
    world.drop(row)
    with pytest.raises(Unproven, match="expected an account that is there"):
        await factor.options(world.house, own)


async def test_no_codes_stand_in_for_an_app_that_there_is_not(world: World) -> None:
    own = await _in(world, Authenticator())
    with pytest.raises(NotFound, match="recovery codes: expected an app"):
        await factor.codes_anew(world.house, own, proof="")


async def test_a_session_that_ended_meanwhile_adds_nothing(world: World) -> None:
    authenticator = Authenticator()
    own = await _in(world, authenticator)
    asked, ceremony = await factor.options(world.house, own)
    proof = await _proof(world, own, authenticator, adding(own.staff))
    await session.end(world.house, own.id, by="os-user:1000")
    with pytest.raises(Conflict, match="factor: expected everything as it was read"):
        await factor.add_passkey(world.house, own, (ceremony, Authenticator().make(asked)), name="", proof=proof)


class _Before:
    """Something is done just before the first Change that puts such a row is stored."""

    def __init__(self, world: World, table: str, deed: Callable[[], Awaitable[object]]) -> None:
        self._commits = world.house.commits
        self._table, self._deeds = table, [deed]
        world.house.commits = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._commits, name)

    async def commit(self, change: Change) -> Committed | Stopped:
        if any(put.table == self._table for put in change.puts):
            while self._deeds:
                await self._deeds.pop()()
        return await self._commits.commit(change)


async def test_a_passkey_that_is_added_while_a_reset_is_carried_out_opens_nothing(world: World) -> None:
    await world.approve(ROLES)
    first, thief = Authenticator(), Authenticator()
    own = await _in(world, first)
    asked, ceremony = await factor.options(world.house, own)
    proof, answer = await _proof(world, own, first, adding(own.staff)), thief.make(asked)
    busy = (await world.second()).house
    _Before(
        world, "staff", lambda: factor.add_passkey(busy, own, (ceremony, answer), name="thief's", proof=proof)
    )  # fmt: skip
    link = await staff.recover_local(world.house, own.staff, by=BY)
    assert await factor.list_of(world.house, own.staff) == []
    with pytest.raises(Unproven):
        await by_passkey(world, thief)
    begun = await enrol.begin(world.house, link.token)
    await enrol.with_passkey(world.house, begun.ceremony, Authenticator().make(begun.options_json), name="", seen=SEEN)
    assert (await verify_state(world.house)).findings.kept == []


async def test_what_a_reset_that_was_cut_off_left_live_opens_nothing(world: World) -> None:
    await world.approve(ROLES)
    left = Authenticator()
    mia = await with_passkey(world, authenticator=left)
    link = await staff.recover_local(world.house, mia, by=BY)
    [over] = await world.rows(Factor)
    deed = Deed(world.house)
    deed.put(replace(over, state=FACTOR_LIVE, entry=world.house.ids.new()), was=over)
    await deed.done()
    with pytest.raises(Unproven):
        await by_passkey(world, left)
    begun = await enrol.begin(world.house, link.token)
    await enrol.with_passkey(
        world.house, begun.ceremony, Authenticator().make(begun.options_json), name="new", seen=SEEN
    )
    assert [one.label for one in await factor.list_of(world.house, mia)] == ["new"]
    with pytest.raises(Unproven):
        await by_passkey(world, left)


@pytest.mark.asvs("7.4.3")
async def test_whoever_signed_in_by_a_passkey_that_ended_is_signed_in_no_more(world: World) -> None:
    lost, kept = Authenticator(), Authenticator()
    thief = await _in(world, lost)
    asked, ceremony = await factor.options(world.house, thief)
    proof = await _proof(world, thief, lost, adding(thief.staff))
    await factor.add_passkey(world.house, thief, (ceremony, kept.make(asked)), name="kept", proof=proof)
    token = (await by_passkey(world, lost)).token
    own = await _session(world, (await by_passkey(world, kept)).token)
    gone = (await factor.list_of(world.house, own.staff))[0].factor.id
    proof = await _proof(world, own, kept, factor.ending(own.staff, gone))
    await factor.end(world.house, own, gone, proof=proof)
    assert await session.of(world.house, token) is None
    assert [one.session.id for one in await session.list_of(world.house, own.staff)] == [own.id]


async def test_whoever_signs_in_by_a_passkey_that_just_ended_is_not_signed_in(world: World) -> None:
    lost, kept = Authenticator(), Authenticator()
    own = await _in(world, kept)
    asked, ceremony = await factor.options(world.house, own)
    proof = await _proof(world, own, kept, adding(own.staff))
    row = await factor.add_passkey(world.house, own, (ceremony, lost.make(asked)), name="lost", proof=proof)
    proof = await _proof(world, own, kept, factor.ending(own.staff, row.id))
    busy = (await world.second()).house
    _Before(world, "session", lambda: factor.end(busy, own, row.id, proof=proof))
    with pytest.raises(Unproven):
        await by_passkey(world, lost)
    assert [one.session.id for one in await session.list_of(world.house, own.staff)] == [own.id]


async def test_a_session_that_begins_by_a_passkey_just_before_it_ends_is_over_as_well(world: World) -> None:
    lost, kept = Authenticator(), Authenticator()
    own = await _in(world, kept)
    asked, ceremony = await factor.options(world.house, own)
    proof = await _proof(world, own, kept, adding(own.staff))
    row = await factor.add_passkey(world.house, own, (ceremony, lost.make(asked)), name="lost", proof=proof)
    proof = await _proof(world, own, kept, factor.ending(own.staff, row.id))
    busy = await world.second()
    _Before(world, "factor", lambda: by_passkey(busy, lost))
    await factor.end(world.house, own, row.id, proof=proof)
    assert [one.session.id for one in await session.list_of(world.house, own.staff)] == [own.id]
