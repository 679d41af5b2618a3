"""Who may stay connected: not for ever with half a request, not in any number from one network, not beyond the files.

Without this a stranger who has no key at all holds every connection a process may open, with a few bytes each.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from lockhouse.faces.collect.peer import networks, sender_network
from lockhouse.faces.serve.joined import Connection

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

REQUEST_WITHIN_S = 10.0
"""From a connection's or request's first moment to its last byte: half a megabyte at 50 kB/s, a slow phone's rate."""
AT_ONCE = 256
"""Open connections of one network (/24, /48), each process: a shop's branches behind one address need a few each."""
SPARE = 64
"""Connections above the most that are still told 503; those above are cut off without a word."""


class Door:
    """Counts one listener's open connections."""

    def __init__(
        self,
        *,
        most: int,
        at_once: int = AT_ONCE,
        within_s: float = REQUEST_WITHIN_S,
        exempt: Sequence[str] = (),
    ) -> None:
        """Open the door.

        Args:
            most: open connections of everybody together.
            at_once: open connections of one network.
            within_s: how long a request may take to come in.
            exempt: networks that many speak from, as proxies do: not counted by network.
        """
        self.within_s = within_s
        self.most = most
        self.leaving = False
        """Set for good when this process accepts nobody any more: each answer is its connection's last."""
        self._at_once = at_once
        self._exempt = networks(exempt)
        self._inside: Counter[str] = Counter()
        self._all = 0

    def enter(self, peer: str | None) -> str | None:
        """Count a connection; the word to `leave` with, None if it may not come in."""
        network = "" if peer is None or self._is_exempt(peer) else sender_network(peer, None, ()) or ""
        if self._all >= self.most + SPARE or (network and self._inside[network] >= self._at_once):
            return None
        self._inside[network] += 1
        self._all += 1
        return network

    def leave(self, network: str) -> None:
        """A connection that came in has ended."""
        self._all -= 1
        self._inside[network] -= 1
        if not self._inside[network]:
            del self._inside[network]

    def _is_exempt(self, peer: str) -> bool:
        if not self._exempt:
            return False
        address = ip_address(peer.partition("%")[0])
        plain = getattr(address, "ipv4_mapped", None) or address
        return any(plain in network for network in self._exempt if network.version == plain.version)


class Guarded(Connection):
    """Uvicorn's connection, behind a door and with a deadline for whatever is not a whole request yet."""

    def __init__(self, *arguments: Any, door: Door, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._door = door
        self._network: str | None = None
        self._late: asyncio.TimerHandle | None = None
        self._begins = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Let in, or cut off."""
        super().connection_made(transport)
        self._network = self._door.enter(self.client[0] if self.client else None)
        if self._network is None:
            transport.abort()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave."""
        self._wait_no_more()
        if self._network is not None:
            self._door.leave(self._network)
            self._network = None
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A new request has its own time."""
        super().on_message_begin()
        self._begins = True

    def data_received(self, data: bytes) -> None:
        """Bytes that make a request whole end the waiting; any others go on with it, stray ones begin it."""
        super().data_received(data)
        cycle: Any = self.cycle  # None before the first request, whatever its type says
        if self._door.leaving and cycle is not None:
            cycle.keep_alive = False
        if cycle is not None and not cycle.more_body and not cycle.response_complete:
            self._wait_no_more()
        elif self._late is None or self._begins:
            self._wait_no_more()
            self._wait()
        self._begins = False

    def _wait(self) -> None:
        self._late = self.loop.call_later(self._door.within_s, self._cut)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _cut(self) -> None:
        self._late = None
        self.transport.abort()
