"""`lockhouse mail`, as whoever runs the house sees it."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from lockhouse.flows.mail import Sent, send_mail
from lockhouse.gates.mail import put_for
from lockhouse.model.change import Change
from lockhouse.model.ids import DAY_MS
from lockhouse.model.mails import FactorAdded, Mail
from lockhouse.settings import Settings
from lockhouse.wiring import opened
from lockhouse.wiring_mail import out_of
from tests.faces.cli.house import Desk, Seen
from tests.mail_server import Certified, MailServer, serving

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "canary.boss@staff.example"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    return desk


def set_mail(desk: Desk, server: MailServer, **changed: object) -> None:
    """The house's settings name this server."""
    known = {one.name for one in fields(Settings)}
    file = desk.house / "lockhouse.toml"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith(("smtp_", "mail_"))]
    for name, one in (server.settings(desk.folder) | changed).items():
        assert name in known
        lines.append(f"{name} = {one}" if isinstance(one, int) else f'{name} = "{one}"')
    file.write_text("\n".join([*lines, ""]), "utf-8")


def _test(desk: Desk, *, typed: str = ADDRESS, more: str = "", json: bool = False) -> Seen:
    return desk.call(f"mail test - {more}", typed=f"{typed}\n", json=json)


def test_a_trial_mail_goes_to_the_address_that_was_typed_and_to_no_file(desk: Desk) -> None:
    server, certified = MailServer(), Certified.make(desk.folder, "localhost")
    set_mail(desk, server)
    with serving(server, certified):
        assert _test(desk, json=True).value == {"taken": True, "status": 250}
        seen = _test(desk, more="--language de")
    assert seen.out == "The mail server has taken it. Whether it arrives, whoever reads that mailbox can say.\n"
    assert server.to == [ADDRESS, ADDRESS]
    assert [one["subject"] for one in server.got] == ["A trial mail from Shop", "Eine Probemail von Shop"]
    files = [one for one in desk.folder.rglob("*") if one.is_file()]
    assert files
    assert not [one for one in files if b"canary.boss" in one.read_bytes()]


def test_what_goes_wrong_is_said_without_the_address(desk: Desk) -> None:
    server, certified = MailServer(), Certified.make(desk.folder, "localhost")
    none = _test(desk)
    assert none.err.startswith("lockhouse: error[unavailable]: mail: expected a mail server in the settings, got none")
    set_mail(desk, server)
    away = _test(desk)
    assert "mail server: expected an answer" in away.err
    server.answers = ["550 <canary.boss@staff.example> no such user"]
    with serving(server, certified):
        refused = _test(desk)
        server.sender = "553 not yours"
        sender = _test(desk)
        wrong = _test(desk, typed="canary.boss")
    assert "expected it to take the mail, got status 550" in refused.err
    assert "it does not take this address" in refused.err
    assert "got status 553" in sender.err
    assert "it does not take the house's sign-in or sender" in sender.err
    assert "mail: expected an e-mail address of one mailbox" in wrong.err
    for seen in (none, away, refused, sender, wrong):
        assert seen.code != 0
        assert "canary" not in seen.out + seen.err


def test_an_address_on_the_command_line_is_refused(desk: Desk) -> None:
    set_mail(desk, MailServer())
    seen = desk.call(["mail", "test", ADDRESS])
    assert seen.code == 2
    assert "echo you@firm.example | lockhouse mail test -" in seen.err


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"smtp_tls": "none", "smtp_host": "mail.example"}, "starttls or tls, as the mail server is not this machine"),
        ({"smtp_tls": "ssl"}, "smtp_tls: expected one of starttls, tls, none"),
        ({"mail_from": ""}, "mail_from: expected the address that mail comes from, beside smtp_host, got none"),
        ({"mail_from": "vault@x.example\\r\\nBcc: eve@evil.example"}, "mail_from: expected one address in ASCII"),
        ({"mail_name": "Vault\\nBcc: eve@evil.example"}, "mail_name: expected one line of signs that can be seen"),
        ({"smtp_user": "vault"}, "smtp_user: expected smtp_user and smtp_password_file together"),
        ({"smtp_port": 0}, "smtp_port: expected a port, 1 to 65535"),
    ],
)
def test_settings_that_would_send_in_plain_or_forge_a_header_open_no_house(
    desk: Desk, changed: dict[str, object], said: str
) -> None:
    set_mail(desk, MailServer(), **changed)
    seen = desk.call("channel list")
    assert seen.code == 2
    assert said in seen.err


