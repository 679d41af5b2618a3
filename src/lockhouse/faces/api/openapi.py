"""The OpenAPI 3.1 document, made of the routes and of the classes that they take and give (JSON Schema 2020-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse import __version__
from lockhouse.faces.api import problems, shapes
from lockhouse.faces.api.problems import MEDIA, Problem
from lockhouse.faces.api.repeating import HEADER
from lockhouse.faces.api.route import PREFIX
from lockhouse.faces.outcomes import CODES, OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.faces.api.route import Route

JSON = "application/json"
REFS = "#/components/schemas/{name}"
STATUSES = {
    400: "not JSON, or not in UTF-8", 401: "no token that stands", 403: "the token, its role or the policy says no",
    404: "there is none, or none that the token may see", 409: "the state moved on, or the first request is under way",
    410: "ended on purpose", 413: "too large", 415: "not application/json", 422: "a part is not of its form",
    429: "asked too often", 500: "a fault of ours, or stored bytes that do not verify",
    503: "part of the house is away",
}  # fmt: skip
_WORDS: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 80}
_ID: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_TEXT: dict[str, Any] = {"required": True, "schema": {"type": "string"}}
_WAIT: dict[str, Any] = {"required": True, "schema": {"type": "integer"}}
_LIMITS = {"RateLimit": _TEXT, "RateLimit-Policy": _TEXT}
_MORE = {401: _LIMITS | {"WWW-Authenticate": _TEXT}, 429: _LIMITS | {"Retry-After": _WAIT}, 503: {"Retry-After": _WAIT}}
"""Headers of answers that are none of what was asked for."""
IDS = frozenset({"batch", "entry", "hold", "person", "request", "token"})
"""Words of paths that are ids; the others are names of the policy."""


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """All of it, as a value of JSON."""
    kinds = _kinds(routes)
    _, components = msgspec.json.schema_components(kinds, ref_template=REFS)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    paths["/openapi.json"] = {"get": _own()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lockhouse", "version": __version__,
            "description": "Every answer is `no-store`. No address holds a person's value. docs/api.md tells the rest.",
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "lh_…"}},
        },
    }  # fmt: skip


def _kinds(routes: Sequence[Route]) -> list[type]:
    found: dict[type, None] = {Problem: None}
    for route in routes:
        found |= dict.fromkeys([route.answer, *([route.body] if route.body else [])])
    return list(found)


def statuses(route: Route) -> tuple[int, ...]:
    """With which a route may be answered besides 200: what is not here is never answered."""
    found = {401, 403, 409, 422, 429, 500, 503}
    found |= {404} if route.words or route.query is not shapes.Nothing or route.body else set()
    found |= {404} if route.name == "policy.show" else set()
    found |= {410} if "person" in route.words or route.name == "person.find" else set()
    found |= {400, 413, 415} if route.body else set()
    return tuple(sorted(found))


def _operation(route: Route) -> dict[str, Any]:
    kind, word = route.needs
    needs = {"permission": f"the permission {word}", "look": f"a role and a purpose that see persons ({word})"}
    said: dict[str, Any] = {
        "operationId": route.name, "summary": route.about, "tags": [route.name.partition(".")[0]],
        "description": f"Needs {needs.get(kind, 'any token that stands')}.",
        "parameters": [*_path(route), *_query(route), *_headers(route)],
        "responses": _responses(route),
    }  # fmt: skip
    if route.body is not None:
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(route.body)}}}
    return said


def _own() -> dict[str, Any]:
    answer = {"description": "This document.", "content": {JSON: {"schema": {"type": "object"}}}}
    return {
        "operationId": "openapi", "summary": "This document, for anybody.", "security": [], "tags": ["openapi"],
        "responses": {"200": answer},
    }  # fmt: skip


def _ref(kind: type) -> dict[str, Any]:
    return {"$ref": REFS.format(name=kind.__name__)}


def _path(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": word, "in": "path", "required": True, "schema": _ID if word in IDS else _WORDS} for word in route.words
    ]


def _query(route: Route) -> list[dict[str, Any]]:
    schema = msgspec.json.schema(route.query)
    [own] = schema["$defs"].values()
    return [
        {"name": name, "in": "query", "required": name in own.get("required", ()), "schema": _without_null(part)}
        for name, part in own["properties"].items()
    ]


def _without_null(part: dict[str, Any]) -> dict[str, Any]:
    """A word of a query is there or not; it is never null."""
    kinds = [one for one in part.get("anyOf", ()) if one != {"type": "null"}]
    return {**kinds[0]} if kinds else {name: one for name, one in part.items() if name != "default"}


def _headers(route: Route) -> list[dict[str, Any]]:
    form = {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{8,64}$"}
    found = [{"name": HEADER.title(), "in": "header", "required": False, "schema": form}] * route.changes
    known = {"type": "string", "description": "the `ETag` of an answer that is held"}
    return found + [{"name": "If-None-Match", "in": "header", "required": False, "schema": known}] * route.tagged


def _responses(route: Route) -> dict[str, Any]:
    told = {JSON: {"schema": _ref(route.answer)}}
    tag = {"ETag": _TEXT} if route.tagged else {}
    found: dict[str, Any] = {"200": {"description": "Done.", "headers": _LIMITS | tag, "content": told}}
    if route.tagged:
        found["304"] = {"description": "As `If-None-Match` has it.", "headers": _LIMITS | tag}
    for status in statuses(route):
        found[str(status)] = {
            "description": STATUSES[status], "headers": _MORE.get(status, {}),
            "content": {MEDIA: {"schema": _ref(Problem)}},
        }  # fmt: skip
    return found


def codes() -> dict[int, list[str]]:
    """Status -> the outcome codes that the API answers with it."""
    found: dict[int, list[str]] = {}
    of_errors = {code: OUTCOMES[error].status for error, code in problems.OF_ERRORS.items()} | {problems.FAULT: 500}
    for code, answer in CODES.items():
        if code.startswith("LH-4") or code in of_errors:
            found.setdefault(of_errors.get(code, answer.status), []).append(code)
    return found
