"""A served house sends its mail by itself, also what waited while the mail server, or the house, was away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from lockhouse.gates.mail import put_for
from lockhouse.model.change import Change
from lockhouse.model.ids import DAY_MS
from lockhouse.model.mails import Mail, RoleProposed
from lockhouse.model.rows import QueuedMail
from lockhouse.wiring import opened
from tests.faces.serve_world import Place, make_place, run, served, until
from tests.mail_server import Certified, MailServer, serving

if TYPE_CHECKING:
    from pathlib import Path


async def _put(place: Place, to: str) -> None:
    async with opened(place.folder, role="console") as house:
        now = house.house.clock.now_ms()
        about = RoleProposed(role="support", at=now)
        mail = Mail(to=to, name="", language="en", until_at=now + DAY_MS, about=about)
        await house.house.commits.commit(Change("identity", puts=(put_for(house.house, mail),)))


def test_mail_goes_out_while_the_house_runs_and_what_waited_when_it_comes_back(tmp_path: Path) -> None:
    place, server = run(make_place(tmp_path)), MailServer()
    certified = Certified.make(tmp_path, "localhost")
    place.set(**server.settings(tmp_path))
    run(_put(place, "canary.first@staff.example"))
    with served(place, only="work") as house:
        until(lambda: house.lines("mail waits"), 30)
        [told] = house.lines("mail waits")
        assert told["fault"] == "no-answer"
        until(lambda: 'lockhouse_mails{state="waiting"} 1.0' in httpx.get(place.metrics, timeout=10).text, 10)
    assert "canary" not in house.log
    with serving(server, certified), served(place, only="work") as house:
        run(_put(place, "canary.second@staff.example"))
        until(lambda: "canary.second@staff.example" in server.to, 30)
        until(lambda: "canary.first@staff.example" in server.to, 60)
        until(lambda: not run(place.rows(QueuedMail)), 10)
    assert len(server.got) == 2
    assert "canary" not in house.log
