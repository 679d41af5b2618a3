"""The one way out over HTTP, with the guard against being sent where nobody should be sent (SSRF).

A name is resolved once, every address it gives is judged, and the connection goes to a judged address: a second
resolution could answer otherwise (DNS rebinding). Redirects are not followed. TLS is verified. Of an answer to what is
posted only the status and the headers are read: what follows could be unpacked to any size, or never end. Of an answer
to what is asked no more is read than whoever asks takes, as it came.

httpx is loaded by the first who sends: that takes longer than most commands, which send nothing.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from lockhouse.errors import Refused, Unavailable
from lockhouse.model.ports import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ssl import SSLContext

    import httpx

TIMEOUT_S = 10.0
"""For the whole exchange, from the name to the answer's headers; httpx's own timeouts begin again with every byte."""
_PORTS = {"http": 80, "https": 443}
_GLOBAL = ip_network("2000::/3")
"""Where IPv6 addresses of the internet are (RFC 4291 §2.4, IANA): outside are, among others, IPv4-compatible ::/96,
IPv4-translated ::ffff:0:0:0/96, site-local fec0::/10 and the local-use NAT64 prefix 64:ff9b:1::/48."""
_NAT64 = ip_network("64:ff9b::/96")
"""Each of its addresses leads to the IPv4 address in its last four bytes (RFC 6052 §2.1), so that one is judged."""
_ODD = tuple(
    ip_network(one)
    for one in (
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "2001::/23",  # protocol assignments, Teredo and ORCHID among them (RFC 2928, RFC 4380)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4: leads to any IPv4 address, private ones too (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


class SafeHTTP:
    """`OutboundHTTP` over httpx. One client a process; `close` it."""

    def __init__(
        self, *, private: Sequence[str] = (), trust: str | None = None, within_s: float = TIMEOUT_S,
        whom: tuple[str, str] = ("recipient", "private_recipients"),
    ) -> None:  # fmt: skip
        """Make the client.

        Args:
            private: networks that may be sent to though they are not public.
            trust: a PEM file of certificate authorities instead of the system's.
            within_s: what one exchange may take, in seconds.
            whom: what errors call the other side, and the setting that names its networks.
        """
        self._whom, self._setting = whom
        self._within_s = within_s
        self._private = tuple(ip_network(one, strict=False) for one in private)
        self._verify: bool | str = True if trust is None else trust
        self._made: httpx.AsyncClient | None = None

    @property
    def _client(self) -> httpx.AsyncClient:
        """Made by the first who sends: reading the authorities takes longer than most commands, which send nothing."""
        import httpx  # noqa: PLC0415

        if self._made is None:
            self._made = httpx.AsyncClient(
                timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=_context(verify=self._verify)
            )
        return self._made

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """See the port."""
        response, _ = await self._exchanged(url, body=body, headers=headers)
        return Answer(status=response.status_code, retry_after_s=_seconds(response.headers.get("retry-after")))

    async def ask(self, url: str, *, body: bytes | None, headers: Mapping[str, str], at_most: int) -> tuple[int, bytes]:
        """The status and the body of an answer, to a GET or, with a body, to a POST.

        Args:
            url: where to.
            body: what is posted; None: nothing is.
            headers: beside our own.
            at_most: bytes that are taken.

        Raises:
            Unavailable: no answer, one that is longer, or packed.
            Refused: the address is not one that may be sent to.
        """
        response, content = await self._exchanged(url, body=body, headers=headers, at_most=at_most)
        return response.status_code, content

    async def _exchanged(
        self, url: str, *, body: bytes | None, headers: Mapping[str, str], at_most: int = 0
    ) -> tuple[httpx.Response, bytes]:
        import httpx  # noqa: PLC0415

        target = httpx.URL(url)
        if target.scheme not in _PORTS or not target.host:
            raise Refused(f"{self._whom}: expected an http or https address", reasons=("address-refused",))
        try:
            async with asyncio.timeout(self._within_s):
                response = await self._sent(target, body=body, headers=headers)
                try:
                    return response, await self._read(response, at_most) if at_most else b""
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as err:
            raise Unavailable(f"{self._whom}: expected an answer", retry_after_s=1.0) from err

    async def _sent(self, target: httpx.URL, *, body: bytes | None, headers: Mapping[str, str]) -> httpx.Response:
        """Send to a judged address; the answer's status and headers, its body unread."""
        address = await self._judged(target)
        pinned = target.copy_with(host=str(address))
        own = {"Host": target.netloc.decode("ascii"), "Accept-Encoding": "identity"}
        method = "GET" if body is None else "POST"
        request = self._client.build_request(method, pinned, content=body, headers={**headers, **own})
        request.extensions["sni_hostname"] = target.host
        return await self._client.send(request, stream=True)

    async def _read(self, response: httpx.Response, at_most: int) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Unavailable(f"{self._whom}: expected an answer as it was asked for, got a packed one")
        content = b""
        async for piece in response.aiter_raw():
            content += piece
            if len(content) > at_most:
                raise Unavailable(f"{self._whom}: expected an answer of {at_most} bytes at most, got a longer one")
        return content

    async def _judged(self, target: httpx.URL) -> IPv4Address | IPv6Address:
        port = target.port or _PORTS[target.scheme]
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(target.host, port, type=socket.SOCK_STREAM)
        except OSError as err:
            raise Unavailable(f"{self._whom}: expected its name to resolve", retry_after_s=5.0) from err
        addresses = [ip_address(entry[4][0]) for entry in found]
        refused = [one for one in addresses if not self._may(one)]
        if refused or not addresses:
            raise Refused(
                f"{self._whom}: expected a public address, got a private one", reasons=("address-refused",),
                hint=f"{self._setting} in lockhouse.toml names private networks that may be sent to",
            )  # fmt: skip
        return addresses[0]

    def _may(self, address: IPv4Address | IPv6Address) -> bool:
        plain = _embedded(address)
        if any(plain in network for network in self._private if network.version == plain.version):
            return True
        if any(plain in network for network in _ODD if network.version == plain.version):
            return False
        inside = isinstance(plain, IPv4Address) or plain in _GLOBAL
        return inside and plain.is_global and not plain.is_multicast

    async def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await self._made.aclose()


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that a mapped or NAT64 address leads to; any other address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(address.packed[-4:])
    return address


def _context(*, verify: bool | str) -> SSLContext:
    import httpx  # noqa: PLC0415

    return httpx.create_ssl_context(verify=verify)


def _seconds(value: str | None) -> float | None:
    """Retry-After in seconds; a date is treated as one minute (RFC 9110 §10.2.3 allows both)."""
    if value is None:
        return None
    return min(float(value), 3600.0) if value.isdecimal() else 60.0
