"""A command line's code that is guessed, handed on, raced, replayed or forged, and the file that a sign-in lies in."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.access.device import INTERVAL_MS, LIFE_MS, MOST_OPEN, SLOWER_MS
from lockhouse.access.step_up import action_hash
from lockhouse.errors import Conflict, Invalid, Refused, Tampered, Unavailable, Unproven
from lockhouse.faces.cli.own_files import keep, kept, session_file
from lockhouse.flows import device, session, staff
from lockhouse.gates.staff.ceremonies import DEVICE
from lockhouse.gates.staff.read import account
from lockhouse.gates.staff.sessions import Begin, Seen, begin
from lockhouse.gates.staff.steps import Meant
from lockhouse.gates.staff.tokens import token_tag
from lockhouse.gates.state import verify_state
from lockhouse.model.rows import Ceremony, Session
from tests.flows.staffed import BY, hired
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

USER, OTHER = "os-user:1000", "os-user:1001"
HOUR_MS = 3_600_000
DAY_S = 86_400
REVEAL = Meant("person-reveal", action_hash("person-reveal", persons=[b"anna------------"], fields=["0 person reveal"]))
EXPORT = Meant("export", action_hash("export", fields=["0 consent export"]))
CHECK = Meant("person-check", action_hash("person-check", persons=[b"anna------------"]))


@pytest.fixture
async def world(tmp_path: Path) -> World:
    return await World.make(tmp_path)


async def _member(world: World, name: str) -> Session:
    """Somebody who is signed in to the console."""
    row = await account(world.house, await hired(world, name))
    assert row is not None
    how = Begin("passkey", 2, world.clock.at + 12 * HOUR_MS)
    return (await begin(world.house, row, how, seen=Seen("192.0.2.0/24", "Firefox")))[1]


async def _answered(world: World, own: Session, code: str, *, confirmed: bool = True) -> None:
    found = await device.look(world.house, own, code)
    assert found is not None
    await device.answer(world.house, own, found, confirmed=confirmed)


async def _let_in(world: World, own: Session) -> str:
    """The token of a command line that somebody let in."""
    asked = await device.ask_in(world.house, user=USER)
    await _answered(world, own, asked.code)
    return (await device.signed_in(world.house, asked.secret, user=USER)).token


async def _live(world: World, own: Session) -> tuple[str, Session]:
    token = await _let_in(world, own)
    live = await session.of(world.house, token, user=USER)
    assert live is not None
    return token, live.session


@pytest.mark.asvs("6.6.3")
async def test_who_guesses_codes_waits_longer_each_time_and_then_finds_none_that_is_right(world: World) -> None:
    mia = await _member(world, "mia")
    asked = await device.ask_in(world.house, user=USER)
    waited = 0.0
    for _ in range(3):
        assert await device.look(world.house, mia, "BBBB-BBBB") is None
    for _ in range(3):
        with pytest.raises(Unavailable) as seen:
            await device.look(world.house, mia, asked.code)
        assert seen.value.retry_after_s > waited
        waited = seen.value.retry_after_s
        world.clock.pass_days((waited + 1) / DAY_S)
        assert await device.look(world.house, mia, "no code at all") is None
    world.clock.pass_days(900 / DAY_S)
    assert await device.look(world.house, mia, asked.code) is None, "it ran out meanwhile"


@pytest.mark.asvs("6.5.1")
async def test_a_code_is_answered_once_and_its_answer_taken_once(world: World) -> None:
    mia = await _member(world, "mia")
    asked = await device.ask_in(world.house, user=USER)
    found = await device.look(world.house, mia, asked.code)
    assert found is not None
    await device.answer(world.house, mia, found, confirmed=False)
    with pytest.raises(Conflict, match="expected one that waits"):
        await device.answer(world.house, mia, found, confirmed=True)
    assert await device.look(world.house, mia, asked.code) is None
    assert (await device.signed_in(world.house, asked.secret, user=USER)).word == "refused"
    again = await device.ask_in(world.house, user=USER)
    await _answered(world, mia, again.code)
    assert (await device.signed_in(world.house, again.secret, user=USER)).token
    assert (await device.signed_in(world.house, again.secret, user=USER)).word == "over"


async def test_of_many_who_take_one_answer_at_once_one_is_let_in(world: World) -> None:
    mia = await _member(world, "mia")
    asked = await device.ask_in(world.house, user=USER)
    await _answered(world, mia, asked.code)
    told = await asyncio.gather(
        *(device.signed_in(world.house, asked.secret, user=USER) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(one, device.Told) and bool(one.token) for one in told) == 1
    assert len([row for row in await world.rows(Session) if row.tag != mia.tag]) == 1


async def test_of_two_members_who_answer_one_request_at_once_one_does(world: World) -> None:
    mia, ben = await _member(world, "mia"), await _member(world, "ben")
    asked = await device.ask_in(world.house, user=USER)
    one, two = await device.look(world.house, mia, asked.code), await device.look(world.house, ben, asked.code)
    assert one is not None
    assert two is not None
    done = await asyncio.gather(
        device.answer(world.house, mia, one, confirmed=True), device.answer(world.house, ben, two, confirmed=True),
        return_exceptions=True,
    )  # fmt: skip
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"]


async def test_a_request_for_one_member_has_no_code_for_another(world: World) -> None:
    mia, eve = await _member(world, "mia"), await _member(world, "eve")
    asked = await device.ask_in(world.house, user=USER, staff=mia.staff)
    assert await device.look(world.house, eve, asked.code) is None
    assert await device.look(world.house, mia, asked.code) is not None
    _, own = await _live(world, mia)
    deed = await device.ask_for(world.house, own, user=USER, meant=REVEAL, words="lockhouse person reveal")
    assert await device.look(world.house, eve, deed.code) is None


async def test_another_account_of_the_machine_takes_no_answer_and_has_no_use_for_the_token(world: World) -> None:
    mia = await _member(world, "mia")
    asked = await device.ask_in(world.house, user=USER)
    await _answered(world, mia, asked.code)
    with pytest.raises(Unproven, match="expected one that this account of the machine made"):
        await device.signed_in(world.house, asked.secret, user=OTHER)
    token = (await device.signed_in(world.house, asked.secret, user=USER)).token
    assert await session.of(world.house, token, user=OTHER) is None
    assert await session.of(world.house, token) is None, "it is no cookie"
    assert await session.of(world.house, token, user=USER) is not None


async def test_a_cookie_is_no_sign_in_of_a_command_line(world: World) -> None:
    row = await account(world.house, await hired(world, "mia"))
    assert row is not None
    cookie, _ = await begin(world.house, row, Begin("passkey", 2, world.clock.at + HOUR_MS), seen=Seen("", "Firefox"))
    assert await session.of(world.house, cookie) is not None
    assert await session.of(world.house, cookie, user=USER) is None


@pytest.mark.asvs("6.6.2")
async def test_what_was_confirmed_for_one_command_is_nothing_for_another_and_used_up(world: World) -> None:
    mia = await _member(world, "mia")
    _, own = await _live(world, mia)
    asked = await device.ask_for(world.house, own, user=USER, meant=REVEAL, words="lockhouse person reveal")
    await _answered(world, mia, asked.code)
    for wrong in (EXPORT, _for_another(REVEAL)):
        with pytest.raises(Unproven):
            await device.meant(world.house, own, asked.secret, user=USER, deed=wrong)
    assert (await device.meant(world.house, own, asked.secret, user=USER, deed=REVEAL)).word == "confirmed"
    assert (await device.meant(world.house, own, asked.secret, user=USER, deed=REVEAL)).word == "over"


def _for_another(meant: Meant) -> Meant:
    """The same action, for another person."""
    return meant._replace(hash=action_hash(meant.action, persons=[b"bernd-----------"]))


async def test_what_one_session_asked_is_confirmed_for_no_other(world: World) -> None:
    mia = await _member(world, "mia")
    _, first = await _live(world, mia)
    _, second = await _live(world, mia)
    asked = await device.ask_for(world.house, first, user=USER, meant=REVEAL, words="lockhouse person reveal")
    await _answered(world, mia, asked.code)
    with pytest.raises(Unproven, match="of this member for this command"):
        await device.meant(world.house, second, asked.secret, user=USER, deed=REVEAL)


async def test_a_shifts_proof_opens_a_window_of_the_command_line_and_not_of_the_console(world: World) -> None:
    mia = await _member(world, "mia")
    _, own = await _live(world, mia)
    asked = await device.ask_for(world.house, own, user=USER, meant=CHECK, words="lockhouse person check")
    found = await device.look(world.house, mia, asked.code)
    assert found is not None
    assert device.confirming(found).action == "device-window"
    await device.answer(world.house, mia, found, confirmed=True)
    await device.meant(world.house, own, asked.secret, user=USER, deed=CHECK)
    windows = {row.tag: row.step_up_at for row in await world.rows(Session)}
    assert (windows[own.tag], windows[mia.tag]) == (world.clock.at, 0)


async def test_two_requests_are_confirmed_by_two_proofs(world: World) -> None:
    mia = await _member(world, "mia")
    hashes = set()
    for _ in range(2):
        asked = await device.ask_in(world.house, user=USER)
        found = await device.look(world.house, mia, asked.code)
        assert found is not None
        hashes.add(device.confirming(found).hash)
    assert len(hashes) == 2


async def test_who_is_disabled_is_signed_out_at_once_and_a_confirmation_of_theirs_lets_nobody_in(world: World) -> None:
    await hired(world, "ada")
    mia = await _member(world, "mia")
    token = await _let_in(world, mia)
    asked = await device.ask_in(world.house, user=USER)
    await _answered(world, mia, asked.code)
    world.clock.at += 1
    await staff.disable(world.house, mia.staff, by=BY)
    assert await session.of(world.house, token, user=USER) is None
    with pytest.raises(Refused) as seen:
        await device.signed_in(world.house, asked.secret, user=USER)
    assert seen.value.reasons == ("not-active",)
    await staff.enable(world.house, mia.staff, by=BY)
    assert await session.of(world.house, token, user=USER) is None, "nor does it come back"


@pytest.mark.asvs("6.5.5")
async def test_a_code_that_ran_out_is_answered_and_taken_by_nobody(world: World) -> None:
    mia = await _member(world, "mia")
    late, taken = await device.ask_in(world.house, user=USER), await device.ask_in(world.house, user=USER)
    await _answered(world, mia, taken.code)
    world.clock.pass_days(LIFE_MS / 1000 / DAY_S)
    assert await device.look(world.house, mia, late.code) is None
    assert (await device.signed_in(world.house, late.secret, user=USER)).word == "over"
    assert (await device.signed_in(world.house, taken.secret, user=USER)).word == "over"
    assert {row.tag for row in await world.rows(Session)} == {mia.tag}


async def test_who_asks_too_often_is_slowed_down_and_learns_nothing_by_it(world: World) -> None:
    mia = await _member(world, "mia")
    asked = await device.ask_in(world.house, user=USER)
    assert (await device.signed_in(world.house, asked.secret, user=USER)).word == "waiting"
    await _answered(world, mia, asked.code)
    told = [await device.signed_in(world.house, asked.secret, user=USER) for _ in range(3)]
    assert [one.word for one in told] == ["slow-down"] * 3
    assert [one.interval_ms for one in told] == [INTERVAL_MS + at * SLOWER_MS for at in (1, 2, 3)]
    world.clock.pass_days((told[-1].interval_ms / 1000 + 1) / DAY_S)
    assert (await device.signed_in(world.house, asked.secret, user=USER)).word == "confirmed"


async def test_a_flood_of_requests_is_bounded_and_ends_by_itself(world: World) -> None:
    for _ in range(MOST_OPEN):
        await device.ask_in(world.house, user=USER)
    with pytest.raises(Unavailable, match="fewer requests that wait"):
        await device.ask_in(world.house, user=USER)
    assert len(await world.rows(Ceremony)) == 2 * MOST_OPEN
    world.clock.pass_days(LIFE_MS / 1000 / DAY_S)
    assert (await device.ask_in(world.house, user=USER)).code


async def test_a_request_edited_or_moved_in_the_store_is_tampered_and_named(world: World) -> None:
    mia = await _member(world, "mia")
    first, second = await device.ask_in(world.house, user=USER), await device.ask_in(world.house, user=OTHER)
    await _answered(world, mia, second.code)
    own = token_tag(world.house, "device", first.secret)
    rows = [row for row in await world.rows(Ceremony) if row.kind == DEVICE]
    waits, answered = sorted(rows, key=lambda row: row.tag != own)
    for forged in (
        msgspec.structs.replace(waits, staff=mia.staff),
        msgspec.structs.replace(waits, box=answered.box),
        msgspec.structs.replace(answered, box=waits.box),
    ):
        stands = waits if forged.tag == waits.tag else answered
        world.drop(stands)
        world.plant(forged)
        secret, user = (first.secret, USER) if stands.tag == own else (second.secret, OTHER)
        with pytest.raises(Tampered):
            await device.signed_in(world.house, secret, user=user)
        world.drop(forged)
        world.plant(stands)
    assert {row.tag for row in await world.rows(Session)} == {mia.tag}


async def test_a_session_of_a_command_line_that_sql_made_over_to_another_account_is_tampered(world: World) -> None:
    mia = await _member(world, "mia")
    token, own = await _live(world, mia)
    [cookie] = [row for row in await world.rows(Session) if row.tag == mia.tag]
    world.drop(own)
    world.plant(msgspec.structs.replace(own, box=cookie.box))
    with pytest.raises(Tampered):
        await session.of(world.house, token, user=OTHER)
    found = (await verify_state(world.house)).findings.kept
    assert ("edited-row", "session") in [(one.kind, one.where.partition(" ")[0]) for one in found]


def test_a_sign_in_that_others_may_read_or_that_is_a_link_is_not_believed(tmp_path: Path) -> None:
    place = session_file({"HOME": str(tmp_path)}, "ab" * 16)
    assert place is not None
    assert kept(place, where="file") is None
    keep(place, "secret")
    assert (kept(place, where="file"), place.stat().st_mode & 0o777) == ("secret", 0o600)
    assert place.parent.stat().st_mode & 0o077 == 0
    for mode in (0o640, 0o604, 0o620, 0o660):
        place.chmod(mode)
        with pytest.raises(Refused) as seen:
            kept(place, where="file")
        assert seen.value.reasons == ("wide-file",)
    place.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(place)
    with pytest.raises(Invalid):
        kept(link, where="file")
    keep(place, "another")
    assert kept(place, where="file") == "another"


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives a file away")
def test_a_sign_in_that_belongs_to_another_account_is_not_believed(tmp_path: Path) -> None:
    place = session_file({"XDG_STATE_HOME": str(tmp_path)}, "ab" * 16)
    assert place is not None
    keep(place, "secret")
    os.chown(place, 4_242, 4_242)
    with pytest.raises(Refused) as seen:
        kept(place, where="file")
    assert seen.value.reasons == ("wide-file",)
