"""A house that only remembers, and two ways to reach the listener in front of it: by call and over loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import trustme
import uvicorn

from lockhouse.faces.collect import CollectApp, Hook, Limited, Sender
from lockhouse.model.event import Batch, Event, Fault, Reply
from lockhouse.model.scale import Assurance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOW = 1_795_440_630_000
SHOP = "https://shop.example"


class House:
    """Remembers every batch and answers each event `stored`, each fault `refused`, unless told otherwise."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.senders: dict[str, Sender | Limited] = {
            "PUB": Sender(channel="web", assurance=Assurance.PUBLIC, credential="web.public", origins=(SHOP,)),
            "WK": Sender(channel="backend", assurance=Assurance.SECRET, credential="backend.secret"),
            "OFF": Sender(channel="old", assurance=Assurance.SECRET, credential="old.secret", paused=True),
            "FAST": Limited(channel="web", retry_after_s=2.4),
        }
        self.hooks: dict[str, Hook] = {}
        self.pages: dict[str, bytes | Exception] = {}
        """What stands at addresses that kinds pin; nothing at any other."""
        self.fetched: list[tuple[str, bool]] = []
        self.reasons: list[str] = []
        self.waits = False
        self.public_url = ""
        self.error: Exception | None = None
        self.replies: list[Reply] | None = None
        self.asked: list[str | None] = []
        self.troubles: list[Limited | Exception | None] = []
        """What the next requests with a good key meet, one each; None lets one pass."""
        self.holds: Limited | None = None

    async def hook(self, name: str) -> Hook | None:
        return self.hooks.get(name)

    async def fetch(self, url: str, *, is_proven: bool) -> bytes:
        self.fetched.append((url, is_proven))
        found = self.pages.get(url, b"")
        if isinstance(found, Exception):
            raise found
        return found

    async def authenticate(self, key: str | None) -> Sender | Limited | None:
        self.asked.append(key)
        sender = None if key is None else self.senders.get(key)
        if sender is not None and self.troubles:
            trouble = self.troubles.pop(0)
            if isinstance(trouble, Limited):
                return trouble
            if trouble is not None:
                raise trouble
        return sender

    def held(self) -> Limited | None:
        return self.holds

    async def collect(self, batch: Batch) -> Sequence[Reply]:
        if self.error is not None:
            raise self.error
        self.batches.append(batch)
        return self.replies or [
            Reply(outcome="refused", code=item.code)
            if isinstance(item, Fault)
            else Reply(outcome="trimmed", code="LH-0001", kept=2, dropped=(("traits.*", "undeclared"),))
            for item in batch.items
        ]

    def origins(self) -> frozenset[str]:
        return frozenset({SHOP})

    def address(self) -> str:
        return self.public_url

    def ready(self) -> list[str]:
        return self.reasons

    def spooling(self) -> bool:
        return self.waits

    @property
    def events(self) -> list[Event]:
        """Every event that came in, in order."""
        return [item for batch in self.batches for item in batch.items if isinstance(item, Event)]


class Counts:
    """What was answered, and what went wrong."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str, str]] = Counter()
        self.incidents: list[tuple[str, BaseException]] = []

    def on_answer(self, channel: str, outcome: str, code: str, count: int) -> None:
        self.answers[channel, outcome, code] += count

    def on_incident(self, incident: str, error: BaseException) -> None:
        self.incidents.append((incident, error))


class StoodClock:
    """Time stands."""

    def now_ms(self) -> int:
        return NOW

    def monotonic_s(self) -> float:
        return 0.0


class Heard(NamedTuple):
    """An answer as a client hears it."""

    status: int
    headers: dict[str, str]
    body: bytes


class World:
    """The listener before a house that only remembers."""

    def __init__(self, *, trusted_proxies: Sequence[str] = ()) -> None:
        self.house = House()
        self.counts = Counts()
        self.app = CollectApp(
            self.house,
            clock=StoodClock(),
            watch=self.counts,
            incident_ids=lambda: "0123abcd",
            trusted_proxies=trusted_proxies,
        )

    def call(
        self,
        path: str,
        *chunks: bytes,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        peer: str | None = "203.0.113.77",
        scheme: str = "http",
    ) -> Heard:
        """One request, without a server in between."""
        target, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": target,
            "query_string": query.encode(),
            "scheme": scheme,
            "headers": [(name.lower().encode(), text.encode("latin-1")) for name, text in (headers or {}).items()],
            "client": None if peer is None else (peer, 40_000),
        }
        parts = list(chunks) or [b""]
        start, body = self.exchange(
            scope,
            [
                {"type": "http.request", "body": part, "more_body": number < len(parts) - 1}
                for number, part in enumerate(parts)
            ],
        )
        said = {name.decode(): text.decode() for name, text in start["headers"]}
        assert int(said["content-length"]) == len(body["body"])
        return Heard(start["status"], said, body["body"])

    def exchange(self, scope: dict[str, Any], messages: list[dict[str, Any]]) -> list[Any]:
        """What the application sends when it is sent these messages, and then nothing but a broken connection."""
        waiting = list(messages)
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        return sent


class Request(NamedTuple):
    """A request as it came off the wire."""

    method: str
    path: str
    query: str
    scheme: str
    headers: dict[str, str]
    body: bytes
    at_s: float


class Wire:
    """ASGI around the listener that keeps every request."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.requests: list[Request] = []

    @property
    def posts(self) -> list[Request]:
        """What was posted, in order."""
        return [request for request in self.requests if request.method == "POST"]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._world.app(scope, receive, send)
            return
        at_s, parts = time.monotonic(), []

        async def keep() -> Any:
            message = await receive()
            parts.append(message.get("body", b""))
            return message

        await self._world.app(scope, keep, send)
        headers = {name.decode(): text.decode("latin-1") for name, text in scope["headers"]}
        query = scope["query_string"].decode()
        self.requests.append(
            Request(scope["method"], scope["path"], query, scope["scheme"], headers, b"".join(parts), at_s)
        )


class Certificate(NamedTuple):
    """A certificate for loopback and the shop's names, and the authority that made it; all PEM files."""

    chain: Path
    key: Path
    authority: Path

    @classmethod
    def make(cls, folder: Path) -> Certificate:
        """One that nobody else has."""
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1", "shop.example", "collect.shop.example", "evil.example")
        made = cls(folder / "chain.pem", folder / "key.pem", folder / "authority.pem")
        made.chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(made.key))
        made.key.chmod(0o600)
        authority.cert_pem.write_to_path(str(made.authority))
        return made


@contextmanager
def served(app: Any, *, tls: Certificate | None = None) -> Iterator[int]:
    """An application under uvicorn on a loopback port of its own; gives the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    # Without log_config=None uvicorn sets up the logging of the whole process, and later tests of logs hear it.
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,  # a client that keeps its TLS connection says no goodbye
        ssl_certfile=None if tls is None else tls.chain,
        ssl_keyfile=None if tls is None else str(tls.key),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
