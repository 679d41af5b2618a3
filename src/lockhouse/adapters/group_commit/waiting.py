"""What waits for the writer, and which of it makes the next group.

No timer lingers for more: a group is what gathered while the one before was being committed.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from lockhouse.adapters.group_commit.plain import MAX_GROUP

if TYPE_CHECKING:
    from lockhouse.adapters.group_commit.plain import PlainChange


class Batch(Protocol):
    """Changes that one caller handed over together, at most `MAX_GROUP`."""

    @property
    def changes(self) -> list[PlainChange]:
        """The changes."""
        ...

    @property
    def urgent(self) -> bool:
        """Whether somebody waits for a page."""
        ...


BatchT = TypeVar("BatchT", bound=Batch)


class Waiting(Generic[BatchT]):
    """Batches in arrival order, urgent ones ahead and in groups of their own, so that a page never waits for intake."""

    def __init__(self) -> None:
        self._urgent: deque[BatchT] = deque()
        self._usual: deque[BatchT] = deque()

    def add(self, batch: BatchT) -> None:
        """Put a batch in its line."""
        (self._urgent if batch.urgent else self._usual).append(batch)

    def __len__(self) -> int:
        return len(self._urgent) + len(self._usual)

    def group(self) -> list[BatchT]:
        """Take the next group: whole batches of at most `MAX_GROUP` Changes together."""
        line = self._urgent or self._usual
        taken: list[BatchT] = []
        size = 0
        while line and (not taken or size + len(line[0].changes) <= MAX_GROUP):
            batch = line.popleft()
            size += len(batch.changes)
            taken.append(batch)
        return taken
