"""The API as it is served: on the console's listener, behind its guard, to tokens that were made beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from lockhouse import __version__
from lockhouse.access.tokens import Terms
from lockhouse.faces.api.mounted import mounted
from lockhouse.faces.api.route import PREFIX, Desk
from lockhouse.flows import token
from lockhouse.flows.token import Maker
from lockhouse.model.decision import Actor
from lockhouse.wiring import opened
from tests.faces.api.world import ApiWorld, Beside
from tests.faces.serve_world import Place, make_place, run, served

if TYPE_CHECKING:
    from pathlib import Path

BARE = Terms(name="probe", role="", may=(), purposes=(), networks=())


async def _made(place: Place) -> tuple[str, bytes]:
    async with opened(place.folder, role="console") as house:
        made = await token.create(house.house, BARE, by=Maker(Actor(id="os-user:1", kind="os-user")))
        return made.text.reveal().decode(), made.row.id


async def _revoked(place: Place, own: bytes) -> None:
    async with opened(place.folder, role="console") as house:
        await token.revoke(house.house, own, by="os-user:1")


def _typed(place: Place, text: str, line: str) -> tuple[int, str]:
    """A command that is typed where no house is: its exit code, and how what it says begins."""
    environment = {"LOCKHOUSE_TOKEN": text, "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-m", "lockhouse", "--server", place.settings.console_url, *line.split()], check=False,
        capture_output=True, text=True, cwd=place.folder.parent, env=environment, timeout=60,
    )  # fmt: skip
    said = (ended.stdout or ended.stderr).splitlines()[0]
    return ended.returncode, said.partition(": expected")[0]


def _get(place: Place, path: str, text: str = "") -> httpx.Response:
    host = place.settings.console_url.partition("//")[2]
    headers = {"host": host} | ({"authorization": f"Bearer {text}"} if text else {})
    return httpx.get(
        f"http://{place.settings.listen_console}{PREFIX}{path}", headers=headers, timeout=20, trust_env=False
    )


def test_a_token_that_is_made_and_ended_beside_a_served_house_is_taken_and_refused_at_once(tmp_path: Path) -> None:
    place: Place = run(make_place(tmp_path))
    with served(place, only="console"):
        text, own = run(_made(place))
        answer = _get(place, "/version", text)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert _get(place, "/version").status_code == 401
        assert _get(place, "/openapi.json").json()["openapi"] == "3.1.0"
        assert _get(place, "/nowhere", text).json()["code"] == "LH-4004"
        assert _typed(place, text, "version") == (0, f"lockhouse  {__version__}")
        assert _typed(place, text, "policy show") == (3, "lockhouse: error[refused]: token")
        run(_revoked(place, own))
        assert _get(place, "/version", text).status_code == 401
        assert _typed(place, text, "version")[0] == 4


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("10.9.9.9", "203.0.113.7, 192.0.2.1", 401),
        ("10.9.9.9", "203.0.113.7, 192.0.2.77", 200),
        ("203.0.113.7", "192.0.2.77", 401),
        ("10.9.9.9", None, 401),
    ],
    ids=["another hop", "the last hop before the proxy", "a stranger's own word", "the proxy itself"],
)
async def test_behind_a_proxy_it_is_the_address_before_it_that_counts(
    tmp_path: Path, peer: str, forwarded: str | None, status: int
) -> None:
    api = await ApiWorld.make(tmp_path)
    desk = Desk(
        house=api.world.house, sequencer=api.world.store, verifier=api.world.verifier, journal=api.world.journal,
        beside=Beside(),
    )  # fmt: skip
    api.app.routes[:] = [mounted(desk, trusted_proxies=["10.0.0.0/8"], on_incident=lambda *_: None)]
    text = await api.token("admin", networks=("192.0.2.77/32",))
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    answer = await api.call("GET", "/version", shown=text, client=(peer, 1), headers=headers)
    assert answer.status_code == status
