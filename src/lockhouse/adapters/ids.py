"""Identifiers and randomness from the operating system."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

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

    __slots__ = ("__weakref__", "_at", "_clock", "_counter", "_lock", "_offset", "_pool")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pool = b""
        self._offset = 0
        self._at = 0
        self._counter = 0
        _MADE.add(self)

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
        if self._offset + size > len(self._pool):
            self._pool = os.urandom(_POOL_BYTES)
            self._offset = 0
        start = self._offset
        self._offset = start + size
        return self._pool[start : self._offset]

    def _after_fork(self) -> None:
        self._pool, self._offset = b"", 0
        self._lock = threading.Lock()  # the parent's may have been held by a thread that is not here


_MADE: WeakSet[SystemIds] = WeakSet()


def _drop_pools() -> None:
    for made in _MADE:
        made._after_fork()  # noqa: SLF001  # this module's own


# A forked child starts with its parent's pool: using it would repeat keys and nonces.
os.register_at_fork(after_in_child=_drop_pools)
