"""A console over a real house, asked without a browser: over ASGI, as a browser of today would ask."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from lockhouse.faces.console.app import Served, console_app
from lockhouse.settings import Settings
from lockhouse.wiring import found, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.gates.house import House

URL = "http://localhost:8410"


@dataclass(slots=True, kw_only=True)
class Console:
    """A console and who looks at it.

    Attributes:
        answers: (page, status) of each answer. incidents: the errors that were told under a number.
    """

    house: House
    browser: httpx.AsyncClient
    answers: list[tuple[str, int]] = field(default_factory=list)
    incidents: list[tuple[str, BaseException]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


@asynccontextmanager
async def console(
    tmp_path: Path, *, url: str = URL, name: str = "Northwind Outfitters", peer: str = "127.0.0.1", **more: Any
) -> AsyncIterator[Console]:
    """A console over a new house, for as long as the block runs; `more` is the application's own."""
    folder = tmp_path / "house"
    await found(folder, Settings(root=str(tmp_path / "keys" / "root.key"), demo=True))
    async with opened(folder, role="console") as one:
        made = Console(house=one.house, browser=httpx.AsyncClient())
        served = Served(
            house=one.house, name=name, url=url, reasons=lambda: made.reasons,
            on_answer=lambda page, status: made.answers.append((page, status)),
            on_incident=lambda number, error: made.incidents.append((number, error)),
        )  # fmt: skip
        transport = httpx.ASGITransport(console_app(served, **more), client=(peer, 50_000), raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url=url) as browser:
            made.browser = browser
            yield made
