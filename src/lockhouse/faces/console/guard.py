"""Around every answer of the console, whoever gives it: one host name, no plain HTTP from elsewhere, strict headers.

A page runs no script and shows no style but its own, stands in no frame, tells no other site where its reader came
from, and is kept nowhere. An answer that says more about itself, as an asset does, keeps what it says.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from lockhouse.faces.collect.peer import forwarded_for, networks, sender_address, sender_network

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    b"cache-control": b"no-store",
    b"content-security-policy": POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": (
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), "
        b"publickey-credentials-create=(self), publickey-credentials-get=(self), usb=()"
    ),
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
"""Of every answer that does not say otherwise."""
HSTS: Final = b"max-age=63072000"
"""Two years, of this host name alone: a console says nothing about the names below it or beside it."""
HEALTH: Final = frozenset({"/healthz", "/readyz"})
"""Asked for by machines that know an address rather than a name; they tell nothing of the house."""
CODE: Final = "lockhouse.code"
NETWORK: Final = "lockhouse.network"
ADDRESS: Final = "lockhouse.address"
"""Keys of the scope: with which code a request is refused, from which network it came, and from which address.

The address is for what tries are counted by, and for nothing that is kept: a whole /24 is many people's."""


class Guard:
    """ASGI around the console's application, `app`.

    Args:
        url: the console's one address.
        refuse: an ASGI application that answers with the outcome code `scope[CODE]`.
        trusted_proxies: networks whose X-Forwarded-For is believed.
        behind_proxy: plain HTTP is heard from those and from this machine only.
    """

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        *,
        url: str,
        refuse: Callable[..., Awaitable[None]],
        trusted_proxies: Sequence[str] = (),
        behind_proxy: bool = False,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._host = urlsplit(url).netloc.encode()
        self._headers = dict(HEADERS) | ({b"strict-transport-security": HSTS} if url.startswith("https:") else {})
        self._trusted = networks(trusted_proxies)
        self._behind_proxy = behind_proxy

    async def __call__(self, scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """One ASGI scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message.get("headers", ())}
                more = [(name, value) for name, value in self._headers.items() if name not in said]
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        peer = scope["client"][0] if scope.get("client") else None
        forwarded = forwarded_for(scope["headers"])
        network = sender_network(peer, forwarded, self._trusted) or ""
        address = "" if peer is None else str(sender_address(peer, forwarded, self._trusted) or "")
        code = self._refused(scope, peer)
        scope = {**scope, NETWORK: network, ADDRESS: address, CODE: code}
        await (self._refuse if code else self._app)(scope, receive, guarded)

    def _refused(self, scope: Any, peer: str | None) -> str:
        """The code of a request that goes no further; empty for one that does."""
        if scope["path"] in HEALTH:
            return ""
        if self._behind_proxy and not self._may_be_plain(peer):
            return "LH-3007"
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        # Another name for this machine is how a strange page reaches a console on loopback (DNS rebinding).
        return "" if hosts == [self._host] else "LH-3001"

    def _may_be_plain(self, peer: str | None) -> bool:
        """Behind a proxy, only the proxies and this machine itself are heard: others would send in the clear."""
        if peer is None:
            return False
        address = ip_address(peer.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return mapped.is_loopback or any(
            mapped in network for network in self._trusted if network.version == mapped.version
        )
