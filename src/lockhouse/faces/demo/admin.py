"""Act 3: whoever may write to the database changes a record and takes a line out of the ledger. Both are named."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.faces.demo.copies import RECORD, copy_house, execute
from lockhouse.faces.demo.erase import run_python
from lockhouse.model.rows import LedgerEntry, Record

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.wiring import Opened

EDIT: Final = "UPDATE record SET occurred_at = occurred_at - 86400000 WHERE id = ?"
DELETE: Final = "DELETE FROM ledger_entry WHERE position = ?"


class Crime(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to a copy of the house, and what the audit of that copy said.

    Attributes:
        record: id of the edited row, hex. `position`: of the deleted ledger line.
        command: the audit as anybody could type it. `output`: its words.
        named: which of the two it names.
    """

    record: str
    position: int
    command: str
    output: str
    named: tuple[str, ...]


async def commit_crime(one: Opened, to: Path) -> Crime:
    """Edit a row and delete a ledger line by plain SQL in a copy, then audit the copy."""
    await one.writer.seal_ledger()
    record = await _some_record(one)
    line = await _own_look(one)
    copy = await asyncio.to_thread(copy_house, one.folder, to)
    store, position = copy / RECORD, line.position or 0
    edited = execute(store, EDIT, (record.id,))
    deleted = execute(store, DELETE, (position,))
    if not edited == deleted == 1:
        raise AssertionError("the copy holds the row and the line that were chosen in the house")
    command = ["-m", "lockhouse", "-C", str(copy), "ledger", "verify", "--records"]
    _, output = await run_python(*command)
    named = [f"record {record.id.hex()}"] if record.id.hex() in output else []
    if re.search(rf"position {position}\b", output):
        named.append(f"position {position}")
    return Crime(
        record=record.id.hex(), position=position, command="lockhouse ledger verify --records", output=output,
        named=tuple(named),
    )  # fmt: skip


async def _some_record(one: Opened) -> Record:
    """The first order of the house: the day of a sale is worth forging."""
    async for chunk in one.house.reads.scan(Record):
        for row in chunk:
            if row.clear:
                return row
    raise AssertionError("a demo stores orders before it is robbed")


async def _own_look(one: Opened) -> LedgerEntry:
    """The line that tells of our own first look at somebody: what a bad administrator takes out."""
    async for chunk in one.house.reads.scan(LedgerEntry):
        for row in chunk:
            if row.kind == "disclosure" and row.position is not None:
                return row
    raise AssertionError("a demo looks at somebody before it covers its tracks")
