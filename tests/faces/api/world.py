"""The API over a house in memory, with the retail template's roles, and tokens to call it with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from lockhouse.access.tokens import Terms
from lockhouse.faces.api.app import Api
from lockhouse.faces.api.authority import Door
from lockhouse.faces.api.limits import Limiter, Most
from lockhouse.faces.api.route import PREFIX, Desk, Route
from lockhouse.faces.api.table import ROUTES
from lockhouse.flows import token
from lockhouse.flows.token import Maker
from lockhouse.model.decision import Actor
from lockhouse.model.policy import Recipient
from lockhouse.model.ports import RootStatus
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "canary.anna@customers.example"
RETAIL = """
policy: 1
extends: retail@1
controller: {name: Shop, contact: privacy@shop.example, regulations: [gdpr],
  region: {from: [shipping_country], unknown: strictest}}
channels:
  web: {kind: segment, key: public, origins: [https://shop.example], stage: live}
  backend: {kind: segment, key: secret, stage: live}
  account: {kind: segment, key: secret, stage: live, proves: [email, phone, loyalty_id]}
recipients:
  tool: {kind: segment, url: https://collector.example, role: internal, for: [analytics], fields: [order_total]}
"""
ROLES = ("support", "analyst", "privacy_officer", "auditor", "admin")
HERE = ("127.0.0.1", 1)
ELSEWHERE = ("203.0.113.9", 1)
ADMIN = Maker(Actor(id="os-user:1", kind="os-user"))
MANY = Most(token=1_000_000, stranger=1_000_000)


class Beside:
    """A house that stands in no folder, and whose worker does not run."""

    def key_of(self, recipient: Recipient) -> str:
        return f"recipients/{recipient.name}.key"

    def address(self) -> str:
        return "https://in.shop.example"

    async def works(self) -> bool:
        return False

    async def root(self) -> RootStatus:
        return RootStatus(kind="memory", place="-", generations=(1,), destroyed=(), final=True)


@dataclass
class ApiWorld:
    """See the module."""

    world: World
    most: Most = MANY
    routes: tuple[Route, ...] = ROUTES
    tokens: dict[str, str] = field(default_factory=dict)
    incidents: list[BaseException] = field(default_factory=list)
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        desk = Desk(
            house=self.world.house, sequencer=self.world.store, verifier=self.world.verifier,
            journal=self.world.journal, beside=Beside(),
        )  # fmt: skip
        limiter = Limiter(self.most, self.world.clock.monotonic_s)
        door = Door(limiter, lambda scope: scope["client"][0] if scope.get("client") else None)
        api = Api(desk, door, routes=self.routes, on_incident=lambda _number, error: self.incidents.append(error))
        self.app = Starlette(routes=[Mount(PREFIX, app=api)])

    @classmethod
    async def make(cls, folder: Path, *, most: Most = MANY, **terms: Any) -> ApiWorld:
        """A house with Anna's order, and a token of each role that may all that its role may."""
        world = await World.make(folder, RETAIL)
        await world.send("account", "Order Completed", email=EMAIL, order_id="A-1", shipping_country="DE")
        made = cls(world, most)
        for role in ROLES:
            made.tokens[role] = await made.token(role, **terms)
        return made

    async def token(self, role: str, **terms: Any) -> str:
        """A token of a role, with all that the role may, unless said otherwise."""
        days = terms.pop("days", 90)
        known = self.world.house.live().policy.roles.get(role)
        said: dict[str, Any] = {
            "name": "test", "role": role, "may": known.may if known else (), "purposes": known.for_ if known else (),
            "networks": ("127.0.0.0/8",),
        }  # fmt: skip
        made = await token.create(self.world.house, Terms(**(said | terms)), by=ADMIN, days=days)
        return made.text.reveal().decode()

    async def call(
        self, method: str, path: str, *, role: str | None = None, shown: str | None = None,
        client: tuple[str, int] = HERE, **how: Any,
    ) -> httpx.Response:  # fmt: skip
        """One request, with the token of a role, with another one, or with none."""
        text = shown if shown is not None else self.tokens.get(role or "")
        own = [("Authorization", f"Bearer {text}")] if text else []
        headers = [*own, *httpx.Headers(how.pop("headers", {})).multi_items()]
        transport = httpx.ASGITransport(self.app, client=client, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8410") as session:
            return await session.request(method, PREFIX + path, headers=headers, **how)

    async def anna(self) -> str:
        """The id of the one person with this address."""
        return (await self.world.person(EMAIL)).hex()
