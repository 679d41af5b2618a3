"""Both stores in memory: for tests and the first minute. The same engine as on disk, so the same semantics.

Nothing survives the process; apart from that a test that passes here and fails on SQLite has found a fault.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import TYPE_CHECKING

from lockhouse.adapters.group_commit.engine import Engine, WriterParts
from lockhouse.adapters.group_commit.plain import MAX_GROUP, plain, settle, settle_one
from lockhouse.adapters.group_commit.shelf import SoleShelf
from lockhouse.adapters.tables import Shape, Values, check_key, ordered, path, shape_of, shapes
from lockhouse.errors import Invalid
from lockhouse.model.rows import tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from lockhouse.adapters.group_commit.plain import Outcome
    from lockhouse.adapters.group_commit.shelf import Effects
    from lockhouse.model.change import Change, Committed, Conflict, KeyTuple
    from lockhouse.model.ports import RowT
    from lockhouse.model.rows import Checkpoint, Store

_KINDS: dict[str, type] = {"BLOB": bytes, "INTEGER": int, "TEXT": str}


class MemoryShelf(SoleShelf):
    """`Shelf` over dictionaries. Insertion order is arrival order."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[KeyTuple, Values]] = {name: {} for name in tables()}

    def load(self, table: str, keys: Iterable[KeyTuple]) -> dict[KeyTuple, Values]:
        """The rows with these keys."""
        rows = self.tables[table]
        return {key: rows[key] for key in keys if key in rows}

    def apply(self, store: Store, effects: Effects) -> None:
        """Write all of it; values are checked first, so that nothing is written of a transaction that cannot be."""
        for table, rows in effects.rows.items():
            for values in rows.values():
                _check_values(shapes()[table], values, store=store)
        for table, rows in effects.rows.items():
            for key, values in rows.items():
                if values is None:
                    self.tables[table].pop(key, None)
                else:
                    self.tables[table][key] = values
        for key, (by, first, last) in effects.counts.items():
            had = self.tables["drop_count"].get(key, (*key, 0, first, last))
            self.tables["drop_count"][key] = (*key, had[3] + by, min(had[4], first), max(had[5], last))
        at = shapes()["ledger_entry"].at["position"]
        for entry, position in effects.positions:
            row = self.tables["ledger_entry"][entry,]
            self.tables["ledger_entry"][entry,] = (*row[:at], position, *row[at + 1 :])

    def rows(self, table: str) -> list[Values]:
        """The whole table."""
        return list(self.tables[table].values())

    def unplaced(self) -> list[Values]:
        """Entries without a position."""
        at = shapes()["ledger_entry"].at["position"]
        return [row for row in self.tables["ledger_entry"].values() if row[at] is None]

    def entries_at(self, lane: str, counter: int) -> list[Values]:
        """Entries with this place in a lane."""
        at = shapes()["ledger_entry"].at
        rows = self.tables["ledger_entry"].values()
        return [row for row in rows if (row[at["lane"]], row[at["counter"]]) == (lane, counter)]

    def count_from(self, position: int) -> int:
        """How many entries stand from this position on, or have none."""
        return len(self.entries_from(position)) + len(self.unplaced())

    def lanes(self) -> set[str]:
        """Every lane that an entry names."""
        at = shapes()["ledger_entry"].at["lane"]
        return {row[at] for row in self.tables["ledger_entry"].values()}

    def entries_from(self, position: int) -> list[Values]:
        """Entries from this position on."""
        at = shapes()["ledger_entry"].at["position"]
        rows = self.tables["ledger_entry"].values()
        return sorted((row for row in rows if row[at] is not None and row[at] >= position), key=lambda row: row[at])

    def checkpoint_size(self, size: int) -> int:
        """The size of the newest checkpoint up to this size."""
        return max((known for (known,) in self.tables["checkpoint"] if 0 < known <= size), default=0)


def _check_values(shape: Shape, values: Values | None, *, store: Store) -> None:
    if shape.store != store:
        raise Invalid(f"row of {shape.name}", f"a table of the {store} store", got=shape.store)
    for column, value in zip(shape.columns, values or (), strict=False):
        fits = column.nullable if value is None else isinstance(value, _KINDS[column.kind])
        if not fits:
            raise Invalid(f"row of {shape.name}", f"{column.kind} for {column.name}", got=type(value).__name__)


