"""Around the listener: how long each request took, where it came from, and whether it may come in plain HTTP."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from lockhouse.faces.collect.peer import forwarded_for, networks, sender_network
from lockhouse.faces.serve.collector import NETWORK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lockhouse.faces.metrics import Tally
    from lockhouse.model.ports import Clock
    from lockhouse.settings import Settings

_PLAIN = b"Plain HTTP is taken from the proxies in trusted_proxies only.\n"
_TIMED = ("/v1/", "/beacon/", "/pixel/", "/api/s/")


class Around:
    """ASGI around the collect application, `app`."""

    def __init__(self, app: Callable[..., Awaitable[None]], *, settings: Settings, tally: Tally, clock: Clock) -> None:
        self._app = app
        self._tally = tally
        self._clock = clock
        self._trusted = networks(settings.trusted_proxies)
        self._behind_proxy = settings.tls == "proxy"

    async def __call__(self, scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """One ASGI scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        peer = scope["client"][0] if scope.get("client") else None
        if self._behind_proxy and not self._may_be_plain(peer):
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": _PLAIN})
            return
        NETWORK.set(sender_network(peer, forwarded_for(scope["headers"]), self._trusted) or "")
        started = self._clock.monotonic_s()
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["path"].startswith(_TIMED):
                self._tally.took(self._clock.monotonic_s() - started)

    def _may_be_plain(self, peer: str | None) -> bool:
        """Behind a proxy, only the proxies and this machine itself are heard: others would send in the clear."""
        if peer is None:
            return False
        address = ip_address(peer.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return mapped.is_loopback or any(
            mapped in network for network in self._trusted if network.version == mapped.version
        )
