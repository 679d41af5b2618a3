"""The way out by mail: over verified TLS, one recipient, one set of headers, and what a server says is a number."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.mail import Server, SmtpMail, message_of
from lockhouse.errors import Invalid, Unavailable
from lockhouse.model.mails import Letter
from lockhouse.model.ports import MailAnswer
from tests.mail_server import PASSWORD, USER, Certified, MailServer, serving

if TYPE_CHECKING:
    from pathlib import Path

LETTER = Letter(
    id=bytes(range(16)), at=1_795_440_630_000, to="anna@staff.example", name="Anna Müller", language="de",
    subject="Ihr Konto bei Grüner Laden", text="Guten Tag,\n\nder Link lautet https://localhost/x?y=1.\n.\nEnde\n",
)  # fmt: skip
ENCODED = "=?utf-8?q?A=0d=0aReply-To:_e@evil.example=0d=0a=0d=0aYour_account_moved?="
TAKEN = MailAnswer(status=250, about="mail")


def _house(server: MailServer, folder: Path, **changed: object) -> Server:
    plain = Server(
        host=server.host, port=server.port, tls="starttls", user="", password_file=None, trust=str(folder / "ca.pem"),
        sender="vault@northwind.example", shown="Grüner Laden",
    )  # fmt: skip
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of it


@pytest.mark.parametrize("implicit", [False, True])
async def test_a_letter_arrives_over_tls_as_it_was_written(tmp_path: Path, implicit: bool) -> None:  # noqa: FBT001
    server, certified = MailServer(), Certified.make(tmp_path, "localhost")
    with serving(server, certified, implicit=implicit):
        house = _house(server, tmp_path, tls="tls" if implicit else "starttls")
        assert await SmtpMail(house).send(LETTER) == TAKEN
    [got] = server.got
    assert server.to == ["anna@staff.example"]
    assert server.secure == [True]
    assert got["from"] == "Grüner Laden <vault@northwind.example>"
    assert got["to"] == "Anna Müller <anna@staff.example>"
    assert got["subject"] == LETTER.subject
    assert got["message-id"] == f"<{LETTER.id.hex()}@northwind.example>"
    assert (got["auto-submitted"], got["content-language"]) == ("auto-generated", "de")
    assert got["date"].datetime.timestamp() == LETTER.at // 1000
    assert got.get_content_type() == "text/plain"
    assert got.get_content().replace("\r\n", "\n") == LETTER.text


async def test_a_certificate_that_is_of_another_name_or_authority_ends_the_exchange_before_anything_is_said(
    tmp_path: Path,
) -> None:
    (tmp_path / "other").mkdir()
    others = Certified.make(tmp_path / "other", "localhost")
    named = Certified.make(tmp_path, "mail.elsewhere.example")
    for certified in (others, named):
        for implicit in (False, True):
            server = MailServer()
            with serving(server, certified, implicit=implicit):
                house = _house(server, tmp_path, tls="tls" if implicit else "starttls")
                with pytest.raises(Unavailable, match="a certificate of its name that verifies"):
                    await SmtpMail(house).send(LETTER)
            assert server.asked == 0


async def test_a_server_that_hides_starttls_gets_nothing(tmp_path: Path) -> None:
    server = MailServer()
    Certified.make(tmp_path, "localhost")
    with serving(server, None), pytest.raises(Unavailable, match="one that offers STARTTLS"):
        await SmtpMail(_house(server, tmp_path)).send(LETTER)
    assert server.asked == 0


async def test_it_signs_in_with_the_password_of_its_file_as_it_is_now(tmp_path: Path) -> None:
    server, certified = MailServer(), Certified.make(tmp_path, "localhost")
    file = tmp_path / "password"
    out = SmtpMail(_house(server, tmp_path, user=USER, password_file=file))
    with serving(server, certified, signs_in=True):
        with pytest.raises(Unavailable, match="a file with a password, got none"):
            await out.send(LETTER)
        file.write_text("an old one\n", encoding="utf-8")
        with pytest.raises(Unavailable, match="others can read"):
            await out.send(LETTER)
        file.chmod(0o600)
        assert await out.send(LETTER) == MailAnswer(status=535, about="house")
        file.write_text(f"{PASSWORD}\n", encoding="utf-8")
        assert await out.send(LETTER) == TAKEN
        file.write_text("\n", encoding="utf-8")
        with pytest.raises(Unavailable, match="got an empty file"):
            await out.send(LETTER)


async def test_authorities_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    server = MailServer()
    (tmp_path / "odd.pem").write_text("no certificate", encoding="utf-8")
    for name in ("none.pem", "odd.pem"):
        with pytest.raises(Unavailable, match="smtp_trust: expected a PEM file with certificates"):
            await SmtpMail(_house(server, tmp_path, trust=str(tmp_path / name))).send(LETTER)


async def test_whether_a_refusal_is_about_the_mail_or_the_house_is_told_apart(tmp_path: Path) -> None:
    server, certified = MailServer(), Certified.make(tmp_path, "localhost")
    out = SmtpMail(_house(server, tmp_path))
    with serving(server, certified):
        server.answers = ["550 no such user", "450 come again"]
        assert await out.send(LETTER) == MailAnswer(status=550, about="mail")
        assert await out.send(LETTER) == MailAnswer(status=450, about="mail")
        server.data = ["554 spam"]
        assert await out.send(LETTER) == MailAnswer(status=554, about="mail")
        server.sender = "550 not your address"
        assert await out.send(LETTER) == MailAnswer(status=550, about="house")
    assert server.got == []


async def test_a_word_that_is_neither_taken_nor_refused_is_about_the_house(tmp_path: Path) -> None:
    server, certified = MailServer(), Certified.make(tmp_path, "localhost")
    out = SmtpMail(_house(server, tmp_path))
    with serving(server, certified):
        server.answers = ["252 cannot verify"]
        assert await out.send(LETTER) == MailAnswer(status=252, about="house")
        server.data = ["354 go on"]
        assert await out.send(LETTER) == MailAnswer(status=354, about="house")
    assert server.got == []


async def test_an_address_that_is_not_ascii_goes_where_the_server_takes_it(tmp_path: Path) -> None:
    server, certified = MailServer(), Certified.make(tmp_path, "localhost")
    letter = _to("jürgen@xn--bcher-kva.example")
    with serving(server, certified):
        assert await SmtpMail(_house(server, tmp_path)).send(letter) == TAKEN
    assert server.to == ["jürgen@xn--bcher-kva.example"]
    server.port = MailServer().port
    with serving(server, certified, utf8=False):
        assert await SmtpMail(_house(server, tmp_path)).send(letter) == MailAnswer(status=553, about="mail")
    assert len(server.got) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "anna@staff.example\r\nBcc: eve@evil.example"},
        {"to": "anna@staff.example, eve@evil.example"},
        {"to": "anna@staff.example>\nX: <eve@evil.example"},
        {"to": ""},
        {"name": "Anna\r\nBcc: eve@evil.example"},
        {"name": "Anna\nX-Odd: 1"},
        {"subject": "Hello\r\n\r\nanother text"},
        {"subject": "Hello\nBcc: eve@evil.example"},
        {"name": ENCODED},
        {"name": f"Anna {ENCODED} Müller, B."},
        {"subject": f"Hello {ENCODED}"},
    ],
)
async def test_what_would_be_a_further_header_or_recipient_is_refused(tmp_path: Path, changed: dict[str, str]) -> None:
    server, certified = MailServer(), Certified.make(tmp_path, "localhost")
    with (
        serving(server, certified),
        pytest.raises(Invalid, match=r"mail: expected (an e-mail address of one mailbox|one line)"),
    ):
        await SmtpMail(_house(server, tmp_path)).send(_changed(**changed))
    assert server.asked == 0


def test_a_house_whose_own_name_would_be_a_further_header_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="mail: expected one line"):
        message_of(LETTER, _house(MailServer(), tmp_path, shown=ENCODED))


def test_a_name_in_quotes_and_brackets_stays_a_name(tmp_path: Path) -> None:
    message = message_of(_changed(name='"Eve" <eve@evil.example>, Anna'), _house(MailServer(), tmp_path))
    [address] = message["to"].addresses
    assert (address.addr_spec, address.display_name) == ("anna@staff.example", '"Eve" <eve@evil.example>, Anna')


async def test_nobody_there_and_a_server_that_says_nothing_are_the_same(tmp_path: Path) -> None:
    Certified.make(tmp_path, "localhost")
    away = MailServer()
    with pytest.raises(Unavailable, match="expected an answer"):
        await SmtpMail(_house(away, tmp_path)).send(LETTER)
    heard = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", away.port):
        with pytest.raises(Unavailable, match="expected an answer"):
            await SmtpMail(_house(away, tmp_path), within_s=0.3).send(LETTER)
        heard.set()


def _to(address: str) -> Letter:
    return _changed(to=address)


def _changed(**changed: str) -> Letter:
    return Letter(**{name: changed.get(name, getattr(LETTER, name)) for name in Letter.__struct_fields__})