class MemoryStore:
    """`Reads`, `Commits` and `Epochs` of one process; over the shelf of one before it, if it is handed that."""

    def __init__(self, parts: WriterParts, *, shelf: MemoryShelf | None = None) -> None:
        self.parts = parts
        self.shelf = MemoryShelf() if shelf is None else shelf
        self._engine = Engine(self.shelf, parts)
        self._acts: list[Callable[[int, int], None]] = []

    @property
    def notary_public(self) -> bytes:
        """What signatures of notings verify under."""
        return self._engine.notary_public

    async def get(self, row: type[RowT], keys: Sequence[KeyTuple]) -> dict[KeyTuple, RowT]:
        """The rows with these keys."""
        shape = shape_of(row)
        for key in keys:
            check_key(shape, key, where="get")
        return {key: row(*values) for key, values in self.shelf.load(shape.name, keys).items()}

    async def find(
        self,
        row: type[RowT],
        by: Sequence[str],
        values: Sequence[KeyTuple],
        *,
        after: KeyTuple | None = None,
        limit: int | None = None,
    ) -> list[RowT]:
        """Rows whose columns `by` equal one of `values`, ordered and paged as the port says."""
        asked = set(values)
        way = path(row, by, count=len(asked), after=after)
        at = way.shape.at
        found = [r for r in self.shelf.tables[way.shape.name].values() if _pick(r, at, way.by) in asked]
        if after is not None:
            found = [r for r in found if ordered(_pick(r, at, way.after_columns)) > ordered(after)]
        found.sort(key=lambda r: ordered(_pick(r, at, way.order)))
        return [row(*r) for r in found[:limit]]

    async def scan(self, row: type[RowT], *, chunk: int = 1_000) -> AsyncIterator[list[RowT]]:
        """The whole table in chunks, in key order or, for appended rows, in arrival order."""
        shape = shape_of(row)
        if shape.append:
            arrived = list(self.shelf.tables[shape.name])
            for start in range(0, len(arrived), chunk):
                part = self.shelf.load(shape.name, arrived[start : start + chunk])
                if part:
                    yield [row(*values) for values in part.values()]
                if len(part) == chunk:
                    await asyncio.sleep(0)
            return
        last: KeyTuple = ()
        while True:
            keys = sorted(self.shelf.tables[shape.name], key=ordered)
            start = bisect_right(keys, ordered(last), key=ordered)
            part = self.shelf.load(shape.name, keys[start : start + chunk])
            if not part:
                return
            last = keys[start : start + chunk][-1]
            yield [row(*values) for values in part.values()]
            if len(part) == chunk:
                await asyncio.sleep(0)

    async def commit(self, change: Change) -> Committed | Conflict:
        """Commit one Change.

        Raises:
            Invalid: a Change that nothing can make right.
        """
        [outcome] = self._outcomes([change])
        return settle_one(outcome)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """Commit each on its own; a fault comes back as a Conflict with `invalid`."""
        return settle(self._outcomes(changes))

    def _outcomes(self, changes: Sequence[Change]) -> list[Outcome]:
        waiting = plain(changes)
        outcomes = [
            outcome
            for start in range(0, len(waiting), MAX_GROUP)
            for outcome in self._engine.commit_group(waiting[start : start + MAX_GROUP])
        ]
        self._engine.tick(every_s=0.0)  # there is no loop to fold later
        return outcomes

    async def scrub(self) -> None:
        """Memory keeps no log file."""

    async def seal_ledger(self) -> Checkpoint:
        """Fold everything and sign the tree now."""
        return self._engine.seal_ledger()

    def policy(self) -> int:
        """The policy epoch."""
        return self._engine.epochs()[0]

    def key(self) -> int:
        """The key epoch."""
        return self._engine.epochs()[1]

    def alive(self) -> bool:
        """One process always agrees with itself."""
        return True

    async def announce(self, *, policy: bool = False, key: bool = False) -> None:
        """Move an epoch and tell those who asked."""
        moved = self._engine.announce(policy=policy, key=key)
        for act in self._acts:
            act(*moved)

    def on_move(self, act: Callable[[int, int], None]) -> None:
        """Call `act(policy, key)` whenever either moves."""
        self._acts.append(act)


def _pick(values: Values, at: dict[str, int], columns: tuple[str, ...]) -> KeyTuple:
    return tuple([values[at[name]] for name in columns])
