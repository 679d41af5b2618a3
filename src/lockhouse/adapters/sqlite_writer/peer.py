"""One client as the writer's loop sees it: a non-blocking socket, what came in, what is still to go out."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lockhouse.adapters.writer_protocol import (
    HEAD,
    MAX_FRAME_BYTES,
    FromClient,
    FromWriter,
    Leave,
    frame,
    from_client,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_READ_BYTES = 1 << 20
_LEAVE = frame(Leave())
_READS_A_TURN = 8
"""So that one client that sends without end does not keep the loop from the others."""
_UCRED = struct.Struct("3i")


class GoneError(Exception):
    """The client closed its end, or spoke another language."""


@dataclass(eq=False, slots=True)
class Peer:
    """A connected client.

    Attributes:
        pid: the process behind the socket, by the kernel's word.
        greeted: it has said `Hello`.
        left: it has said `Leave`, and holds no lease.
        waiting: its batches that have no answer yet.
        beat_s: when its newest beat was read, or its `Hello`. Only an echo of a beat confirms a lease, and the beat was
            sent before it was read: so its lease runs out within a lease of then.
    """

    sock: socket.socket
    pid: int
    greeted: bool = False
    left: bool = False
    waiting: int = 0
    beat_s: float = 0.0
    _in: bytearray = field(default_factory=bytearray)
    _out: bytearray = field(default_factory=bytearray)

    def read(self) -> Iterator[FromClient]:
        """Messages that have arrived whole.

        Raises:
            GoneError: the client is to be dropped.
        """
        ended = self._fill()
        start = 0
        while len(self._in) - start >= HEAD.size:
            (size,) = HEAD.unpack_from(self._in, start)
            if size > MAX_FRAME_BYTES:
                raise GoneError
            if len(self._in) - start - HEAD.size < size:
                break
            body = bytes(self._in[start + HEAD.size : start + HEAD.size + size])
            start += HEAD.size + size
            try:
                yield from_client.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:  # bad, no text, too deep
                raise GoneError from error
        del self._in[:start]
        if ended:
            raise GoneError

    def has_left(self) -> bool:
        """Whether it said `Leave`, also in what has arrived and was not read yet.

        An answer to an earlier message may find the socket closed already.
        """
        self._fill()
        start = 0
        while not self.left and len(self._in) - start >= HEAD.size:
            (size,) = HEAD.unpack_from(self._in, start)
            end = start + HEAD.size + size
            self.left = self._in[start:end] == _LEAVE
            start = end
        return self.left

    def _fill(self) -> bool:
        for _ in range(_READS_A_TURN):
            try:
                part = self.sock.recv(_READ_BYTES)
            except BlockingIOError:
                return False
            except OSError:
                return True
            if not part:
                return True
            self._in += part
        return False

    def send(self, message: FromWriter) -> None:
        """Send, or keep what does not fit for `flush`.

        Raises:
            GoneError: the client is gone, or has not read for too long.
        """
        self._out += frame(message)
        if len(self._out) > MAX_FRAME_BYTES:
            raise GoneError
        self.flush()

    def flush(self) -> None:
        """Send on what was kept.

        Raises:
            GoneError: the client is gone.
        """
        try:
            while self._out:
                sent = self.sock.send(self._out)
                del self._out[:sent]
        except BlockingIOError:
            return
        except OSError as error:
            raise GoneError from error

    @property
    def has_more(self) -> bool:
        """Whether something is still to go out."""
        return bool(self._out)

    def runs_on(self) -> bool:
        """Whether the process behind a closed socket may still be there, and believe in its lease."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


def credentials(sock: socket.socket) -> tuple[int, int]:
    """Process and user behind a Unix socket, by the kernel's word."""
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, _ = _UCRED.unpack(raw)
    return pid, uid
