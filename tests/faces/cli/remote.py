"""A house in a folder that is asked by its API: the same desk, once on the house's machine and once elsewhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from lockhouse.faces.api.app import Api
from lockhouse.faces.api.authority import Door
from lockhouse.faces.api.limits import Limiter, Most
from lockhouse.faces.api.route import PREFIX
from lockhouse.faces.api.route import Desk as ApiDesk
from lockhouse.faces.serve.beside import HouseBeside
from lockhouse.wiring import opened
from tests.faces.cli.house import Desk, Seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

URL = "http://localhost:8410"
MOST = Most(token=10_000, stranger=10_000)


class Bridge(httpx.BaseTransport):
    """Carries requests to the API of the house in a folder, which is opened for each."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.asked: list[httpx.Request] = []
        self.incidents: list[BaseException] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        async with opened(self._desk.house, role="console", lane="console-0", clock=self._desk.clock) as house:
            desk = ApiDesk(
                house=house.house, sequencer=house.writer, verifier=house.verifier, journal=house.journal,
                beside=HouseBeside(house),
            )  # fmt: skip
            door = Door(Limiter(MOST, self._desk.clock.monotonic_s), lambda _scope: "127.0.0.1")
            api = Api(desk, door, on_incident=lambda _number, error: self.incidents.append(error))
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(Starlette(routes=[Mount(PREFIX, app=api)])), base_url=URL
            ) as session:
                content = request.read()
                answer = await session.request(
                    request.method, request.url, content=content, headers=request.headers
                )  # fmt: skip
                return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


class Elsewhere(Desk):
    """A desk from which the house is asked by its API, too.

    Attributes:
        tokens: by role, each with all that its role may.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.bridge = Bridge(self)
        self.tokens: dict[str, str] = {}

    def token(self, role: str, *may: str, purposes: Sequence[str] = ()) -> str:
        """A token of a role."""
        if role not in self.tokens:
            words = [*(f"--may={one}" for one in may), *(f"--for={one}" for one in purposes)]
            made = self.call(["token", "create", "tool", "--role", role, *words], json=True)
            assert made.code == 0, made.err
            self.tokens[role] = made.value["token"]
        return self.tokens[role]

    def ask(self, line: str | Sequence[str], *, role: str, **how: Any) -> Seen:
        """The same line, asked elsewhere with the token of a role; nothing is known of the house's folder."""
        words = line.split() if isinstance(line, str) else [*line]
        self.environment = {"LOCKHOUSE_TOKEN": self.tokens[role]}
        self.transport = self.bridge
        try:
            return self.call(["--server", URL, *words], **how)
        finally:
            self.environment = {}
