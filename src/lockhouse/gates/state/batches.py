"""Batches of imports, held against what the ledger says of them: none may be gone, or be as it was once.

A batch's row never leaves, and moves in one commit with its entries. Who takes it away keeps the batch from being taken
back; who puts an older one back has rows of the file passed over, or brought once more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lockhouse.gates.state.history import last_of, restored_at
from lockhouse.ledger.entry import Import as ImportEntry
from lockhouse.ledger.entry import Undo as UndoEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.gates.state.found import Found
    from lockhouse.gates.state.history import History, Told
    from lockhouse.model.rows import Import


def hold_batches(rows: Iterable[Import], *, before: History, history: History, found: Found) -> None:
    """Each batch that was told of before the rows were read stands, and names the last entry of it or a later one.

    Args:
        rows: whose MAC fits.
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
