"""Identifiers and randomness from the operating system."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockhouse.model.ports import Clock

_POOL_BYTES = 8_192
_COUNTER_BITS = 12
_COUNTER_MAX = (1 << _COUNTER_BITS) - 1
_SEED_MASK = _COUNTER_MAX >> 1
"""A fresh ms seeds the counter with its top bit clear, so that at least 2,048 ids fit (RFC 9562 §6.2, method 1)."""
_TAIL_BYTES = 8
_TAIL_MASK = (1 << 62) - 1
_VERSION = 7 << 12
_VARIANT = 0b10 << 62


class SystemIds:
    """`Ids`: UUIDv7 with a counter, and pooled `os.urandom`.

    Ids increase strictly within the process, over threads, and while the clock stands or steps back: the last time
    is then kept and the counter goes on (RFC 9562 §6.2). Two processes may interleave.
    """

    __slots__ = ("_at", "_clock", "_counter", "_lock", "_offset", "_pid", "_pool")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pool = b""
        self._offset = 0
        self._pid = os.getpid()
        self._at = 0
        self._counter = 0

    def new(self) -> bytes:
        """A UUIDv7, 16 bytes, greater than every one before it from this object."""
        now = self._clock.now_ms()
        with self._lock:
            tail = int.from_bytes(self._take(_TAIL_BYTES)) & _TAIL_MASK
            if now > self._at:
                self._at = now
                self._counter = int.from_bytes(self._take(2)) & _SEED_MASK
            elif self._counter < _COUNTER_MAX:
                self._counter += 1
            else:  # the counter ran over: borrow the next ms rather than repeat or go back
                self._at += 1
                self._counter = 0
            head = (self._at << 16) | _VERSION | self._counter
        return ((head << 64) | _VARIANT | tail).to_bytes(16)

    def random(self, size: int) -> bytes:
        """`size` random bytes fit for keys; never given twice, not even after a fork."""
        if size > _POOL_BYTES // 4:
            return os.urandom(size)
        with self._lock:
            return self._take(size)

    def _take(self, size: int) -> bytes:
        # A forked child starts with its parent's pool: using it would repeat keys and nonces.
        if self._offset + size > len(self._pool) or self._pid != os.getpid():
            self._pool = os.urandom(_POOL_BYTES)
            self._offset = 0
            self._pid = os.getpid()
        start = self._offset
        self._offset = start + size
        return self._pool[start : self._offset]
