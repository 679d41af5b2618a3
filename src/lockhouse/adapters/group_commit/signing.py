"""What the ledger duty is handed to sign with, and where what is signed is kept outside of the stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.crypto.merkle import Frontier
    from lockhouse.secret import Secret


class Newest(Protocol):
    """The newest anchored checkpoint, its signature verified."""

    @property
    def size(self) -> int:
        """Of its tree."""
        ...

    @property
    def tree(self) -> Frontier:
        """The tree, with the root that was signed."""
        ...

    @property
    def everywhere(self) -> bool:
        """Whether no place lacks it."""
        ...


class Anchors(Protocol):
    """Signed checkpoints kept outside of the stores; `lockhouse.adapters.anchors` are the real ones."""

    def append(self, checkpoint: str, frontier: bytes) -> None:
        """Durable in every place when it returns.

        Raises:
            Unavailable: a place cannot be written.
        """
        ...

    def newest(self) -> Newest | None:
        """The one of the largest tree, if any.

        Raises:
            Tampered: one that this log's key did not sign stands last.
            Unavailable: a place cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How checkpoints are made, and where they are kept beside the stores; None of either in a store in tests.

    Attributes:
        lane_key: that heads of lanes are known by.
        sign: tree size and root to a signed note.
    """

    lane_key: Secret
    sign: Callable[[int, bytes], str] | None = None
    anchors: Anchors | None = None
