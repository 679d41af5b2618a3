"""Taking connections from a listener that other processes take from, too, so that each gets its part.

An event loop's own server takes all that wait whenever it wakes. Of two processes on one listener the first to wake
then has everybody, and the other stands idle for as long as those stay connected. Here each takes one in a turn of its
loop; while more wait it takes twice as many in the next, so that a process whose turns are long leaves nobody waiting.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

MOST: Final = 16
"""Connections taken in one turn."""
_PAUSE_S: Final = 0.2
"""Until it is tried again where no file may be opened any more."""


class Sharing:
    """One listener's connections, as far as they come to this process. It takes them until it is closed."""

    def __init__(
        self, listening: socket.socket, make: Callable[[], asyncio.Protocol], *, tls: ssl.SSLContext | None
    ) -> None:
        """Begin; a loop runs.

        Args:
            listening: with a backlog; it is closed with this.
            make: a protocol for each connection.
            tls: of the listener, None for plain TCP.
        """
        self._loop = asyncio.get_running_loop()
        self._listening = listening
        self._make, self._tls = make, tls
        self._many = 1
        self._begun: set[asyncio.Task[object]] = set()
        self._again: asyncio.TimerHandle | None = None
        listening.settimeout(0)
        self._loop.add_reader(listening, self._take)

    def close(self) -> None:
        """Nobody is taken any more; whoever was, stays."""
        if self._listening.fileno() >= 0:
            self._loop.remove_reader(self._listening)
            self._listening.close()
        if self._again is not None:
            self._again.cancel()

    def _take(self) -> None:
        for _ in range(self._many):
            try:
                taken, _ = self._listening.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):  # another process's, or gone again
                self._many = 1
                return
            except OSError:  # no file may be opened: those who wait are taken once one is free
                self._loop.remove_reader(self._listening)
                self._again = self._loop.call_later(_PAUSE_S, self._resume)
                return
            taken.settimeout(0)
            begun = self._loop.create_task(self._loop.connect_accepted_socket(self._make, taken, ssl=self._tls))
            self._begun.add(begun)
            begun.add_done_callback(self._connected)
        self._many = min(2 * self._many, MOST)

    def _resume(self) -> None:
        self._loop.add_reader(self._listening, self._take)

    def _connected(self, begun: asyncio.Task[object]) -> None:
        self._begun.discard(begun)
        if not begun.cancelled():
            begun.exception()  # a handshake that failed is its sender's matter, and said to nobody here
