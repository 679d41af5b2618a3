"""Where a request came from, cut down to its network before anything that keeps it sees it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

V4_PREFIX = 24
V6_PREFIX = 48
"""The host part is cut off at /24 and /48, the sizes under which an access provider places many customers."""

_V4_DOTS = 3

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Trusted proxies' networks from their texts (`10.0.0.0/8`, `::1`).

    Raises:
        ValueError: one of them is no network.
    """
    return tuple(ip_network(text, strict=False) for text in texts)


def forwarded_for(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """`X-Forwarded-For`, None without one. Several lines are one list (RFC 9110 §5.3): a proxy may add its own line."""
    return b",".join([text for name, text in headers if name == b"x-forwarded-for"]) or None


def sender_network(peer: str | None, forwarded: bytes | None, trusted: Sequence[Network]) -> str | None:
    """The network a request came from, as its first address (`203.0.113.0`); None when it cannot be told.

    Args:
        peer: the address at the other end of the connection.
        forwarded: `X-Forwarded-For`; looked at only when the peer is a trusted proxy, and read from the right,
            because what stands on the left is the client's own word.
        trusted: the proxies.
    """
    if peer is None:
        return None
    if not trusted and peer.count(".") == _V4_DOTS and ":" not in peer:
        return f"{peer.rpartition('.')[0]}.0"  # the everyday case without the cost of parsing: the server's own text
    address = sender_address(peer, forwarded, trusted)
    return None if address is None else _cut(address)


def sender_address(peer: str, forwarded: bytes | None, trusted: Sequence[Network]) -> Address | None:
    """The same, whole: for who must come from a network that is named, and nowhere kept."""
    address = _parsed(peer)
    if address is not None and forwarded is not None and _is_one(address, trusted):
        return _behind(forwarded, trusted) or address
    return address


def _behind(forwarded: bytes, trusted: Sequence[Network]) -> Address | None:
    found: Address | None = None
    for hop in reversed(forwarded.decode("latin-1").split(",")):
        address = _parsed(hop.strip())
        if address is None:
            return found
        found = address
        if not _is_one(address, trusted):
            return address
    return found


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_one(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _cut(address: Address) -> str:
    host_bits = address.max_prefixlen - (V4_PREFIX if isinstance(address, IPv4Address) else V6_PREFIX)
    return str(type(address)(int(address) >> host_bits << host_bits))
