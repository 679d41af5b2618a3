"""Where an entry stands in the tree: its audit path under a signed checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.merkle import inclusion_proof
from lockhouse.errors import Tampered
from lockhouse.ledger.certificate import Place
from lockhouse.model.rows import LedgerEntry

if TYPE_CHECKING:
    from lockhouse.gates.house import House


async def place_of(house: House, entry: LedgerEntry, checkpoint: str) -> Place:
    """The entry's position and audit path to the root that the checkpoint signs.

    Raises:
        Tampered: the checkpoint does not cover the entry.
    """
    size = int(checkpoint.split("\n", 2)[1])
    now = (await house.reads.get(LedgerEntry, [(entry.id,)])).get((entry.id,))
    if now is None or now.position is None or now.position >= size:
        raise Tampered("ledger: expected a checkpoint that covers the entry")
    leaves: list[bytes] = [b""] * size
    async for rows in house.reads.scan(LedgerEntry, chunk=5_000):
        for row in rows:
            if row.position is not None and row.position < size:
                leaves[row.position] = row.leaf
    return Place(position=now.position, path=inclusion_proof(leaves, now.position), checkpoint=checkpoint)
