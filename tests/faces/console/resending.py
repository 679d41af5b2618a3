"""Browsers that send each form a second time, as a reload does where a page was the answer; and what came of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.routing import Match, Route

from lockhouse.model.rows import LedgerEntry
from tests.faces.console.world import Browser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx
    from starlette.applications import Starlette

    from lockhouse.gates.house import House

READS_AGAIN = frozenset({"find-person"})
"""A search: a reload searches once more, is noted once more, and counts once more."""
_FAILED = 400


@contextmanager
def resending() -> Iterator[dict[str, list[str]]]:
    """Each form of each browser is sent twice; page of a form -> what was wrong with the second answer, if anything."""
    found: dict[str, list[str]] = {}
    once = Browser.post

    async def twice(self: Browser, path: str, fields: Mapping[str, str], *, on: httpx.Response, **more: str) -> Any:
        answer = await once(self, path, fields, on=on, **more)
        app = _app(self)
        if answer.status_code >= _FAILED:
            return answer
        wrong = found.setdefault(_page(app, path), [])
        if _page(app, path) in READS_AGAIN:
            return answer
        if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
            wrong += await _again(self, app, once(self, path, fields, on=on, **more))
        return answer

    Browser.post = twice  # type: ignore[method-assign]
    try:
        yield found
    finally:
        Browser.post = once  # type: ignore[method-assign]


async def _again(browser: Browser, app: Starlette, second: Any) -> list[str]:
    house: House = app.state.served.house
    kept = {one.name: one.value for one in browser.client.cookies.jar}
    before = await _noted(house)
    answer = await second
    noted = await _noted(house) - before
    wrong = [f"{answer.status_code}"] if answer.status_code >= _FAILED else []
    if noted:
        wrong.append(f"{noted} entries")
    for name, value in kept.items():
        if name not in {one.name for one in browser.client.cookies.jar}:
            wrong.append(f"lost {name}")
        assert value
    return wrong


async def _noted(house: House) -> int:
    return sum([len(rows) async for rows in house.reads.scan(LedgerEntry)])


async def entries_of(browser: Browser) -> int:
    """How many entries the ledger has of the house that a browser is shown."""
    return await _noted(_app(browser).state.served.house)


def page_of(browser: Browser, path: str) -> str:
    """The name of the form that is sent to a path."""
    return _page(_app(browser), path)


def _app(browser: Browser) -> Starlette:
    app: Any = browser.client._transport  # the application that it asks without a network
    for name in ("app", "_app", "_app"):
        app = getattr(app, name)
    found: Starlette = app
    return found


def _page(app: Starlette, path: str) -> str:
    scope = {"type": "http", "path": path, "raw_path": path.encode(), "method": "POST", "root_path": "", "headers": []}
    for route in app.router.routes:
        if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
            return route.name
    return ""
