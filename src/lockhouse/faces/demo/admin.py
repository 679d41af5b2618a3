"""Act 3: whoever may write to the database changes a record and takes a line out of the ledger. Both are named."""

from __future__ import annotations

import asyncio
import re
import shlex
from typing import TYPE_CHECKING, Final

import msgspec

from lockhouse.faces.demo.copies import RECORD, copy_house, execute, first_row
from lockhouse.faces.demo.erase import run_python

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
        named_lines: the lines that name them. `other_lines`: what follows from them, in the audit's order.
    """

    record: str
    position: int
    command: str
    output: str
    named: tuple[str, ...]

    @property
    def named_lines(self) -> list[str]:
        """The lines of the output that name a change."""
        return [line for line in self.output.splitlines() if self._is_named(line)]

    @property
    def other_lines(self) -> list[str]:
        """All the other lines."""
        return [line for line in self.output.splitlines() if not self._is_named(line)]

    def _is_named(self, line: str) -> bool:
        return any(re.search(rf"\b{change}\b", line) for change in self.named)


async def commit_crime(one: Opened, to: Path) -> Crime:
    """Edit a row and delete a ledger line by plain SQL in a copy, then audit the copy.

    Both are chosen in the copy as well: in the running house a worker may just be sweeping an erased person's rows.
    """
    await one.writer.seal_ledger()
    copy = await asyncio.to_thread(copy_house, one.folder, to)
    record, position = await asyncio.to_thread(_tamper, copy / RECORD)
    command = ["-m", "lockhouse", "-C", str(copy), "ledger", "verify", "--records"]
    _, output = await run_python(*command)
    named = [f"record {record}"] if record in output else []
    if re.search(rf"position {position}\b", output):
        named.append(f"position {position}")
    return Crime(
        record=record, position=position, command=shlex.join(["lockhouse", *command[2:]]), output=output,
        named=tuple(named),
    )  # fmt: skip


def _tamper(store: Path) -> tuple[str, int]:
    """The id of the record that was edited, hex, and the position of the line that was deleted."""
    [record] = first_row(store, "SELECT id FROM record WHERE length(clear) > 0 ORDER BY received_at, id")
    [position] = first_row(store, "SELECT min(position) FROM ledger_entry WHERE kind = 'disclosure'")
    execute(store, EDIT, (record,))
    execute(store, DELETE, (position,))
    return record.hex(), position
