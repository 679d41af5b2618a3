"""A console whose people may sign in at an identity provider, and their browsers on the way there and back."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockhouse.flows.approve import approve, draft_of
from lockhouse.policy.document import parse
from lockhouse.settings import Settings
from lockhouse.wiring import KINDS, template
from lockhouse.wiring_oidc import provider_of
from tests.faces.console.world import HOST, POLICY, Browser, Console, console
from tests.oidc_provider import CLIENT, SECRET, Provider, provider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from lockhouse.adapters.identity_provider import OidcProvider

WITH_READER = POLICY + "  reader: {may: [ledger.read]}\n"
"""`reader` is a role that one person may give: it reads of nobody, and has no power over staff."""


@dataclass(slots=True, kw_only=True)
class Federated:
    """The console, the provider, and the port to it."""

    desk: Console
    at: Provider
    port: OidcProvider

    async def away(self, browser: Browser, *, on: str = "/sign-in", **fields: str) -> str:
        """A browser is sent to the provider, by the button of a page; the address."""
        path = "/enrol/identity" if fields else "/sign-in/identity"
        page = await browser.post(path, fields, on=await browser.get(on))
        assert page.status_code == 200, page.text
        return door(page)

    async def back(self, browser: Browser) -> httpx.Response:
        """Somebody signs in there; the page that they come back to."""
        return await browser.arrive(await self.at.visit(await self.away(browser)))

    async def linked(self, name: str) -> Browser:
        """Somebody who enrolled by a passkey and whose identity is the provider's `claims["sub"]`; signed out."""
        browser = await self.desk.hired(name)
        page = await browser.do("/account/identity", {}, on="/account")
        landed = await browser.arrive(await self.at.visit(door(page)))
        assert landed.headers["refresh"] == "0; url=/account", landed.text
        browser.client.cookies.delete("__Host-lh")
        return browser


def door(page: httpx.Response) -> str:
    """Where a page leads on to."""
    return str(page.headers["refresh"].removeprefix("0; url="))


def chosen(tmp_path: Path, at: Provider, **more: Any) -> Settings:
    """The settings of a house that knows this provider."""
    (tmp_path / "oidc.secret").write_text(f"{SECRET}\n", "utf-8")
    given = {"oidc_two_factors": ("amr pwd otp",), **more}
    return Settings(
        oidc_issuer=at.url, oidc_client=CLIENT, oidc_secret_file=str(tmp_path / "oidc.secret"), oidc_name="Firm ID",
        **given,
    )  # fmt: skip


@asynccontextmanager
async def federated(tmp_path: Path, **more: Any) -> AsyncIterator[Federated]:
    """Both, for as long as the block runs; `more` is of the settings."""
    async with console(tmp_path) as desk:
        text = {"policy.yaml": WITH_READER}
        draft = await draft_of(desk.house, parse(text, templates=template), KINDS)
        await approve(desk.house, draft, WITH_READER.encode(), by=HOST)
        with provider(desk.clock) as at:
            port = provider_of(chosen(tmp_path, at, **more), desk.clock)
            assert port is not None
            desk.house.proving.provider = port
            try:
                yield Federated(desk=desk, at=at, port=port)
            finally:
                await port.close()
