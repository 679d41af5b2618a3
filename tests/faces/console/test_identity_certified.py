"""Signing in at `oidc-provider`, a certified OpenID provider, unmodified, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from lockhouse.gates.staff.federated import BACK
from lockhouse.settings import Settings
from lockhouse.wiring_oidc import provider_of
from tests.faces.console.federated import door
from tests.faces.console.world import URL, console
from tests.faces.public_clients import NODE_MODULES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def certified(at: int) -> Iterator[str]:
    """The issuer, whose clock says `at` (ms), for as long as the block runs."""
    node = shutil.which("node")
    assert node, "the provider needs node, which script/test installs"
    assert (NODE_MODULES / "oidc-provider").is_dir(), "script/test installs the provider"
    command = [node, str(ROOT / "tests/js/provider.mjs"), str(NODE_MODULES), URL + BACK, str(at)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={"PATH": os.environ["PATH"]}
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def visit(url: str, account: str, *, acr: str = "phr") -> str:
    """Somebody signs in there; the path and query that their browser comes back to."""
    jar: dict[str, str] = {}  # by hand: the house's time is not this machine's, by which a client lets cookies end
    async with httpx.AsyncClient(trust_env=False, headers={"x-account": account, "x-acr": acr}) as client:
        while not url.startswith(URL):
            answer = await client.get(url, headers={"cookie": "; ".join(f"{name}={one}" for name, one in jar.items())})
            jar |= dict(one.partition(";")[0].split("=", 1) for one in answer.headers.get_list("set-cookie"))
            url = urljoin(url, answer.headers["location"])
            client.cookies.clear()
    return f"{urlsplit(url).path}?{urlsplit(url).query}"


@pytest.mark.parametrize("client", ["lockhouse", "lockhouse-es"])
async def test_a_certified_provider_signs_somebody_in_by_either_algorithm(tmp_path: Path, client: str) -> None:
    (tmp_path / "secret").write_text("a secret of the client", "utf-8")
    async with console(tmp_path) as desk:
        with certified(desk.clock.now_ms()) as issuer:
            settings = Settings(
                oidc_issuer=issuer, oidc_client=client, oidc_secret_file=str(tmp_path / "secret"),
                oidc_two_factors=("acr phr",),
            )  # fmt: skip
            port = desk.house.proving.provider = provider_of(settings, desk.clock)
            assert port is not None
            mia = await desk.hired("mia")
            page = await mia.do("/account/identity", {}, on="/account")
            landed = await mia.arrive(await visit(door(page), "mia"))
            assert landed.headers["refresh"] == "0; url=/account"
            mia.client.cookies.delete("__Host-lh")
            back = await visit(door(await mia.post("/sign-in/identity", {}, on=await mia.get("/sign-in"))), "mia")
            assert "iss=" in back
            assert (await mia.arrive(back)).headers["refresh"] == "0; url=/"
            assert (await mia.get("/")).status_code == 200
            eve = desk.another()
            eve_back = await visit(door(await eve.post("/sign-in/identity", {}, on=await eve.get("/sign-in"))), "eve")
            assert (await eve.arrive(eve_back)).status_code == 403
            await port.close()
