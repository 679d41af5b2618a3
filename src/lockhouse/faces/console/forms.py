"""What a page's form sends back: only from a page of ours, only of who is asking, only the fields that the page has.

1. The browser says that a page of this console sent it: `Sec-Fetch-Site: same-origin`, or an `Origin` that is ours.
   Under `Referrer-Policy: no-referrer` browsers write `Origin: null`, which says nothing either way.
2. The form holds a token made from the browser's own cookie, which no other site can read or plant, and from a word
   of the page that the form stands on.
3. Fields that the page does not have, or that come twice, make the whole form none of ours.
4. A form that a page of ours sent, by the browser's word, and whose token is of an earlier cookie, does nothing, and is
   no dead end (`Aged`): the page is shown anew, with what was no secret, and somebody presses its button once more.
   Behind a sign-in that holds for the member alone whose form it was: the token has their mark beside it.

The first two each suffice in a browser of today (OWASP, Cross-Site Request Forgery Prevention); both are asked for.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from lockhouse.crypto.canonical import lp
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
_FOR: Final = b"lockhouse/console/form/2"
_WORD_CHARS: Final = 16
_TAG_CHARS: Final = 48
_SECRET: Final = frozenset({"answer", "ceremony", "code", "password", "secret", "seen"})
"""Fields that are typed or answered anew: what proves somebody, and what was read before a deed."""


class _Strange(Turned):
    """A form that a page of ours sent, by the browser's word, whose token is not of this browser's cookie."""

    def __init__(self, token: str, fields: dict[str, str]) -> None:
        super().__init__("LH-3003")
        self.token, self.fields = token, fields


def token_of(request: Request) -> str:
    """The token of this page's forms: of this browser's session, with its member's mark; of its other cookie before."""
    word: str = getattr(request.state, "word", "") or secrets.token_hex(_WORD_CHARS // 2)
    request.state.word = word
    mark = _mark(request)
    return f"{_made(request, word)}.{mark}" if mark else _made(request, word)


def _made(request: Request, word: str) -> str:
    cookie = cookies.before_of(request) if cookies.is_before(request) else cookies.session_of(request)
    return word + hmac.new(cookie.encode(), _FOR + word.encode(), sha256).hexdigest()[:_TAG_CHARS]


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
    try:
        fields = {**await _sound(request)}
    except _Strange as strange:
        raise _refused(request, strange, {*names}, {*names, *optional}) from None
    fields.pop(TOKEN)
    if not set(names) <= set(fields) <= {*names, *optional}:
        raise Turned("LH-3006")
    return fields


async def sent_by(request: Request) -> str:
    """What this very form of this very page is known by; empty: it is no form of this console, or of this browser.

    One of a member's last session is known as well: what it did may have begun this one.
    """
    try:
        fields = await _sound(request)
    except _Strange as strange:
        fields = {**strange.fields, TOKEN: strange.token}
    except Turned:
        return ""
    said = [request.url.path, *(part for pair in sorted(fields.items()) for part in pair)]
    return sha256(lp(*said)).hexdigest()


async def _sound(request: Request) -> dict[str, str]:
    """The fields of a form that a page of ours in this browser sent, with its token; read once a request.

    Raises:
        Turned: it is none.
    """
    known: dict[str, str] | Turned | None = getattr(request.state, "fields", None)
    if known is None:
        try:
            known = await _read(request)
        except Turned as error:
            known = error
        request.state.fields = known
    if isinstance(known, Turned):
        raise known
    return known


async def _read(request: Request) -> dict[str, str]:
    if not is_from_here(request):
        raise Turned("LH-3002")
    fields = _fields(await _body(request))
    token = fields.get(TOKEN, "")
    own = _made(request, token[:_WORD_CHARS])
    if not hmac.compare_digest(token.partition(".")[0].encode(), own.encode()):
        raise _Strange(token, {name: value for name, value in fields.items() if name != TOKEN})
    return fields


def _refused(request: Request, strange: _Strange, needed: set[str], known: set[str]) -> Turned:
    """What such a form is answered with: one of this member's, or of whoever comes to sign in, goes on."""
    mark, fields = _mark(request), strange.fields
    is_theirs = bool(mark) and hmac.compare_digest(strange.token.partition(".")[2].encode(), mark.encode())
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
