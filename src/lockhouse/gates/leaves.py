"""The leaves that lie beside intakes and re-seals: what the ledger knows of a record, whatever its row says now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.merkle import root
from lockhouse.errors import Invalid
from lockhouse.ledger.entry import Intake as IntakeEntry
from lockhouse.ledger.entry import Reseal, parse_entry
from lockhouse.model.rows import Intake, LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House
    from lockhouse.ledger.entry import Body

_ID_BYTES = 16
_LEAF_BYTES = 32


def beside(said: Body | None, row: Intake | None) -> dict[bytes, bytes]:
    """Record -> leaf, if the row holds what the entry commits to; else nothing."""
    if row is None or not isinstance(said, IntakeEntry | Reseal):
        return {}
    leaves = _cut(row.leaves, _LEAF_BYTES)
    if (said.count, said.root) != (len(leaves), root(leaves).hex()):
        return {}
    return dict(zip(_cut(row.records, _ID_BYTES), leaves, strict=False))


async def newest_leaves(
    house: House, records: Collection[bytes], *, without: Collection[bytes] = ()
) -> dict[bytes, bytes]:
    """The newest leaf of each of these records that the ledger knows; a walk over everything that was taken in.

    Args:
        without: ids of entries that are not to count.
    """
    wanted, newest = frozenset(records), dict[bytes, bytes]()
    if not wanted:
        return newest
    async for rows in house.reads.scan(Intake):
        found = [
            row
            for row in rows
            if row.entry not in without and not wanted.isdisjoint(_cut(row.records, _ID_BYTES))
        ]  # fmt: skip
        entries = await house.reads.get(LedgerEntry, [(row.entry,) for row in found])
        for row in found:
            entry = entries.get((row.entry,))
            told = {} if entry is None else beside(_body(entry), row)
            newest |= {record: leaf for record, leaf in told.items() if record in wanted}
    return newest


def _body(entry: LedgerEntry) -> Body | None:
    try:
        return parse_entry(entry.body).body
    except Invalid:
        return None


def _cut(joined: bytes, width: int) -> list[bytes]:
    return [joined[at : at + width] for at in range(0, len(joined), width)]
