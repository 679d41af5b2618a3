"""Somebody is invited by mail: the link goes to them alone, and nobody at the terminal sees it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from lockhouse.flows.mail import Sent, send_mail
from lockhouse.gates.staff.tokens import token_tag
from lockhouse.model.rows import Invite, QueuedMail, Staff
from lockhouse.wiring import opened
from lockhouse.wiring_mail import out_of
from tests.faces.cli.house import Desk
from tests.faces.cli.test_mail import set_mail
from tests.mail_server import Certified, MailServer, serving

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.ports import RowT

WHO = "canary.mia@staff.example\nMia Berger\n"
LINK = re.compile(r"http://localhost:8410/enrol#(\S+)")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.found()
    return desk


def _rows(desk: Desk, row: type[RowT]) -> list[RowT]:
    async def read() -> list[RowT]:
        async with opened(desk.house, role="console", clock=desk.clock) as house:
            return [one async for some in house.house.reads.scan(row) for one in some]

    return asyncio.run(read())


def _sent(desk: Desk, server: MailServer) -> str:
    """A round of the worker; the token of the link in the newest mail, which opens what stands in the house."""

    async def once() -> str:
        async with opened(desk.house, role="work", clock=desk.clock) as house:
            assert await send_mail(house.house, out_of(house.settings)) == Sent(sent=1)
            token: str = LINK.findall(server.got[-1].get_content())[0]
            tag = token_tag(house.house, "link", token)
            assert (await house.house.reads.get(Invite, [(tag,)]))[(tag,)].until_at > desk.clock.now
            return token

    return asyncio.run(once())


def test_an_invitation_by_mail_shows_its_link_to_nobody_else(desk: Desk) -> None:
    server, certified = MailServer(), Certified.make(desk.folder, "localhost")
    set_mail(desk, server)
    seen = desk.call("staff invite - --mail --language de", typed=WHO)
    assert seen.code == 0, seen.err
    assert "A link is mailed to the login, by `lockhouse serve`." in seen.out
    assert "#" not in seen.out
    with serving(server, certified):
        first = _sent(desk, server)
        [staff] = _rows(desk, Staff)
        again = desk.call(f"staff link {staff.id.hex()} --mail", json=True).value
        assert (again["mailed"], "link" in again) == (True, False)
        assert _sent(desk, server) != first
    assert server.to == ["canary.mia@staff.example"] * 2
    assert {one["subject"] for one in server.got} == {"Ihr Konto bei Shop"}
    assert server.got[0]["to"] == "Mia Berger <canary.mia@staff.example>"
    assert _rows(desk, QueuedMail) == []
    assert not [one for one in desk.folder.rglob("*") if one.is_file() and b"canary.mia" in one.read_bytes()]


def test_without_a_mail_server_or_an_address_nobody_is_invited_by_mail(desk: Desk) -> None:
    seen = desk.call("staff invite - --mail", typed=WHO)
    assert "--mail: expected a mail server in the settings, got none" in seen.err
    set_mail(desk, MailServer())
    seen = desk.call("staff invite - --mail", typed="mia\nMia Berger\n")
    assert "mail: expected an e-mail address of one mailbox" in seen.err
    assert (_rows(desk, Staff), _rows(desk, QueuedMail)) == ([], [])
