"""A plaintext key that does not print, log, compare or pickle by accident.

`git grep 'reveal()'` is the audit of every place that touches key bytes; a house lint rule keeps
those places inside `lockhouse.crypto` and the root adapters. Python cannot promise to wipe memory,
so a `Secret` is an aid against mistakes, not against whoever reads this process's memory.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Bytes with one exit."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """The plaintext bytes; only `lockhouse.crypto` and root adapters may ask."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a secret is no dictionary key

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickled key is a key on disk.

        Raises:
            TypeError: always.
        """
        message = "a Secret cannot be pickled"
        raise TypeError(message)
