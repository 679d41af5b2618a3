"""Everything on the collect listener that is not a posted call: pixels, documents, preflights, health.

What a browser asks for with a GET is for public keys alone: the key stands in a page or an address that anybody can
read, and a secret one there would be none any more. A page is asked for its web site as with a post.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from lockhouse.channels import segment
from lockhouse.faces.collect import answers, documents
from lockhouse.faces.collect.answers import Whole
from lockhouse.faces.collect.ports import Limited, Sender
from lockhouse.model.event import Fault
from lockhouse.model.scale import Assurance

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Protocol

    from lockhouse.faces.collect.answers import Message, Receive, Scope
    from lockhouse.faces.collect.ports import Collector

    Post = Callable[[str, Scope, dict[bytes, bytes], Receive], Awaitable[Whole | None]]

    class Reject(Protocol):
        """Counts a whole request's refusal and says it."""

        def __call__(
            self, code: str, *, channel: str = "", fault: Fault | None = None, retry_after_s: float | None = None
        ) -> Whole:
            """See `CollectApp`."""
            ...


PIXELS: Final = {"/pixel/v1/track": "track", "/pixel/v1/page": "page"} | {
    f"/v1/pixel/{call}": call for call in ("identify", "track", "page", "screen", "group", "alias")
}
"""Path -> call; RudderStack's first, then Segment's."""
_HEALTH = frozenset({"/healthz", "/readyz"})
_READS = frozenset({"GET", "HEAD"})


class _Place(NamedTuple):
    """What an address takes; `crossing` is the method that a page of another site may ask leave for."""

    allow: bytes
    crossing: bytes = b""


_OF_HEALTH, _OF_PIXELS = _Place(b"GET, HEAD"), _Place(b"GET")
_OF_DOCUMENTS, _OF_CALLS = _Place(b"GET, HEAD, OPTIONS", b"GET"), _Place(b"POST, OPTIONS", b"POST")


class Beside:
    """Answers what stands beside the calls.

    Args:
        collector: the house.
        post: how a call is taken in; an image's event is read as one that was posted.
        reject: how a refusal is counted and said.
    """

    def __init__(self, collector: Collector, *, post: Post, reject: Reject) -> None:
        self._collector = collector
        self._post = post
        self._reject = reject

    async def __call__(self, scope: Scope, headers: dict[bytes, bytes], *, is_call: bool) -> Whole | None:
        """The answer; `is_call` says that the path is one that takes posts, asked in another way."""
        path: str = scope["path"]
        method: str = scope["method"]
        place = _OF_CALLS if is_call else _place(path)
        if place is None:
            return self._reject("LH-1104")
        if method == "OPTIONS" and place.crossing:
            return self._preflight(headers.get(b"origin", b""), place.crossing)
        if place is _OF_PIXELS and method == "GET":
            return await self._pixel(PIXELS[path], scope, headers)
        if place is _OF_DOCUMENTS and method in _READS:
            return await self._document(path, scope, headers)
        if place is _OF_HEALTH and method in _READS:
            return self._health(path)
        return msgspec.structs.replace(self._reject("LH-1105"), headers=((b"allow", place.allow),))

    def _preflight(self, origin: bytes, method: bytes) -> Whole:
        is_listed = origin.decode("latin-1") in self._collector.origins()
        return answers.preflight(origin, method) if is_listed else self._reject("LH-1103")

    def _health(self, path: str) -> Whole:
        """`/healthz` says that this process runs; `/readyz` whether it can collect, and why not.

        A process that sets aside what comes in takes it: nobody is to be sent elsewhere.
        """
        reasons = self._collector.ready() if path == "/readyz" else []
        is_spooling = path == "/readyz" and self._collector.spooling()
        fine = {"status": "spooling" if is_spooling else "ok"}
        body = {"status": "not ready", "reasons": reasons} if reasons else fine
        return Whole(status=503 if reasons else 200, body=msgspec.json.encode(body))

    async def _document(self, path: str, scope: Scope, headers: Mapping[bytes, bytes]) -> Whole:
        """A library's document, also while its channel is paused: a library without one keeps no events to send."""
        key = documents.settings_key(path)
        is_segment = key is not None
        if key is None:
            key = segment.head_key(headers, scope["query_string"])
        origin = _origin(headers)
        sender = await self._public(key, origin)
        if isinstance(sender, Whole):
            return sender
        if is_segment:
            said, host = self._collector.address(), headers.get(b"host", b"")
            address = documents.own_address(said, scheme=scope["scheme"], host=host)
            if address is None:
                return self._reject("LH-1104")
            made = documents.segment_settings(key or "", address=address)
        else:
            made = documents.source_config(key or "")
        return made if origin else msgspec.structs.replace(made, headers=(answers.VARY,))

    async def _pixel(self, call: str, scope: Scope, headers: dict[bytes, bytes]) -> Whole | None:
        """An image, whatever happens, as the protocol has it; what went wrong stands in a header beside it."""
        answer = await self._seen(call, scope, headers)
        return None if answer is None else answers.image(answer)

    async def _seen(self, call: str, scope: Scope, headers: dict[bytes, bytes]) -> Whole | None:
        raw = segment.pixel_body(scope["query_string"])
        if isinstance(raw, Fault):
            return self._reject(raw.code, fault=raw)
        sender = await self._public(segment.body_key(raw), _origin(headers) or _referring(headers))
        if isinstance(sender, Whole):
            return sender

        async def receive() -> Message:
            return {"type": "http.request", "body": raw, "more_body": False}

        # The key that was looked at is the one in the body; one in a header or beside `data` might be another.
        kept = {name: text for name, text in headers.items() if name not in _NOT_OF_A_PIXEL}
        return await self._post(call, {**scope, "query_string": b""}, kept, receive)

    async def _public(self, key: str | None, origin: str | None) -> Sender | Whole:
        """Who sends with a public key from a page that may; else the refusal."""
        sender = await self._collector.authenticate(key)
        if sender is None:
            return self._reject("LH-1101")
        if isinstance(sender, Limited):
            return self._reject("LH-1106", channel=sender.channel, retry_after_s=sender.retry_after_s)
        if sender.assurance != Assurance.PUBLIC:
            return self._reject("LH-1107", channel=sender.channel)
        if origin is not None and origin not in sender.origins:
            return self._reject("LH-1103", channel=sender.channel)
        return sender


_NOT_OF_A_PIXEL = frozenset({b"authorization", b"content-length", b"prefer", b"x-write-key"})


def _place(path: str) -> _Place | None:
    if path in _HEALTH:
        return _OF_HEALTH
    if path in PIXELS:
        return _OF_PIXELS
    return _OF_DOCUMENTS if path in documents.SOURCE_CONFIG or documents.settings_key(path) else None


def _origin(headers: Mapping[bytes, bytes]) -> str | None:
    origin = headers.get(b"origin")
    return None if origin is None else origin.decode("latin-1")


def _referring(headers: Mapping[bytes, bytes]) -> str | None:
    """The web site whose page shows an image: browsers send no `Origin` for one, but by default a `Referer`."""
    referer = headers.get(b"referer", b"").decode("latin-1")
    if not referer:
        return None
    try:
        parts = urlsplit(referer)
    except ValueError:
        return referer
    return f"{parts.scheme}://{parts.netloc}"
