"""The console's application: its routes, and what is answered where none leads.

    Guard         one host name, strict headers, whoever answers
      Starlette   pages · assets · health · what is mounted (the API, by whoever builds the application)

A page that is not there, and an error of ours, are answered in words, with an outcome code; an error also has a number
that stands in the log, and nothing of what was wrong reaches the reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lockhouse.crypto.passkeys import Site
from lockhouse.errors import LockhouseError, Tampered, Unavailable
from lockhouse.faces.console import assets
from lockhouse.faces.console.beside import Beside
from lockhouse.faces.console.guard import CODE, Guard
from lockhouse.faces.console.pages import (
    access_review,
    account,
    channels,
    components,
    device,
    enrol,
    find,
    grants,
    identifiers,
    identity,
    ledger,
    live,
    overview,
    pausing,
    person,
    person_change,
    person_deeds,
    person_refusal,
    policy,
    policy_deeds,
    policy_version,
    recipients,
    sessions,
    sign_in,
    staff,
    staff_deeds,
    tokens,
)
from lockhouse.faces.console.refusals import refused, turned
from lockhouse.faces.console.rendering import load_all
from lockhouse.faces.console.turned import Turned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.routing import BaseRoute

    from lockhouse.gates.house import House
PAGES: Final = (
    access_review, account, channels, components, device, enrol, find, grants, identifiers, identity, ledger, live,
    overview, pausing, person, person_change, person_deeds, person_refusal, policy, policy_deeds, policy_version,
    recipients, sessions, sign_in, staff, staff_deeds, tokens,
)  # fmt: skip
"""Subjects, each with its routes; of two that fit a path, the first answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A house as the console serves it.

    Attributes:
        house: it.
        name: of the company, as the settings have it.
        url: the console's one address.
        demo: it is a throw-away house: the page of components is shown.
        reasons: why it cannot do its work just now, in plain words; empty when it can.
        on_answer: hears of each page that was answered, by its route's name, and its status.
        on_incident: hears of an error of ours, by the number that its reader was told.
        beside: what runs beside it.
    """

    house: House
    name: str
    url: str
    demo: bool
    reasons: Callable[[], Sequence[str]]
    on_answer: Callable[[str, int], None]
    on_incident: Callable[[str, BaseException], None]
    beside: Beside = field(default_factory=Beside)

    @property
    def host(self) -> str:
        """What the address bar says."""
        return urlsplit(self.url).netloc


def console_app(
    served: Served,
    *,
    mounts: Sequence[BaseRoute] = (),
    trusted_proxies: Sequence[str] = (),
    behind_proxy: bool = False,
) -> Guard:
    """The console as an ASGI application.

    Args:
        served: the house.
        mounts: what else answers on this listener, behind the same guard, as `Mount("/api/v1", app=...)`.
        trusted_proxies: networks whose X-Forwarded-For is believed.
        behind_proxy: plain HTTP is heard from those and from this machine only.
    """
    load_all()
    served.house.proving.site = Site(rp_id=urlsplit(served.url).hostname or "", origin=served.url)
    routes = [
        Route(assets.PREFIX + "{digest}/{name}", _asset, name="asset"),
        Route("/healthz", _healthz, name="healthz"),
        Route("/readyz", _readyz, name="readyz"),
        *(route for subject in PAGES for route in subject.ROUTES),
    ]
    app = Starlette(
        routes=[*routes, *mounts],
        exception_handlers={HTTPException: _no_route, Turned: turned, LockhouseError: _error, Exception: _incident},
    )
    app.router.redirect_slashes = False
    app.state.served = served

    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        request = Request({**scope, "app": app})
        await refused(request, scope[CODE])(scope, receive, send)

    names = {route.endpoint: route.name for route in routes}
    return Guard(
        _Counted(app, names=names, on_answer=served.on_answer), url=served.url, refuse=refuse,
        trusted_proxies=trusted_proxies, behind_proxy=behind_proxy,
    )  # fmt: skip


class _Counted:
    """ASGI around the application: each answer is counted under its page's name, never under what was asked."""

    def __init__(self, app: Starlette, *, names: Mapping[Any, str], on_answer: Callable[[str, int], None]) -> None:
        self._app = app
        self._names = names
        self._on_answer = on_answer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI scope."""
        status = 0

        async def counted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            if not status:  # else it was answered, logged under its number, and is raised again for a server to see
                raise
        if status:
            self._on_answer(self._names.get(scope.get("endpoint"), "other"), status)


async def _asset(request: Request) -> Response:
    found = assets.at(request.url.path)
    if found is None:
        return refused(request, "LH-3004")
    return Response(found.body, headers={"content-type": found.kind, "cache-control": assets.KEPT})


async def _healthz(_request: Request) -> Response:
    """This process runs."""
    return JSONResponse({"status": "ok"})


async def _readyz(request: Request) -> Response:
    """It can do its work, or why not."""
    reasons = list(request.app.state.served.reasons())
    body = {"status": "not ready", "reasons": reasons} if reasons else {"status": "ok"}
    return JSONResponse(body, status_code=503 if reasons else 200)


async def _no_route(request: Request, error: Exception) -> Response:
    """No page is there, or none that takes this method."""
    is_method = isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    answer = refused(request, "LH-3005" if is_method else "LH-3004")
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


async def _error(request: Request, error: Exception) -> Response:
    """An error of our tree that no page had words for: part of the house is away, or does not verify."""
    if isinstance(error, Unavailable):
        answer = refused(request, "LH-5001")
        answer.headers["retry-after"] = str(max(1, round(error.retry_after_s)))
        return answer
    return await _incident(request, error)


async def _incident(request: Request, error: Exception) -> Response:
    served: Served = request.app.state.served
    number = served.house.ids.random(8).hex()
    served.on_incident(number, error)
    return refused(request, "LH-5002" if isinstance(error, Tampered) else "LH-5000", incident=number)
