"""What an export does not hold, against what it does: columns beside an entry's bytes, rows of other checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.checkpoint import open_checkpoint
from lockhouse.errors import Tampered
from lockhouse.ledger.columns import differing
from lockhouse.ledger.verify import Finding
from lockhouse.model.rows import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.rows import LedgerEntry


def changed_columns(entries: Iterable[LedgerEntry]) -> Iterator[Finding]:
    """A finding for each entry that is found by something else than its own bytes say."""
    for entry in entries:
        if wrong := differing(entry):
            where = f"entry {entry.id.hex()}, position {entry.position}"
            yield Finding("changed-columns", where, f"Its own bytes say otherwise than: {', '.join(wrong)}.")


async def stray_checkpoints(house: House, *, size: int, vkeys: Sequence[str]) -> list[Finding]:
    """A finding for each checkpoint whose row no tree of this size reaches, and that was not signed of a larger one.

    A larger one that was signed is newer than this reading, or was cut off, which the anchors show.

    Args:
        house: as it stands.
        size: of the tree: up to it an export holds them all.
        vkeys: verifier keys of the log.

    Raises:
        Invalid: one of `vkeys` is no verifier key.
    """
    stray = [row async for rows in house.reads.scan(Checkpoint) for row in rows if not 0 < row.size <= size]
    return [found for row in stray for found in _stray(row, house.log, vkeys)]


def _stray(row: Checkpoint, log: str, vkeys: Sequence[str]) -> Iterator[Finding]:
    where = f"checkpoint of size {row.size}"
    try:
        point = open_checkpoint(row.text, vkeys)
    except Tampered:
        yield Finding("forged-checkpoint", where, "None of the verifier keys signed it as it stands.")
        return
    if point.origin != log:
        yield Finding("forged-checkpoint", where, "It was signed for another log.")
    elif point.size != row.size:
        yield Finding("misplaced-checkpoint", where, f"It was signed of {point.size} entries.")
