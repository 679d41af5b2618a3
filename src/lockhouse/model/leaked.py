"""The port over which leaked passwords are looked up."""

from __future__ import annotations

from typing import Protocol


class Leaked(Protocol):
    """Hashes of passwords that leaked somewhere."""

    def holds(self, sha1: bytes) -> bool:
        """Whether this SHA-1 (20 bytes) is one of them. Blocks: ask off the event loop.

        Raises:
            Unavailable: nobody can say.
        """
        ...
