"""The API's application: what stands around every route.

    address → method → token → limit → permission → question → deed → answer

A request is authorised before its body is read. Every answer says `no-store`. Whatever goes wrong leaves as problem
details with an outcome code; a fault of our own has a number that stands in the log, and nothing of its text leaves.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as Place
from starlette.routing import Router

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import hmac_sha256
from lockhouse.errors import Invalid, LockhouseError, Tampered, Unavailable
from lockhouse.faces.api import problems
from lockhouse.faces.api.authority import Door
from lockhouse.faces.api.openapi import document
from lockhouse.faces.api.problems import MEDIA, Problem, RejectedError, problem, problem_of, unfit
from lockhouse.faces.api.repeating import once
from lockhouse.faces.api.route import Call, Desk
from lockhouse.faces.api.table import ROUTES
from lockhouse.gates.refresh import refresh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.types import Receive, Scope, Send

    from lockhouse.faces.api.route import Route
    from lockhouse.faces.api.shapes import Asked
    from lockhouse.gates.house import House

MAX_BODY = 64 * 1024
JSON = "application/json"
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
OPENAPI = "/openapi.json"


class Api:
    """An ASGI application, to be mounted under `/api/v1`.

    Args:
        desk: the house.
        door: who may come in, and how often.
        on_incident: hears of a fault of our own, by the number that its reader was told.
    """

    def __init__(
        self, desk: Desk, door: Door, *, on_incident: Callable[[str, BaseException], None],
        routes: Iterable[Route] = ROUTES,
    ) -> None:  # fmt: skip
        self._desk = desk
        self._door = door
        self._on_incident = on_incident
        places: dict[str, dict[str, Route]] = defaultdict(dict)
        for route in routes:
            places[route.path][route.method] = route
        said = msgspec.json.encode(document(list(routes)))
        made = [Place(path, endpoint=_Address(self, by_method)) for path, by_method in places.items()]
        made.append(Place(OPENAPI, endpoint=_Document(said)))
        self._router = Router(made, redirect_slashes=False, default=_nowhere)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI scope."""
        await self._router(scope, receive, send)

    async def answer(self, by_method: Mapping[str, Route], request: Request) -> Response:
        """The answer to one request, whatever becomes of it."""
        headers: dict[str, str] = {}
        try:
            return await self._done(by_method, request, headers)
        except (RejectedError, LockhouseError, ClientDisconnect) as error:
            return self._refused(error, headers)
        except Exception as error:  # noqa: BLE001  # the edge: an incident number instead of a traceback
            return self._incident(error, problem(problems.FAULT), headers)

    async def _done(self, by_method: Mapping[str, Route], request: Request, headers: dict[str, str]) -> Response:
        house = self._desk.house
        route = _route(by_method, request.method)
        await _require_current(house)
        token = await self._door.admitted(house, request, headers)
        self._door.require(house, token, route)
        query = _query(route, request)
        raw = await _body(request) if route.body else b""
        body = None if route.body is None else _parsed(route.body, raw, where="body")
        call = Call(desk=self._desk, token=token, path=request.path_params, query=query, body=body, route=route)
        return _said(call, request, await once(call, request, raw), headers)

    def _refused(
        self, error: RejectedError | LockhouseError | ClientDisconnect, headers: Mapping[str, str]
    ) -> Response:  # fmt: skip
        if isinstance(error, RejectedError):
            return _problem(problem(error.code, detail=error.detail), dict(headers) | error.headers)
        if isinstance(error, ClientDisconnect):  # nobody is there to hear it
            return _problem(problem(problems.BAD_BODY), headers)
        if isinstance(error, Tampered):
            return self._incident(error, problem_of(error), headers)
        wait = {"Retry-After": str(max(1, round(error.retry_after_s)))} if isinstance(error, Unavailable) else {}
        return _problem(problem_of(error), dict(headers) | wait)

    def _incident(self, error: BaseException, told: Problem, headers: Mapping[str, str]) -> Response:
        number = self._desk.house.ids.random(8).hex()
        self._on_incident(number, error)
        return _problem(msgspec.structs.replace(told, incident=number), headers)


class _Address:
    """Everything that one address takes."""

    def __init__(self, api: Api, by_method: Mapping[str, Route]) -> None:
        self._api = api
        self._by_method = by_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI scope."""
        response = await self._api.answer(self._by_method, Request(scope, receive))
        await response(scope, receive, send)


class _Document:
    """The OpenAPI document, for anybody: what may be asked is no secret."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI scope."""
        if scope["method"] != "GET":
            await _problem(problem(problems.NO_METHOD), {"Allow": "GET"})(scope, receive, send)
            return
        await _plain(self._said, {})(scope, receive, send)


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    await _problem(problem(problems.NOT_FOUND), {})(scope, receive, send)


async def _require_current(house: House) -> None:
    """What rules now is what this process goes by.

    Raises:
        Unavailable: nobody has confirmed it within its lease: another policy may rule.
    """
    if not house.epochs.alive():
        raise Unavailable("house: expected to be confirmed by its writer, got silence")
    await refresh(house)


def _route(by_method: Mapping[str, Route], method: str) -> Route:
    if method not in by_method:
        raise RejectedError(problems.NO_METHOD, headers={"Allow": ", ".join(sorted(by_method))})
    return by_method[method]


def _query(route: Route, request: Request) -> Asked:
    pairs = request.query_params.multi_items()
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Invalid("query", "each word once", got="one that stands twice")
    try:
        return msgspec.convert(found, route.query, strict=False)
    except msgspec.ValidationError as error:
        raise unfit(error, where="query") from error


async def _body(request: Request) -> bytes:
    """The body, of a size and kind that may be."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON or request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RejectedError(problems.NO_JSON)
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            raise RejectedError(problems.TOO_LARGE, headers={"Connection": "close"})
    return bytes(raw)


def _parsed(kind: type[Asked], raw: bytes, *, where: str) -> Asked:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise unfit(error, where=where) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RejectedError(problems.BAD_BODY) from error


def _said(call: Call, request: Request, said: bytes, headers: Mapping[str, str]) -> Response:
    """The answer with its tag; a reader who has this one already is told so instead (RFC 9110 §13.1.2)."""
    if not call.route.tagged:
        return _plain(said, headers)
    mac = hmac_sha256(call.house.receipt_key, lp("lockhouse/etag/1", call.route.name, said))
    tag = f'"{base64.urlsafe_b64encode(mac[:12]).decode()}"'
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=NO_STORE | dict(headers) | {"ETag": tag})
    return _plain(said, {**headers, "ETag": tag})


def _plain(said: bytes, headers: Mapping[str, str]) -> Response:
    return Response(said, media_type=JSON, headers=NO_STORE | dict(headers))


def _problem(told: Problem, headers: Mapping[str, str]) -> Response:
    return Response(
        msgspec.json.encode(told), status_code=told.status, media_type=MEDIA, headers=NO_STORE | dict(headers)
    )
