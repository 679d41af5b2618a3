"""How the client asks: one connection, a token in a header and nowhere else, and repeats that are safe.

- TLS is always verified, against the system's authorities or a file of them; plain HTTP goes to this machine only.
- No proxy, `.netrc` or other setting of the surroundings is read, and no redirect is followed: a token goes to the
  address that was named and to no other.
- An answer is taken as it is and never unpacked, up to a size and a time: a few bytes can be packed that fill a memory.
- What only reads is asked again when the house is away; so is what carries an `Idempotency-Key`, which is done once
  however often it comes. Anything else is asked again only where no connection was made, so that nothing was done.
"""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit
from uuid import uuid4

import msgspec

from lockhouse.client.problems import error_of
from lockhouse.errors import Invalid, LockhouseError, Tampered, Unavailable
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from lockhouse.client.shapes.base import Answer, Asked

AnswerT = TypeVar("AnswerT", bound="Answer")
PREFIX = "/api/v1"
JSON = "application/json"
PLAIN = "identity"
WAIT_S = 30.0
TRIES = 4
LONGEST_PAUSE_S = 5.0
"""Whoever is told to come again later than this is told so, and waits or not as they please."""
MAX_ANSWER = 64 * 1024 * 1024
WHOLE_S = 300.0
"""How long a whole answer may take, however steadily it drips in."""
_BUSY = "LH-4012"
"""The first request under the same key is under way."""


