"""The log as an export takes it: runs of entries in their order, each with what lies beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.tree import RUN, placed
from lockhouse.ledger.entry import Gone
from lockhouse.ledger.export import Chunk
from lockhouse.ledger.verify.lines import BESIDE
from lockhouse.model.rows import Checkpoint, Deletion, Intake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.rows import LedgerEntry


async def chunks(house: House, start: int, size: int) -> AsyncIterator[Chunk]:
    """The entries from a position on to this size of the tree, a run at a time."""
    gone: dict[bytes, list[Gone]] | None = None
    async for rows in placed(house, start, size, limit=2 * RUN):
        if gone is None and any(row.kind == "deletion" for row in rows):
            gone = await _deletions(house)
        yield await _chunk(house, rows, gone or {})


async def _chunk(house: House, rows: Sequence[LedgerEntry], gone: dict[bytes, list[Gone]]) -> Chunk:
    beside = [(row.id,) for row in rows if row.kind in BESIDE and row.kind != "deletion"]
    intakes = await house.reads.get(Intake, beside)
    sizes = [(row.position + 1,) for row in rows if row.position is not None]
    points = await house.reads.get(Checkpoint, sizes)
    return Chunk(
        entries=rows, intakes={row.entry: row for row in intakes.values()}, deletions=gone,
        checkpoints=list(points.values()),
    )  # fmt: skip


async def _deletions(house: House) -> dict[bytes, list[Gone]]:
    found: dict[bytes, list[Gone]] = {}
    async for rows in house.reads.scan(Deletion):
        for row in rows:
            found.setdefault(row.entry, []).append(Gone(row.record, row.leaf))
    return found
