"""Mail to staff: with the deed or not at all, once, in their language, and not behind its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.errors import Invalid, NotFound, Unavailable
from lockhouse.flows.mail import CLAIM_MS, WAITS_S, Out, Sent, end_mail, retry_mail, send_mail, waiting_mail
from lockhouse.gates.mail import GIVEN_UP, MOST_MS, WAITING, forget_mail, put_for
from lockhouse.model.change import Change, Committed, Conflict, Expect
from lockhouse.model.ids import DAY_MS
from lockhouse.model.mails import FactorAdded, Invite, Mail, RoleProposed
from lockhouse.model.ports import MailAnswer
from lockhouse.model.rows import QueuedMail
from lockhouse.settings import Settings
from lockhouse.wiring_mail import out_of, texts
from tests.mail_server import Certified, MailServer, serving
from tests.world import NOW, Clock, World

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.mails import Letter
    from lockhouse.model.ports import OutboundMail

LINK = "https://vault.northwind.example/enrol#k7"
INVITE = Mail(
    to="anna@staff.example", name="Anna Müller", language="de", until_at=NOW + DAY_MS,
    about=Invite(link=LINK, until_at=NOW + DAY_MS),
)  # fmt: skip
ADDED = Mail(
    to="ben@staff.example",
    name="Ben",
    language="en",
    until_at=NOW + DAY_MS,
    about=FactorAdded(means="one-time-codes", at=NOW),
)


def _out(server: MailServer, folder: Path) -> Out:
    chosen = Settings(name="Northwind", **server.settings(folder))
    out = out_of(chosen)
    assert out is not None
    return out


async def _put(world: World, *mails: Mail) -> Committed | Conflict:
    return await world.house.commits.commit(Change("identity", puts=tuple(put_for(world.house, one) for one in mails)))


def _wait(world: World, seconds: float) -> None:
    world.clock.at += int(seconds * 1000)
    world.clock.run += seconds


@dataclass
class Way:
    """A way out that answers as it is told."""

    answers: list[MailAnswer | Exception] = field(default_factory=list)
    asked: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> MailAnswer:
        self.asked.append(letter)
        answer = self.answers.pop(0) if self.answers else MailAnswer(status=250, about="mail")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def out(self) -> Out:
        return Out(way=self, texts=texts(), house="Northwind")


async def test_each_is_sent_once_in_its_language_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), MailServer()
    certified = Certified.make(tmp_path, "localhost")
    assert isinstance(await _put(world, INVITE, ADDED), Committed)
    with serving(server, certified):
        assert await send_mail(world.house, _out(server, tmp_path)) == Sent(sent=2)
        assert await send_mail(world.house, _out(server, tmp_path)) == Sent()
    assert await world.rows(QueuedMail) == []
    assert server.to == ["anna@staff.example", "ben@staff.example"]
    assert server.secure == [True, True]
    german, english = server.got
    assert german["subject"] == "Ihr Konto bei Northwind"
    assert LINK in german.get_content()
    assert english["subject"] == "A new way to sign in was added to your account at Northwind"
    assert "UTC: an app for one-time codes." in english.get_content()


async def test_a_deed_that_is_not_done_tells_of_nothing(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    never = Expect("staff", (bytes(16),), {"state": 1}, or_absent=False, because="staff-moved")
    change = Change("identity", puts=(put_for(world.house, INVITE),), expects=(never,))
    assert isinstance(await world.house.commits.commit(change), Conflict)
    assert await world.rows(QueuedMail) == []


async def test_a_server_that_says_not_yet_is_asked_again_after_growing_waits(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), MailServer(answers=["450 greylisted", "451 still"])
    certified = Certified.make(tmp_path, "localhost")
    await _put(world, ADDED)
    out = _out(server, tmp_path)
    with serving(server, certified):
        assert await send_mail(world.house, out) == Sent(later=1)
        [row] = await world.rows(QueuedMail)
        assert (row.state, row.attempts, row.reason) == (WAITING, 1, "answer-450")
        assert row.run_at == world.clock.now_ms() + WAITS_S[0] * 1000
        _wait(world, WAITS_S[0] - 1)
        assert await send_mail(world.house, out) == Sent()
        _wait(world, 1)
        assert await send_mail(world.house, out) == Sent(later=1)
        _wait(world, WAITS_S[1])
        assert await send_mail(world.house, out) == Sent(sent=1)
    assert server.asked == 3
    assert len(server.got) == 1
    assert list(WAITS_S) == sorted(WAITS_S)


async def test_a_server_that_says_never_is_not_asked_again_until_somebody_says_so(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), MailServer(answers=["550 no such user"])
    certified = Certified.make(tmp_path, "localhost")
    await _put(world, ADDED)
    out = _out(server, tmp_path)
    with serving(server, certified):
        assert await send_mail(world.house, out) == Sent(given_up=1)
        _wait(world, 3_600)
        assert await send_mail(world.house, out) == Sent()
        [row] = await waiting_mail(world.house)
        assert (row.state, row.reason) == (GIVEN_UP, "answer-550")
        with pytest.raises(NotFound, match="one that waits or was given up"):
            await retry_mail(world.house, bytes(16))
        assert await retry_mail(world.house, row.id) == 1
        assert await send_mail(world.house, out) == Sent(sent=1)
    assert server.asked == 2


@pytest.mark.asvs("16.5.2", "13.2.6")
async def test_a_server_that_is_away_loses_nothing_through_a_restart(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), MailServer()
    certified = Certified.make(tmp_path, "localhost")
    await _put(world, INVITE, ADDED)
    assert await send_mail(world.house, _out(server, tmp_path)) == Sent(later=1, fault="no-answer")
    world = await world.restarted()
    _wait(world, WAITS_S[0])
    with serving(server, certified):
        assert await send_mail(world.house, _out(server, tmp_path)) == Sent(sent=2)
    assert sorted(server.to) == ["anna@staff.example", "ben@staff.example"]


async def test_a_process_that_dies_behind_the_handing_over_sends_again_under_the_same_name(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), MailServer()
    certified = Certified.make(tmp_path, "localhost")
    out = _out(server, tmp_path)
    await _put(world, ADDED)
    with serving(server, certified):
        with pytest.raises(asyncio.CancelledError):
            await send_mail(world.house, Out(way=_Dying(out.way), texts=texts(), house="Northwind"))
        world = await world.restarted()
        assert await send_mail(world.house, out) == Sent()
        _wait(world, CLAIM_MS / 1000)
        assert await send_mail(world.house, out) == Sent(sent=1)
    first, second = server.got
    assert first["message-id"] == second["message-id"]
    assert first["date"] == second["date"]


@dataclass
class _Dying:
    """Hands over, and does not live to tell."""

    way: OutboundMail

    async def send(self, letter: Letter) -> MailAnswer:
        await self.way.send(letter)
        raise asyncio.CancelledError


async def test_of_two_processes_one_sends(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other, way = await world.second(), Way()
    await _put(world, INVITE, ADDED)
    done = await asyncio.gather(send_mail(world.house, way.out()), send_mail(other.house, way.out()))
    assert sum(one.sent for one in done) == 2
    assert len(way.asked) == 2


async def test_a_process_that_slept_through_its_claim_writes_nothing_over_the_next_ones_word(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    other = await world.second()
    await _put(world, ADDED)

    @dataclass
    class Slow(Way):
        async def send(self, letter: Letter) -> MailAnswer:
            _wait(world, CLAIM_MS / 1000)
            refused = Way([MailAnswer(status=550, about="mail")])
            assert await send_mail(other.house, refused.out()) == Sent(given_up=1)
            return await super().send(letter)

    late = Slow([MailAnswer(status=450, about="mail")])
    assert await send_mail(world.house, late.out()) == Sent()
    [row] = await world.rows(QueuedMail)
    assert (row.state, row.reason) == (GIVEN_UP, "answer-550")


async def test_what_is_behind_its_end_is_not_sent_and_goes(tmp_path: Path) -> None:
    world, way = await World.make(tmp_path), Way()
    await _put(world, ADDED)
    world.clock.pass_days(1)
    assert await send_mail(world.house, way.out()) == Sent(expired=1)
    assert way.asked == []
    assert await world.rows(QueuedMail) == []


async def test_without_a_mail_server_it_waits_for_one_and_goes_in_time(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _put(world, ADDED)
    assert await send_mail(world.house, None) == Sent()
    [row] = await world.rows(QueuedMail)
    assert row.attempts == 0
    world.clock.pass_days(1)
    assert await send_mail(world.house, None) == Sent(expired=1)
    assert await world.rows(QueuedMail) == []


async def test_what_was_given_up_goes_at_its_end_too_and_nothing_waits_for_longer_than_a_week(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    way = Way([MailAnswer(status=550, about="mail")])
    await _put(world, msgspec.structs.replace(ADDED, until_at=NOW + 400 * DAY_MS))
    await send_mail(world.house, way.out())
    [row] = await world.rows(QueuedMail)
    assert row.until_at == NOW + MOST_MS
    assert await end_mail(world.house) == 0
    world.clock.pass_days(MOST_MS / DAY_MS)
    assert await send_mail(world.house, way.out()) == Sent()
    assert await end_mail(world.house) == 1
    assert await world.rows(QueuedMail) == []


async def test_a_fault_of_the_house_says_nothing_of_the_mail_and_ends_the_round(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    way = Way([MailAnswer(status=535, about="house")] * 3)
    await _put(world, INVITE, ADDED)
    for number in range(3):
        assert await send_mail(world.house, way.out()) == Sent(later=1, fault="house-535")
        assert len(way.asked) == number + 1
        _wait(world, WAITS_S[number])
    assert {row.state for row in await world.rows(QueuedMail)} == {WAITING}
    assert await send_mail(world.house, way.out()) == Sent(sent=2)


async def test_a_mail_that_breaks_what_sends_it_is_given_up_and_the_others_go(tmp_path: Path) -> None:
    world, way = await World.make(tmp_path), Way([RuntimeError("of ben@staff.example")])
    await _put(world, ADDED, INVITE)
    assert await send_mail(world.house, way.out()) == Sent(sent=1, given_up=1)
    [row] = await world.rows(QueuedMail)
    assert (row.state, row.reason) == (GIVEN_UP, "unsendable-RuntimeError")


async def test_what_the_server_neither_took_nor_refused_is_not_taken_for_sent(tmp_path: Path) -> None:
    world, way = await World.make(tmp_path), Way([MailAnswer(status=252, about="house")])
    await _put(world, ADDED)
    assert await send_mail(world.house, way.out()) == Sent(later=1, fault="house-252")
    assert len(await world.rows(QueuedMail)) == 1


async def test_nothing_is_sent_or_dropped_while_the_clock_is_in_doubt(tmp_path: Path) -> None:
    world, way = await World.make(tmp_path), Way()
    await _put(world, ADDED)
    world.clock.jump_days(30)
    with pytest.raises(Unavailable, match="clock"):
        await send_mail(world.house, way.out())
    with pytest.raises(Unavailable, match="clock"):
        await end_mail(world.house)
    assert len(await world.rows(QueuedMail)) == 1
    world.clock.jump_days(-30)
    assert await send_mail(world.house, way.out()) == Sent(sent=1)


async def test_a_process_whose_own_clock_leapt_drops_nothing_though_the_stores_clock_is_right(tmp_path: Path) -> None:
    world, way = await World.make(tmp_path), Way()
    await _put(world, ADDED)
    other, own = await world.second(), Clock()
    other.house.clock = own
    own.jump_days(2)
    with pytest.raises(Unavailable, match="got a jump"):
        await send_mail(other.house, way.out())
    with pytest.raises(Unavailable, match="got a jump"):
        await end_mail(other.house)
    assert (len(await world.rows(QueuedMail)), way.asked) == (1, [])


async def test_a_retry_leaves_what_is_being_tried_alone(tmp_path: Path) -> None:
    world = await World.make(tmp_path)
    await _put(world, ADDED)

    @dataclass
    class Asked(Way):
        async def send(self, letter: Letter) -> MailAnswer:
            assert await retry_mail(world.house) == 0
            return await super().send(letter)

    assert await send_mail(world.house, Asked().out()) == Sent(sent=1)


async def test_a_house_that_is_brought_back_forgets_what_waited(tmp_path: Path) -> None:
    world, way = await World.make(tmp_path), Way()
    await _put(world, INVITE, ADDED)
    assert await forget_mail(world.house) == 2
    assert await send_mail(world.house, way.out()) == Sent()


@pytest.mark.parametrize(
    "mail",
    [
        msgspec.structs.replace(ADDED, to="ben@staff.example\r\nBcc: eve@evil.example"),
        msgspec.structs.replace(ADDED, to="ben@staff.example, eve@evil.example"),
        msgspec.structs.replace(ADDED, name="Ben\r\nBcc: eve@evil.example"),
        msgspec.structs.replace(ADDED, name="B" * 201),
        msgspec.structs.replace(INVITE, about=Invite(link="http://vault.northwind.example/x", until_at=NOW)),
        msgspec.structs.replace(INVITE, about=Invite(link=f"{LINK}\n\nanother text", until_at=NOW)),
    ],
)
async def test_what_could_become_another_header_recipient_or_link_is_not_even_written(
    tmp_path: Path, mail: Mail
) -> None:
    world = await World.make(tmp_path)
    with pytest.raises(Invalid, match="mail: expected"):
        put_for(world.house, mail)


@pytest.mark.asvs("16.4.1")
async def test_a_value_with_line_ends_stays_one_line_of_the_text(tmp_path: Path) -> None:
    world, way = await World.make(tmp_path), Way()
    about = RoleProposed(role="support\r\nBcc: eve@evil.example\r\n\r\nanother text", at=NOW)
    await _put(world, msgspec.structs.replace(ADDED, about=about))
    await send_mail(world.house, way.out())
    [letter] = way.asked
    assert not [line for line in letter.text.splitlines() if line.startswith(("Bcc", "another"))]
    assert "\r" not in letter.text


async def test_a_name_with_an_encoded_word_becomes_no_header_and_no_text(tmp_path: Path) -> None:
    world, server = await World.make(tmp_path), MailServer()
    certified = Certified.make(tmp_path, "localhost")
    name = "=?utf-8?q?A=0d=0aReply-To:_e@evil.example=0d=0a=0d=0aYour_account_moved?="
    await _put(world, msgspec.structs.replace(INVITE, name=name))
    with serving(server, certified):
        assert await send_mail(world.house, _out(server, tmp_path)) == Sent(sent=1)
    [got] = server.got
    assert got["reply-to"] is None
    assert got["to"].addresses[0].display_name == name.replace("=?", "= ?")
    assert got["subject"] is not None
