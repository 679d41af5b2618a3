"""A console over a real house, asked without a browser: over ASGI, as a browser of today would ask.

Its people enrol by links and passkeys of a software authenticator, through the pages that a browser would be shown.
"""

from __future__ import annotations

import html
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from lockhouse.faces.console.app import Served, console_app
from lockhouse.faces.console.beside import Beside, Log
from lockhouse.flows import staff
from lockhouse.flows.approve import approve, draft_of
from lockhouse.gates.staff.called import Called
from lockhouse.gates.staff.deed import Deed
from lockhouse.model.rows import StaffRole
from lockhouse.policy.document import parse
from lockhouse.settings import Settings
from lockhouse.wiring import KINDS, found, opened, template
from tests.authenticator import UP, UV, Authenticator
from tests.world import Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from lockhouse.gates.house import House

URL = "https://console.shop.example"
HOST = "os-user:1000"
POLICY = """
policy: 1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [country], unknown: strictest}}
purposes:
  fulfilment: {about: Deliver what you ordered, basis: contract, keep: 24 months after last_activity}
fields:
  email: {type: email, class: contact, for: [fulfilment], identifies: person}
  country: {type: country, class: location, for: [fulfilment], clear: true}
events:
  Order Completed: [email, country]
channels:
  web: {kind: segment, key: public, origins: [https://shop.example]}
roles:
  support: {for: [fulfilment], see: {contact: masked}}
  auditor: {may: [ledger.read, audit.*, staff.list, staff.approve]}
  admin: {may: [policy.*, key.*, staff.*]}
  door: {may: [staff.list, staff.invite]}
"""
OURS = {"sec-fetch-site": "same-origin", "origin": "null"}
"""What a browser says of a form that a page of ours sent, under `Referrer-Policy: no-referrer`."""
_PASSKEY = re.compile(r'<form[^>]*data-passkey="(get|create)"[^>]*data-options="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_TOKEN = re.compile(r'name="form" value="([0-9a-f.]{64,})"')


@dataclass(slots=True, kw_only=True)
class Browser:
    """Somebody's browser, with its cookies and its authenticator."""

    client: httpx.AsyncClient
    passkeys: Authenticator
    language: str = "en"

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """A page."""
        return await self.client.get(path, headers={"accept-language": self.language, **headers})

    async def arrive(self, path: str) -> httpx.Response:
        """A page, by a link on another site: what is `SameSite=Strict` is not sent along (RFC 6265bis §5.8.3)."""
        jar = self.client.cookies.jar
        kept_back = [one for one in jar if (one.get_nonstandard_attr("SameSite") or "strict").lower() == "strict"]
        for one in kept_back:
            jar.clear(one.domain, one.path, one.name)
        page = await self.get(path, **{"sec-fetch-site": "cross-site"})
        there = {one.name for one in jar}
        for one in kept_back:
            if one.name not in there:
                jar.set_cookie(one)
        return page

    async def post(self, path: str, fields: Mapping[str, str], *, on: httpx.Response, **headers: str) -> httpx.Response:
        """A form that stands on a page, filled in; its token is the page's own."""
        token = _TOKEN.search(on.text)
        body = {"form": token[1] if token else "", **fields}
        return await self.client.post(path, data=body, headers={"accept-language": self.language, **OURS, **headers})

    def answer(self, page: httpx.Response) -> dict[str, str]:
        """The form that asks for a passkey, as the page holds it, with what this browser's passkey answers."""
        [(kind, asked, inside)] = _PASSKEY.findall(page.text)[:1]
        options = html.unescape(asked)
        told = self.passkeys.make(options) if kind == "create" else self.passkeys.use(options)
        kept = {name: html.unescape(value) for name, value in _HIDDEN.findall(inside) if name != "form"}
        return kept | {"answer": told}

    def proof(self, page: httpx.Response) -> dict[str, str]:
        """The answer alone, to be sent with what it was not given for."""
        whole = self.answer(page)
        return {name: whole[name] for name in ("ceremony", "answer")}

    async def enrol(self, link: str, *, name: str = "laptop") -> httpx.Response:
        """Whoever opens the link enrols by a passkey of this browser; the page that follows."""
        page = await self.post("/enrol", {"link": link}, on=await self.get("/enrol"))
        fields = self.answer(page) | {"link": link, "name": name}
        return await self.post("/enrol/passkey", fields, on=page)

    async def sign_in(self) -> httpx.Response:
        """Signed in by a passkey of this browser; the answer."""
        page = await self.get("/sign-in")
        return await self.post("/sign-in/passkey", self.answer(page), on=page)

    async def do(self, path: str, fields: Mapping[str, str], *, on: str) -> httpx.Response:
        """A deed of a page, confirmed by a passkey of this browser; what is answered then."""
        begun = await self.get(on)
        seen = {"seen": hidden(begun, "seen")} if 'name="seen"' in begun.text else {}
        fields = {**fields, **(seen if path.endswith("/approve") else {})}
        page = await self.post(path, fields, on=begun)
        return await self.post(path, self.answer(page), on=page)


def hidden(page: httpx.Response, name: str) -> str:
    """A hidden field of a page."""
    return html.unescape(re.findall(rf'name="{name}" value="([^"]*)"', page.text)[0])


@dataclass(slots=True, kw_only=True)
class Console:
    """A console and who looks at it.

    Attributes:
        browser: somebody's, who is not signed in.
        answers: (page, status) of each answer. incidents: the errors that were told under a number.
        folder: of the house. log: its ledger, as its pages prove it.
    """

    house: House
    clock: Clock
    transport: httpx.ASGITransport
    url: str
    answers: list[tuple[str, int]] = field(default_factory=list)
    incidents: list[tuple[str, BaseException]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    folder: Path
    log: Log
    _open: list[httpx.AsyncClient] = field(default_factory=list)

    def another(self) -> Browser:
        """Another browser, on another desk."""
        client = httpx.AsyncClient(transport=self.transport, base_url=self.url)
        self._open.append(client)
        return Browser(client=client, passkeys=Authenticator(origin=self.url))

    @property
    def browser(self) -> httpx.AsyncClient:
        """A browser that knows nothing."""
        return self.another().client

    async def hired(self, name: str, *, by: str = HOST, flags: int = UP | UV) -> Browser:
        """Somebody is invited, and enrols in a browser of their own. The first one is the admin."""
        link = await staff.invite(self.house, Called(f"{name}@shop.example", name), by=by)
        browser = self.another()
        browser.passkeys.flags = flags
        assert (await browser.enrol(link.token)).status_code == 303
        return browser

    async def holds(self, staff: bytes, role: str) -> None:
        """Somebody holds the role, whoever would have to approve it."""
        deed, now = Deed(self.house), self.clock.at
        deed.put(StaffRole(staff, role, 1, HOST, HOST, now, 0, self.house.ids.new(), b""), was=None)
        await deed.done()

    async def close(self) -> None:
        """Every browser is closed."""
        for client in self._open:
            await client.aclose()


@asynccontextmanager
async def console(
    tmp_path: Path, *, url: str = URL, name: str = "Northwind Outfitters", peer: str = "127.0.0.1", **more: Any
) -> AsyncIterator[Console]:
    """A console over a new house, for as long as the block runs; `more` is the application's own."""
    folder, clock = tmp_path / "house", Clock()
    demo, beside, policy = more.pop("demo", True), more.pop("beside", {}), more.pop("policy", POLICY)
    await found(folder, Settings(root=str(tmp_path / "keys" / "root.key"), demo=True), clock=clock)
    async with opened(folder, role="console", clock=clock) as one:
        await approve(
            one.house, await draft_of(one.house, parse({"policy.yaml": policy}, templates=template), KINDS),
            policy.encode(), by=HOST,
        )  # fmt: skip
        answers: list[tuple[str, int]] = []
        incidents: list[tuple[str, BaseException]] = []
        reasons: list[str] = []
        log = Log(sequencer=one.writer, verifier=one.verifier, lane_key=one.lane_key, anchors=one.anchors)
        served = Served(
            beside=Beside(**{"log": log, **beside}), house=one.house, name=name, url=url, demo=demo,
            reasons=lambda: reasons,
            on_answer=lambda page, status: answers.append((page, status)),
            on_incident=lambda number, error: incidents.append((number, error)),
        )  # fmt: skip
        transport = httpx.ASGITransport(console_app(served, **more), client=(peer, 50_000))
        made = Console(
            house=one.house, clock=clock, transport=transport, url=url, answers=answers, incidents=incidents,
            reasons=reasons, folder=folder, log=log,
        )  # fmt: skip
        try:
            yield made
        finally:
            await made.close()
