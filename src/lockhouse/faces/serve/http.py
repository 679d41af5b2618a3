"""Uvicorn as this product runs it: no access log, no header believed but through our own list, no banner."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from lockhouse.errors import Invalid
from lockhouse.faces.serve.door import REQUEST_WITHIN_S, SPARE, Door, Guarded
from lockhouse.faces.serve.sharing import Sharing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.settings import Settings

GRACE_S = 3
"""Requests under way are finished within this when a process is told to end (s)."""
LEAVE_S = REQUEST_WITHIN_S + 1.0
"""Whoever is connected has so long for a last request when a process leaves: as long as any request may take."""
_LEAVE_LEAST_S = 2.0
"""A TLS handshake under way is no connection yet: it has at least this long."""
BACKLOG = 2048
MOST = 8_192
"""Connections of a process at most; each takes some ten kilobytes."""
OWN_FILES = 256
"""Files kept back for the databases, the writer's socket and the desk."""
_MANY_FILES = 65_536


class Server(uvicorn.Server):
    """Leaves signals to the process that runs it, and says when it accepts."""

    def __init__(self, config: uvicorn.Config, door: Door, *, shared: bool) -> None:
        super().__init__(config)
        self.accepts = asyncio.Event()
        self._door = door
        self._shared = shared

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup([] if self._shared else sockets)
        if self._shared:
            taking = [Sharing(one, self._connection, tls=self.config.ssl) for one in sockets or ()]
            self.servers = taking  # type: ignore[assignment]  # of a server only `close` is asked for
        self.accepts.set()

    def _connection(self) -> asyncio.Protocol:
        made = self.config.http_protocol_class
        return made(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)  # type: ignore[call-arg]  # as uvicorn calls it

    def turn_away(self) -> None:
        """Accept nobody any more. The next answer on each connection says that it is the last.

        A connection is not closed while its sender may just be writing to it: that request would be lost without an
        answer (RFC 9112 section 9.6). One on which nothing comes is closed by its keep-alive timer, as always.
        """
        for listening in self.servers:
            listening.close()
        self._door.leaving = True
        for connection in self.server_state.connections:
            cycle: Any = getattr(connection, "cycle", None)  # None before the first request
            if cycle is not None and not cycle.response_complete:
                cycle.keep_alive = False

    async def wait_empty(self) -> None:
        """Returns once nobody is connected any more, after `LEAVE_S` at the latest."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (gone_s := loop.time() - began) < LEAVE_S and (self.server_state.connections or gone_s < _LEAVE_LEAST_S):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


def raise_open_files() -> None:
    """As many files may be open as the system grants: one sender alone can open more than the usual 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MANY_FILES if hard == resource.RLIM_INFINITY else hard, hard))


def door_of(settings: Settings | None = None) -> Door:
    """The door of a listener: connections as this process has files for; proxies are not counted as one network."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if soft == resource.RLIM_INFINITY else max(SPARE, min(MOST, soft - OWN_FILES - SPARE))
    if settings is None:
        return Door(most=most)
    loopback = ("127.0.0.0/8", "::1") if settings.tls == "proxy" else ()
    return Door(most=most, exempt=(*settings.trusted_proxies, *loopback))


def server(app: Any, *, tls: tuple[str, str] | None = None, door: Door | None = None, shared: bool = False) -> Server:
    """A server for one listener.

    Args:
        app: ASGI.
        tls: certificate chain and private key, PEM files.
        door: who may stay connected; `door_of()` if None.
        shared: other processes take connections from the same listeners.

    Raises:
        Invalid: the certificate and key cannot be used.
    """
    door = door or door_of()
    config = uvicorn.Config(
        app,
        http=partial(Guarded, door=door),  # type: ignore[arg-type]  # it is called, not inherited from
        limit_concurrency=door.most,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )
    try:
        config.load()
    except (OSError, ValueError) as err:
        raise Invalid(
            "lockhouse.toml: tls_cert, tls_key", "a PEM certificate chain and its key", got="another"
        ) from err
    return Server(config, door, shared=shared)


def tls_of(settings: Settings, folder: Path) -> tuple[str, str] | None:
    """The certificate files of the collect listener; relative paths start at the house folder.

    Raises:
        Invalid: the private key can be read by others.
    """
    if settings.tls != "files":
        return None
    cert, key = folder / Path(settings.tls_cert), folder / Path(settings.tls_key)
    try:
        mode = key.stat().st_mode
    except OSError as err:
        raise Invalid("lockhouse.toml: tls_key", "a readable file", got="none") from err
    if mode & 0o007:
        raise Invalid("lockhouse.toml: tls_key", "a file that others cannot read", got="one that they can")
    return str(cert), str(key)


def console_tls_of(settings: Settings, folder: Path) -> tuple[str, str] | None:
    """The same of the console, which speaks TLS itself where its address begins with https.

    Raises:
        Invalid: the private key can be read by others.
    """
    return tls_of(settings, folder) if settings.console_url.startswith("https:") else None


_NOT_BOUND = {
    errno.EADDRINUSE: (
        "one that another program listens on",
        "`ss -ltnp` tells which holds port {port}; or set another port there",
    ),
    errno.EADDRNOTAVAIL: ("one that this machine does not have", "`ip address` lists those that it has"),
    errno.EACCES: ("a port that needs privileges", "set one from 1024 up"),
}
"""Why an address cannot be bound: what was got, and what to do."""


def listen(host: str, port: int, *, name: str) -> socket.socket:
    """A listening socket; it outlives the processes that accept from it, so a restart refuses nobody.

    Raises:
        Invalid: the address is not this machine's or is in use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as err:
        sock.close()
        got, hint = _NOT_BOUND.get(err.errno or 0, ("one that cannot be used", ""))
        raise Invalid(
            f"lockhouse.toml: {name}", "a free address of this machine", got=got, hint=hint.format(port=port)
        ) from err
    sock.listen(BACKLOG)
    sock.settimeout(0.0)
    return sock
