"""`lockhouse mail`, as whoever runs the house sees it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from lockhouse.settings import Settings
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
