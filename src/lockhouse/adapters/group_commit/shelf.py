"""Where a store's rows lie: the few things that differ between memory, SQLite and what may come."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.adapters.tables import Values
    from lockhouse.model.change import KeyTuple
    from lockhouse.model.rows import Store

CountKey = tuple[int, str, str]
"""Channel, path, reason."""


@dataclass(slots=True)
class Effects:
    """What one transaction writes, merged over its Changes: each row once, in its last form.

    Attributes:
        rows: by table and key, the row's values, or None for a row that goes.
        counts: (count, first time, last time) to add to `drop_count`.
        positions: (entry id, position) to set in `ledger_entry`.
        deadline: of its Changes the earliest, 0 for none: where the store has a clock of its own, a commit later than
            this is refused by it.
    """

    rows: dict[str, dict[KeyTuple, Values | None]] = field(default_factory=dict)
    counts: dict[CountKey, tuple[int, int, int]] = field(default_factory=dict)
    positions: list[tuple[bytes, int]] = field(default_factory=list)
    deadline: int = 0

    def put(self, table: str, key: KeyTuple, values: Values | None) -> None:
        """Write the row, or take it away."""
        rows = self.rows.get(table)
        if rows is None:
            rows = self.rows[table] = {}
        rows[key] = values

    def count(self, key: CountKey, by: int, at: int) -> None:
        """Add to a count."""
        known = self.counts.get(key)
        if known is None:
            self.counts[key] = (by, at, at)
            return
        had, first, last = known
        self.counts[key] = (had + by, min(first, at), max(last, at))

    def due(self, deadline: int) -> None:
        """Hold a Change's deadline, if it has one."""
        if deadline:
            self.deadline = min(self.deadline or deadline, deadline)

    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.rows or self.counts or self.positions)


class LateError(Exception):
    """The store was asked to commit after a deadline, by its own clock; nothing was written."""


class Shelf(Protocol):
    """Rows of both stores, used by one engine at a time. Whatever reads raises `Unavailable` of a damaged store.

    Attributes:
        is_shared: other writers have shelves over the same rows.
    """

    is_shared: ClassVar[bool]

    def turn(self, store: Store) -> AbstractContextManager[int | None]:
        """Within it nobody else writes the store, so that what is read in it is so until `apply` ends it.

        Gives the store's own time in ms, None if it has no clock but its writer's.

        Raises:
            Unavailable: the store is away, or others kept it busy for too long.
        """
        ...

    def term(self) -> int:
        """Whether this shelf's writer is the sequencer: each time it comes to be is another number, 0 says no.

        Raises:
            Unavailable: the store is away.
        """
        ...

    def load(self, table: str, keys: Iterable[KeyTuple]) -> dict[KeyTuple, Values]:
        """The committed rows with these keys, in one read; absent ones are left out."""
        ...

    def apply(self, store: Store, effects: Effects) -> None:
        """Write all of it, durably, or nothing; within a turn of the store, which it ends.

        Raises:
            Invalid: a value that its column does not take.
            LateError: the store has a clock, and by it the deadline is over.
            Unavailable: the disk is full or broken; nothing was written.
        """
        ...

    def rows(self, table: str) -> list[Values]:
        """A whole small table (lanes, house)."""
        ...

    def unplaced(self) -> list[Values]:
        """Ledger entries without a position: what a former run left to fold."""
        ...

    def entries_at(self, lane: str, counter: int) -> list[Values]:
        """Ledger entries with this place in a lane: one, unless somebody planted another."""
        ...

    def count_from(self, position: int) -> int:
        """How many ledger entries stand from this position on, or have none yet."""
        ...

    def lanes(self) -> set[str]:
        """Every lane that a ledger entry names."""
        ...

    def entries_from(self, position: int) -> list[Values]:
        """Ledger entries from this position on, in order."""
        ...

    def checkpoint_size(self, size: int) -> int:
        """The size of the newest checkpoint that a tree of this size can have, as its row says; 0 if there is none."""
        ...


class SoleShelf:
    """A shelf that no other writer shares: it is always its turn, and its writer is the sequencer."""

    is_shared: ClassVar[bool] = False

    def turn(self, _store: Store) -> AbstractContextManager[int | None]:
        """It is."""
        return nullcontext()

    def term(self) -> int:
        """The only one there is."""
        return 1
