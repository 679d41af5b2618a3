"""What a page's form sends back: only from a page of ours, only of who is asking, only the fields that the page has.

1. The browser says that a page of this console sent it: `Sec-Fetch-Site: same-origin`, or an `Origin` that is ours.
   Under `Referrer-Policy: no-referrer` browsers write `Origin: null`, which says nothing either way.
2. The form holds a token made from the browser's own cookie, which no other site can read or plant.
3. Fields that the page does not have, or that come twice, make the whole form none of ours.
4. A form that a page of ours sent, by the browser's word, and whose token is of an earlier cookie, does nothing, and is
   no dead end (`Aged`): the page is shown anew, with what was no secret, and somebody presses its button once more.
   Behind a sign-in that holds for the member alone whose form it was: the token has their mark beside it.

The first two each suffice in a browser of today (OWASP, Cross-Site Request Forgery Prevention); both are asked for.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from lockhouse.faces.console import cookies
from lockhouse.faces.console.turned import Aged, Turned

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

TOKEN: Final = "form"  # noqa: S105  # a field's name
"""Name of the field that holds the token."""
MAX_BYTES: Final = 65_536
_MOST_FIELDS: Final = 40
_KIND: Final = "application/x-www-form-urlencoded"
_FOR: Final = b"lockhouse/console/form/1"
_SECRET: Final = frozenset({"answer", "ceremony", "code", "password", "secret", "seen"})
"""Fields that are typed or answered anew: what proves somebody, and what was read before a deed."""


def token_of(request: Request) -> str:
    """The token of this browser's forms: of its session, with its member's mark; on the ways in of its other cookie."""
    mark = _mark(request)
    return f"{_own(request)}.{mark}" if mark else _own(request)


def _own(request: Request) -> str:
    cookie = cookies.before_of(request) if cookies.is_before(request) else cookies.session_of(request)
    return hmac.new(cookie.encode(), _FOR, sha256).hexdigest()


def _mark(request: Request) -> str:
    """By which a member's forms are known again in their next session; empty for nobody. It opens nothing."""
    member: bytes = getattr(request.state, "member", b"")
    return request.app.state.served.house.staff_keys.tag("form", member).hex() if member else ""


async def posted(request: Request, *names: str, optional: Collection[str] = ()) -> dict[str, str]:
    """The fields of a form of ours.

    Args:
        request: the post.
        names: of the fields that must be there.
        optional: of those that may be.

    Raises:
        Turned: it is no form of this console, of this browser, or of this page.
    """
    if not is_from_here(request):
        raise Turned("LH-3002")
    fields = _fields(await _body(request))
    token = fields.pop(TOKEN, "")
    if not hmac.compare_digest(token.partition(".")[0].encode(), _own(request).encode()):
        raise _refused(request, token, fields, {*names}, {*names, *optional})
    if not set(names) <= set(fields) <= {*names, *optional}:
        raise Turned("LH-3006")
    return fields


def _refused(
    request: Request, token: str, fields: dict[str, str], needed: set[str], known: set[str]
) -> Turned:  # fmt: skip
    """What such a form is answered with: one of this member's, or of whoever comes to sign in, goes on."""
    mark = _mark(request)
    is_theirs = bool(mark) and hmac.compare_digest(token.partition(".")[2].encode(), mark.encode())
    if not set(fields) <= known or not (is_theirs or cookies.is_before(request)):
        return Turned("LH-3003")
    kept = {name: value for name, value in fields.items() if name not in _SECRET}
    return Aged(kept, whole=needed <= set(kept))


def is_from_here(request: Request) -> bool:
    """Whether a browser says that a page of this console sent a request, and nothing says otherwise."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = request.app.state.served.url
    if site not in {None, "same-origin"} or origin not in {None, "null", ours}:
        return False
    return site == "same-origin" or origin == ours


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise Turned("LH-3006")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Turned("LH-3006")
    return body


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS,
            encoding="utf-8", errors="strict",
        )  # fmt: skip
    except ValueError as err:
        raise Turned("LH-3006") from err
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Turned("LH-3006")
    return fields
