"""The one way out over HTTP, with the guard against being sent where nobody should be sent (SSRF).

A name is resolved once, every address it gives is judged, and the connection goes to a judged address: a second
resolution could answer otherwise (DNS rebinding). Redirects are not followed. TLS is verified. Of an answer only the
status and the headers are read: what follows could be unpacked to any size, or never end.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

import httpx

from lockhouse.errors import Refused, Unavailable
from lockhouse.model.ports import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMEOUT_S = 10.0
"""For the whole exchange, from the name to the answer's headers; httpx's own timeouts begin again with every byte."""
_PORTS = {"http": 80, "https": 443}


class SafeHTTP:
    """`OutboundHTTP` over httpx. One client a process; `close` it."""

    def __init__(self, *, private: Sequence[str] = (), trust: str | None = None, within_s: float = TIMEOUT_S) -> None:
        """Make the client.

        Args:
            private: networks that may be sent to though they are not public.
            trust: a PEM file of certificate authorities instead of the system's.
            within_s: what one exchange may take, in seconds.
        """
        self._within_s = within_s
        self._private = tuple(ip_network(one, strict=False) for one in private)
        verify: bool | str = True if trust is None else trust
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=_context(verify=verify)
        )

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """See the port."""
        target = httpx.URL(url)
        if target.scheme not in _PORTS or not target.host:
            raise Refused("recipient: expected an http or https address", reasons=("address-refused",))
        try:
            async with asyncio.timeout(self._within_s):
                response = await self._exchange(target, body=body, headers=headers)
        except (httpx.HTTPError, TimeoutError) as err:
            raise Unavailable("recipient: expected an answer", retry_after_s=1.0) from err
        return Answer(status=response.status_code, retry_after_s=_seconds(response.headers.get("retry-after")))

    async def _exchange(self, target: httpx.URL, *, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send to a judged address; the answer's status and headers, its body unread."""
        address = await self._judged(target)
        pinned = target.copy_with(host=str(address))
        own = {"Host": target.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        request = self._client.build_request("POST", pinned, content=body, headers={**headers, **own})
        request.extensions["sni_hostname"] = target.host
        response = await self._client.send(request, stream=True)
        await response.aclose()
        return response

    async def _judged(self, target: httpx.URL) -> IPv4Address | IPv6Address:
        port = target.port or _PORTS[target.scheme]
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
        except OSError as err:
            raise Unavailable("recipient: expected its name to resolve", retry_after_s=5.0) from err
        addresses = [ip_address(entry[4][0]) for entry in found]
        refused = [one for one in addresses if not self._may(one)]
        if refused or not addresses:
            raise Refused(
                "recipient: expected a public address, got a private one", reasons=("address-refused",),
                hint="private_recipients in lockhouse.toml names private networks that may be sent to",
            )  # fmt: skip
        return addresses[0]

    def _may(self, address: IPv4Address | IPv6Address) -> bool:
        plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
        if any(plain in network for network in self._private if network.version == plain.version):
            return True
        return plain.is_global and not plain.is_multicast

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _context(*, verify: bool | str) -> httpx.SSLContext | bool:  # type: ignore[name-defined]  # httpx re-exports ssl's
    return httpx.create_ssl_context(verify=verify)


def _seconds(value: str | None) -> float | None:
    """Retry-After in seconds; a date is treated as one minute (RFC 9110 §10.2.3 allows both)."""
    if value is None:
        return None
    return min(float(value), 3600.0) if value.isdecimal() else 60.0