class Wanted(NamedTuple):
    """One route as it is asked.

    Attributes:
        path: its parts below `/api/v1`, as they are; each is quoted.
        once: whether it takes an `Idempotency-Key`.
    """

    method: str
    path: tuple[str, ...]
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How the house is reached.

    Attributes:
        ca_file: authorities to believe instead of the system's.
        transport: another one than the network; for tests.
        pause: waits that many seconds.
        clock_s: seconds that only grow.
    """

    ca_file: Path | None = None
    transport: httpx.BaseTransport | None = None
    pause: Callable[[float], None] = time.sleep
    clock_s: Callable[[], float] = time.monotonic


class Caller:
    """Asks one house.

    Args:
        url: where the console of the house is served, such as `https://vault.shop.example`.
        token: `lh_…`, as `lockhouse token create` showed it.
        ways: how it is reached.

    Raises:
        Invalid: the address is none, or is plain HTTP to another machine.
    """

    def __init__(self, url: str, *, token: Secret, ways: Ways | None = None) -> None:
        import httpx  # noqa: PLC0415  # commands on the house's own machine ask nobody, and do not wait for it

        self._ways = ways or Ways()
        self._http = httpx.Client(
            base_url=_base(url), timeout=WAIT_S, follow_redirects=False, trust_env=False,
            transport=self._ways.transport, verify=_trusted(self._ways.ca_file),
            headers={
                "Authorization": f"Bearer {_text(token)}", "Accept": JSON, "Accept-Encoding": PLAIN,
                "User-Agent": "lockhouse-client",
            },
        )  # fmt: skip

    def close(self) -> None:
        """No connection is left open."""
        self._http.close()

    def ask(
        self, answer: type[AnswerT], wanted: Wanted, *, query: Asked | None = None, body: Asked | None = None
    ) -> AnswerT:  # fmt: skip
        """The answer, in its type.

        Raises:
            LockhouseError: what the house raised, by its class; `Unavailable` too if the house is not there, `Tampered`
                if what came back is not what the document promises.
        """
        raw = self._said(wanted, query=query, body=body)
        try:
            return msgspec.json.decode(raw, type=answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
            told = f"server: expected {answer.__name__}, got another answer"
            raise Tampered(told, hint="is it a Lockhouse, of this release or a newer one?") from err

    def _said(self, wanted: Wanted, *, query: Asked | None, body: Asked | None) -> bytes:
        request = self._request(wanted, query=query, body=body)
        may_again = wanted.once or wanted.method == "GET"
        for left in reversed(range(TRIES)):
            wrong, never_sent = self._one(request)
            if isinstance(wrong, bytes):
                return wrong
            pause = getattr(wrong, "retry_after_s", 0.0)
            if not left or not (may_again or never_sent) or not 0 < pause <= LONGEST_PAUSE_S:
                raise wrong
            self._ways.pause(pause)
        raise AssertionError  # the last try was raised

    def _request(self, wanted: Wanted, *, query: Asked | None, body: Asked | None) -> httpx.Request:
        if {"", ".", ".."} & {*wanted.path}:
            raise Invalid("address", "a name or an id", got="one that would lead elsewhere")
        path = "/".join([PREFIX, *(quote(part, safe="") for part in wanted.path)])
        headers = {"Idempotency-Key": str(uuid4())} if wanted.once else {}
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            headers["Content-Type"] = JSON
        return self._http.build_request(
            wanted.method, path, params=None if query is None else _words(query), content=content, headers=headers
        )

    def _one(self, request: httpx.Request) -> tuple[bytes | LockhouseError, bool]:
        """The body of an answer that is one, or what went wrong; and whether nothing can have been done."""
        import httpx  # noqa: PLC0415

        try:
            with _sent(self._http, request) as response:
                raw = _whole(response, self._ways.clock_s)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Unavailable("server: expected one at this address, got no connection"), True
        except (httpx.TransportError, httpx.DecodingError) as err:
            told = f"server: expected an answer, got {type(err).__name__}"
            return Unavailable(told, hint="whether it was done is to be read first"), False
        if response.status_code == httpx.codes.OK:
            return raw, False
        wrong = error_of(response.status_code, raw, retry_after_s=_retry_after(response.headers))
        if _BUSY in raw.decode(errors="replace"):
            return Unavailable(wrong.text, hint=wrong.hint), False
        return wrong, False


class _sent:  # noqa: N801  # a context manager, used as a function
    """The answer, streamed: how large it is is known before all of it is held."""

    def __init__(self, session: httpx.Client, request: httpx.Request) -> None:
        self._response = session.send(request, stream=True)

    def __enter__(self) -> httpx.Response:
        return self._response

    def __exit__(self, *_told: object) -> None:
        self._response.close()


def _whole(response: httpx.Response, clock_s: Callable[[], float]) -> bytes:
    """The body of an answer.

    Raises:
        Tampered: it is packed, or larger than an answer can be.
        Unavailable: it takes longer than an answer may.
    """
    if response.headers.get("content-encoding", PLAIN).strip().lower() != PLAIN:
        raise Tampered("server: expected an answer as it is, got a packed one", hint="does a proxy between pack it?")
    raw, since = bytearray(), clock_s()
    for chunk in response.iter_bytes():
        raw += chunk
        if clock_s() - since > WHOLE_S:
            told = f"server: expected a whole answer within {WHOLE_S:.0f} seconds, got a part of one"
            raise Unavailable(told, hint="whether it was done is to be read first")
        if len(raw) > MAX_ANSWER:
            raise Tampered(f"server: expected an answer of at most {MAX_ANSWER:,} bytes, got more")
    return bytes(raw)


def _words(query: Asked) -> dict[str, str]:
    """What of a question was said, as words of an address."""
    told = msgspec.to_builtins(query)
    return {
        name: str(told[name]).lower() if isinstance(told[name], bool) else str(told[name])
        for name, default in zip(query.__struct_fields__, _defaults(query), strict=True)
        if told[name] != default
    }


def _defaults(query: Asked) -> list[Any]:
    info = msgspec.structs.fields(query)
    return [one.default for one in info]


def _retry_after(headers: Mapping[str, str]) -> float:
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 1.0


def _text(token: Secret) -> str:
    """The token as its header has it.

    Raises:
        Invalid: it is none.
    """
    raw = token.reveal()  # house: allow no-reveal: a token is shown to the house that it is of
    if not raw.startswith(b"lh_") or not raw.isascii() or any(sign <= ord(" ") for sign in raw):
        raise Invalid("token", "one that `lockhouse token create` showed, lh_…", got="something else")
    return raw.decode()


def _base(url: str) -> str:
    """Scheme, host and port of a house.

    Raises:
        Invalid: it says more or less than that, or would carry the token over a network in the clear.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    bare = not (parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"))
    if parts.scheme not in {"http", "https"} or not host or not bare:
        raise Invalid("server", "an address such as https://vault.shop.example", got="another form")
    if parts.scheme == "http" and not _is_here(host):
        raise Invalid(
            "server", "https, as plain http would carry the token over a network", got="http", hint=f"https://{host}"
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    """Whose certificates are believed.

    Raises:
        Invalid: the file is none of certificates.
    """
    # Not `create_default_context`: that writes the connection's secrets to a file that SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    try:
        if ca_file is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(cafile=str(ca_file))
    except OSError as err:  # ssl.SSLError is one
        raise Invalid("authorities", "a file of certificates in PEM", got="none") from err
    return context
