"""Batches of imports, held against what the ledger says of them: none may be gone, or be as it was once.

A batch's row never leaves, and moves in one commit with its entries. Who takes it away keeps the batch from being taken
back; who puts an older one back has rows of the file passed over, or brought once more.

A record comes in one commit with the row that says with which batch, before the batch counts it; such rows leave in one
commit with the batch's own move. So while a batch does not move there are as many of them as it counts, or more. Of
which record one was that is not there, nothing tells any more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.gates.imports import STAFF_CHANNEL
from lockhouse.gates.state.found import check_bound
from lockhouse.gates.state.history import last_of, restored_at
from lockhouse.ledger.entry import Import as ImportEntry
from lockhouse.ledger.entry import Undo as UndoEntry
from lockhouse.model.rows import Import, Imported

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.house import House
    from lockhouse.gates.state.found import Found
    from lockhouse.gates.state.history import History, Told


class Came(NamedTuple):
    """What was read before the batches: how they stood, and how many rows said then that a record came with each."""

    earlier: dict[bytes, Import]
    records: Counter[bytes]

    @classmethod
    async def read(cls, house: House, found: Found) -> Came:
        """The batches first; each row that says so is held against its MAC."""
        earlier = {row.id: row async for rows in house.reads.scan(Import) for row in rows}
        records: Counter[bytes] = Counter()
        await check_bound(house, Imported, found, read=lambda rows: records.update(row.batch for row in rows))
        return cls(earlier, records)

    def lacking(self, row: Import) -> int:
        """Of how many records that a batch counts nothing says any more that they came with it.

        Of one that moved meanwhile nobody can say; a batch of consents has words, and no records.
        """
        if row.channel == STAFF_CHANNEL or self.earlier.get(row.id) != row:
            return 0
        return max(0, row.stored - self.records[row.id])


def hold_batches(rows: Iterable[Import], came: Came, *, before: History, history: History, found: Found) -> None:
    """Each batch that was told of before the rows were read stands, and names the last entry of it or a later one.

    And its records are said to have come with it, as many as it counts.

    Args:
        rows: whose MAC fits.
        came: see there.
        before: the entries as they stood before the rows were read. history: as they stood behind that.
        found: takes the findings.
    """
    told: dict[bytes, list[Told]] = defaultdict(list)
    for one in before.values():
        if isinstance(one.body, ImportEntry | UndoEntry):
            told[bytes.fromhex(one.body.batch)].append(one)
    standing = {row.id: row for row in rows}
    for batch, entries in told.items():
        row, last = standing.get(batch), last_of(entries)
        if row is None:
            if not {one.id for one in entries} & found.edited:
                found.missing("import", last[-1].id, is_before=last[-1].at <= restored_at(before.values()))
        elif row.entry in before and row.entry not in {one.id for one in last}:
            where = f"{row.TABLE}, entry {row.entry.hex()}"
            sentence = f"It is as it was once: entry {last[-1].id.hex()} tells of it as it is since."
            found.add("rolled-back-row", where, sentence)
        elif row.entry not in history:
            found.add("edited-row", f"{row.TABLE}, entry {row.entry.hex()}", "The entry that it names is not there.")
        elif lacking := came.lacking(row):
            sentence = f"{lacking} of the {row.stored} records that came with it are not said to: an undo leaves them."
            found.add("missing-row", f"{Imported.TABLE}, batch {batch.hex()}", sentence)
