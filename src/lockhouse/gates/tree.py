"""The entries of the tree in their order, and where one stands in it: its audit path under a signed checkpoint."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from lockhouse.crypto.merkle import check_inclusion, consistency_proof, inclusion_proof, leaf_hash, root
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Tampered
from lockhouse.ledger.certificate import Place
from lockhouse.ledger.columns import said_by
from lockhouse.model.rows import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.gates.house import House

RUN = 1_000
"""Entries read at once."""
_HINT = "lockhouse ledger verify names all that was changed"


async def placed(house: House, start: int, size: int, *, limit: int | None = None) -> AsyncIterator[list[LedgerEntry]]:
    """The entries from a position on to this size of the tree, in order, a run at a time.

    Where a whole run is missing it goes on at the next that stands: a size is a number in a store, which anybody may
    have written, and nobody counts up to it.

    Args:
        house: as it stands.
        start: the first position.
        size: of the tree, as it is said to be.
        limit: of one run, so that rows planted under one position do not fill the memory.
    """
    at, standing = start, list[int]()
    while at < size:
        if rows := await between(house, at, min(at + RUN, size), limit=limit):
            yield rows
            at += RUN
            continue
        standing = standing or await _positions(house)
        further = bisect_right(standing, at)
        at = standing[further] if further < len(standing) else size


async def placed_back(house: House, size: int) -> AsyncIterator[list[LedgerEntry]]:
    """The same from the newest of this size of the tree to the oldest, each run the newest first.

    Args:
        house: as it stands.
        size: of the tree, as it is said to be.
    """
    stop, standing = size, list[int]()
    while stop > 0:
        if rows := await between(house, max(0, stop - RUN), stop, limit=2 * RUN):
            yield rows[::-1]
            stop -= RUN
            continue
        standing = standing or await _positions(house)
        below = bisect_left(standing, stop)
        stop = standing[below - 1] + 1 if below else 0


async def between(house: House, start: int, stop: int, *, limit: int | None = None) -> list[LedgerEntry]:
    """The entries with a position from `start` up to, and without, `stop`, in order; at most `limit`."""
    places = [(at,) for at in range(start, stop)]
    rows = await house.reads.find(LedgerEntry, ("position",), places, limit=limit)
    return sorted(rows, key=lambda row: row.position or 0)


async def _positions(house: House) -> list[int]:
    found = [row.position async for rows in house.reads.scan(LedgerEntry) for row in rows if row.position is not None]
    return sorted(found)


async def place_of(house: House, entry: LedgerEntry, checkpoint: str) -> Place:
    """The entry's position and its audit path, which leads from the entry's bytes to the root that was signed.

    Args:
        house: as it stands.
        entry: as it is to be proven.
        checkpoint: by the house's own writer.

    Raises:
        Tampered: the checkpoint does not cover the entry, or its bytes are another's; or it, or one that the path
            needs, was changed or taken away since it was signed. The first that can be named is.
    """
    _, said, signed, *_ = checkpoint.split("\n")
    size = int(said)
    now = (await house.reads.get(LedgerEntry, [(entry.id,)])).get((entry.id,))
    if now is None or now.position is None or not 0 <= now.position < size or said_by(entry).id != entry.id.hex():
        raise Tampered(f"ledger entry {entry.id.hex()}: expected to stand in the tree that was signed", hint=_HINT)
    leaves, changed = await _leaves(house, size)
    path = await asyncio.to_thread(inclusion_proof, leaves, now.position)  # every leaf is hashed again
    try:
        check_inclusion(leaf_hash(entry.body), now.position, size, path, b64decode(signed))
    except Tampered as err:
        raise Tampered(_first(leaves, changed), hint=_HINT) from err
    return Place(position=now.position, path=path, checkpoint=checkpoint)


async def growth_from(house: House, older: int, checkpoint: str) -> list[bytes]:
    """What proves the tree of a checkpoint a growth of its first `older` entries (RFC 9162 §2.1.4).

    Args:
        house: as it stands.
        older: from 1 to the size of the checkpoint.
        checkpoint: by the house's own writer.

    Raises:
        Invalid: no such size.
        Tampered: an entry was changed or taken away since it was signed.
    """
    _, said, signed, *_ = checkpoint.split("\n")
    leaves, changed = await _leaves(house, int(said))
    proof = await asyncio.to_thread(consistency_proof, leaves, older)
    if not equal(root(leaves), b64decode(signed)):
        raise Tampered(_first(leaves, changed), hint=_HINT)
    return proof


async def _leaves(house: House, size: int) -> tuple[list[bytes], str]:
    """The leaf of each position, from the entry's own bytes, and the first entry whose column says otherwise."""
    leaves: list[bytes] = [b""] * size
    changed = ""
    async for rows in house.reads.scan(LedgerEntry, chunk=5_000):
        for row in rows:
            if row.position is not None and 0 <= row.position < size:
                leaves[row.position] = leaf_hash(row.body)
                if not changed and not equal(row.leaf, leaves[row.position]):
                    changed = row.id.hex()
    return leaves, changed


def _first(leaves: list[bytes], changed: str) -> str:
    """What keeps the tree from being the one that was signed, as far as its rows show it."""
    if b"" in leaves:
        return f"ledger position {leaves.index(b'')}: expected an entry, got none"
    if changed:
        return f"ledger entry {changed}: expected it as it was signed, got another"
    return "ledger: expected the tree that was signed, got another"
