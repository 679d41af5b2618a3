"""The bytes of every answer. Most are made once; none holds anything that was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from lockhouse.faces.outcomes import CODES

if TYPE_CHECKING:
    from lockhouse.model.event import Fault, Reply

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

ALLOWED_HEADERS = (
    b"authorization, content-type, anonymousid, sentat, x-write-key, x-ip-policy, x-enable-debug, "
    b"x-retry-count, prefer, "
    b"rsa-recovered, rsa-retry-attempt, rsa-retry-reason, rsa-since-first-attempt, rsa-since-last-attempt"
)
"""What the browser libraries of Segment, RudderStack and Jitsu ask leave for; the last five only when they repeat."""
PREFLIGHT_AGE_S = 900
_GUARDED: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
_JSON = (b"content-type", b"application/json")
_NOT_KEPT = (b"cache-control", b"no-store")
BASE: Headers = (_JSON, _NOT_KEPT, *_GUARDED)
DOCUMENT: Headers = (_JSON, (b"cache-control", b"private, max-age=300"), *_GUARDED)
"""Fetched at each page; a shop's page does not wait for it each time. A key that was ended is refused at each event."""
IMAGE: Headers = (
    (b"content-type", b"image/gif"),
    _NOT_KEPT,
    (b"cross-origin-resource-policy", b"cross-origin"),
    *_GUARDED,
)
"""Each showing is an event of its own. Any page may show it: it is one transparent point, and tells nothing."""
GIF: Final = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
"""One transparent point (GIF89a)."""
HSTS = (b"strict-transport-security", b"max-age=63072000")
VARY = (b"vary", b"Origin")
ACCEPTED_BODY = b'{"success":true}'

_encode = msgspec.json.Encoder().encode


class Whole(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An answer to a whole request.

    Attributes:
        headers: what stands beside `base`.
        base: the headers of every answer of its sort.
        code: why the request was refused; empty if it was not.
    """

    status: int
    body: bytes
    headers: Headers = ()
    base: Headers = BASE
    code: str = ""


ACCEPTED = Whole(status=200, body=ACCEPTED_BODY)


def rejected(code: str, *, fault: Fault | None = None, retry_after_s: float | None = None, incident: str = "") -> Whole:
    """A whole request's refusal: `{"code", "message"}`, the two keys Segment's clients read.

    Args:
        code: its row in the table gives status and sentence.
        fault: the fault behind it, whose place and expectation are added.
        retry_after_s: seconds, rounded up to at least one.
        incident: the number under which an error of ours was logged.
    """
    answer = CODES[code]
    message = answer.sentence
    if fault is not None:
        message += f" {fault.where or 'body'}: expected {fault.expected}."
    if incident:
        message += f" Incident {incident}."
    headers: Headers = ()
    if retry_after_s is not None:
        headers = ((b"retry-after", b"%d" % max(1, -int(-retry_after_s // 1))), _EXPOSED)
    elif answer.status == _UNKNOWN_KEY:
        headers = ((b"www-authenticate", b'Basic realm="lockhouse"'),)
    return Whole(status=answer.status, body=_encode({"code": code, "message": message}), headers=headers, code=code)


_UNKNOWN_KEY = 401
_EXPOSED = (b"access-control-expose-headers", b"retry-after")
"""A page's library may not read the header of another site unless it is named; it then waits by a guess of its own."""


def represented(replies: Sequence[Reply]) -> Whole:
    """What became of each item, for a sender that asked (`Prefer: return=representation`, RFC 7240)."""
    items = [
        {"outcome": reply.outcome, "code": reply.code, "kept": reply.kept, "dropped": reply.dropped}
        for reply in replies
    ]
    return Whole(
        status=200,
        body=_encode({"success": True, "items": items}),
        headers=((b"preference-applied", b"return=representation"),),
    )


def image(answer: Whole) -> Whole:
    """An answer as an image, always a 200: mail programs show a broken picture for any other status."""
    code = ((b"lockhouse-code", answer.code.encode()),) if answer.code else ()
    return Whole(status=200, body=GIF, headers=code, base=IMAGE)


def preflight(origin: bytes, method: bytes) -> Whole:
    """Leave for a listed web site to send from its pages, or to fetch."""
    return Whole(
        status=204,
        body=b"",
        headers=(
            *allow(origin),
            (b"access-control-allow-methods", method),
            (b"access-control-allow-headers", ALLOWED_HEADERS),
            (b"access-control-max-age", b"%d" % PREFLIGHT_AGE_S),
        ),
    )


def allow(origin: bytes) -> Headers:
    """The headers that let a page of a listed web site read an answer. Never with cookies: there are none."""
    return ((b"access-control-allow-origin", origin), VARY)


async def write(send: Send, answer: Whole, extra: Headers = ()) -> None:
    """Send an answer."""
    headers = [*answer.base, (b"content-length", b"%d" % len(answer.body)), *answer.headers, *extra]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
