"""Nonces for AES-GCM, cut from blocks of entropy: a system call for each would cost as much as the encryption."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from weakref import WeakSet

from lockhouse.crypto.derive import NONCE_BYTES

if TYPE_CHECKING:
    from lockhouse.crypto.signatures import Entropy

POOL_BYTES = 4_096


class Nonces:
    """A pool of random 96-bit nonces, each given out once."""

    __slots__ = ("__weakref__", "_entropy", "_pool")

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._pool: list[bytes] = []
        _POOLS.add(self)

    def draw(self) -> bytes:
        """The next nonce, 12 bytes."""
        # `list.pop` is atomic: two threads at once never draw the same nonce from one block.
        try:
            return self._pool.pop()
        except IndexError:
            block = self._entropy(POOL_BYTES)
            pool = [block[at : at + NONCE_BYTES] for at in range(0, POOL_BYTES - NONCE_BYTES + 1, NONCE_BYTES)]
            nonce = pool.pop()
            self._pool = pool
            return nonce

    def drop(self) -> None:
        """Throw away what is left of the block."""
        self._pool = []


_POOLS: WeakSet[Nonces] = WeakSet()


def _drop_pools() -> None:
    for pool in _POOLS:
        pool.drop()


# After a fork both processes would hold the same nonces, and under AES-GCM a nonce used twice gives the
# authentication key away (NIST SP 800-38D Appendix A).
os.register_at_fork(after_in_child=_drop_pools)