def test_plain_to_this_machine_is_taken(desk: Desk) -> None:
    server = MailServer(host="127.0.0.1")
    set_mail(desk, server, smtp_tls="none", smtp_trust="")
    with serving(server, None):
        assert _test(desk).code == 0
    assert server.secure == [False]


def _put(desk: Desk, *names: str) -> None:
    async def put() -> None:
        async with opened(desk.house, role="console", clock=desk.clock) as house:
            now = desk.clock.now
            mails = [
                Mail(
                    to=f"{name}@staff.example", name="", language="en", until_at=now + DAY_MS,
                    about=FactorAdded(means="passkey", at=now),
                )
                for name in names
            ]  # fmt: skip
            await house.house.commits.commit(Change("identity", puts=tuple(put_for(house.house, one) for one in mails)))

    asyncio.run(put())


def _round(desk: Desk) -> Sent:
    async def once() -> Sent:
        async with opened(desk.house, role="work", clock=desk.clock) as house:
            return await send_mail(house.house, out_of(house.settings))

    return asyncio.run(once())


def _doctor(desk: Desk) -> tuple[str, str, str]:
    [one] = [one for one in desk.call("doctor", json=True).value["results"] if one["check"] == "mail"]
    return one["state"], one["sentence"], one["mend"]


def test_what_was_given_up_is_listed_without_its_address_and_goes_after_a_retry(desk: Desk) -> None:
    server, certified = MailServer(answers=["550 no", "450 later"]), Certified.make(desk.folder, "localhost")
    assert desk.call("mail list").out == "no mail waits\n"
    _put(desk, "canary.one", "canary.two")
    set_mail(desk, server)
    with serving(server, certified):
        assert _round(desk) == Sent(given_up=1, later=1)
        seen, listed = desk.call("mail list"), desk.call("mail list", json=True).value
        assert "canary" not in seen.out
        assert "the mail server answered 550 to its recipient or text" in seen.out
        assert [(one["kind"], one["state"], one["attempts"], one["reason"]) for one in listed] == [
            ("factor-added", "given up", 1, "answer-550"), ("factor-added", "waiting", 1, "answer-450"),
        ]  # fmt: skip
        wrong = desk.call("mail retry 12")
        assert "mail: expected an id of 32 hexadecimal digits" in wrong.err
        assert desk.call(f"mail retry {listed[0]['id']}", json=True).value == {"retried": 1}
        desk.clock.now += 60_000
        assert _round(desk) == Sent(sent=2)
    assert sorted(server.to) == ["canary.one@staff.example", "canary.two@staff.example"]
    assert desk.call("mail list", json=True).value == []


def test_the_doctor_says_whether_mail_goes_out(desk: Desk) -> None:
    state, sentence, _ = _doctor(desk)
    assert (state, "No mail is sent: lockhouse.toml names no mail server" in sentence) == ("PASS", True)
    _put(desk, "canary.one", "canary.two")
    desk.clock.now += 3_600_000
    state, sentence, mend = _doctor(desk)
    assert (state, sentence) == ("FAIL", "Of the mails to staff 2 wait: lockhouse.toml names no mail server.")
    assert "set smtp_host" in mend
    server, certified = MailServer(answers=["550 no"]), Certified.make(desk.folder, "localhost")
    set_mail(desk, server)
    assert "2 wait: no worker has tried yet: lockhouse serve" in _doctor(desk)[1]
    with serving(server, certified):
        assert _round(desk) == Sent(given_up=1, sent=1)
    state, sentence, mend = _doctor(desk)
    assert (state, sentence) == ("FAIL", "Of the mails to staff 1 could not be sent and was given up.")
    assert mend == "lockhouse mail list, lockhouse mail test, then lockhouse mail retry"
    desk.call("mail retry")
    with serving(server, certified):
        assert _round(desk) == Sent(sent=1)
    assert _doctor(desk)[:2] == ("PASS", "Mail to staff goes out.")


def test_a_row_that_none_of_ours_is_like_is_named_with_the_statement_that_finds_it(desk: Desk) -> None:
    _put(desk, "canary.one")
    with sqlite3.connect(desk.house / "identity.db") as store:
        store.execute("UPDATE mail SET attempts = -1")
    store.close()
    state, sentence, mend = _doctor(desk)
    assert state == "FAIL"
    assert "mail: expected attempts as this house writes it" in sentence
    assert "SELECT * FROM mail WHERE attempts < 0" in mend
    assert desk.call("mail list").code != 0
