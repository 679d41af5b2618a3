"""Recheck: the newest entries held against the signed head of the log, as work that is bounded however long the log is.

The tree's right edge has one hash for each of its full subtrees. The edge's root is the signed one, and the subtrees of
up to `LARGEST` entries at the right are computed anew from the entries' own bytes: so the last up to 8,191 entries
stand in the tree that was signed, in their order. Of the older ones it says nothing; `lockhouse ledger verify` does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.crypto.checkpoint import open_checkpoint
from lockhouse.crypto.merkle import Frontier, leaf_hash, root
from lockhouse.crypto.signatures import equal
from lockhouse.errors import Unavailable
from lockhouse.gates.tree import RUN, between
from lockhouse.ledger.columns import differing, said_by
from lockhouse.ledger.verify.findings import Findings
from lockhouse.ledger.verify.lanes import Lane
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.ledger.verify import Finding
    from lockhouse.model.ports import Sequencer
    from lockhouse.model.rows import LedgerEntry

LARGEST: Final = 4_096
"""Entries of the largest subtree that is computed anew."""
_TRIES: Final = 3
_HASH: Final = 32
_SIZE: Final = 8


class Checked(NamedTuple):
    """What was checked, and what was found.

    Attributes:
        entries: how many, from position `first` on. `size`: of the log that was signed, at `at` (ms).
        lanes: writers whose chains they are. `findings`: the first of `found`.
    """

    entries: int
    first: int
    size: int
    at: int
    lanes: int
    findings: tuple[Finding, ...]
    found: int


async def recheck(house: House, *, sequencer: Sequencer, vkey: str) -> Checked:
    """What is found of the newest entries.

    Raises:
        Tampered: the newest checkpoint is not signed by this key, or the writer has halted.
        Unavailable: the store is away, or the log grew under each try.
    """
    for _ in range(_TRIES):
        point = await sequencer.seal_ledger()
        signed = open_checkpoint(point.text, [vkey])
        row = (await house.reads.get(HouseRow, [(1,)])).get((1,))
        raw = row.frontier if row else b""
        frontier = Frontier.from_bytes(raw)
        if frontier.size == signed.size:
            break
    else:
        raise Unavailable("ledger: expected a moment in which it does not grow", retry_after_s=1.0)
    found = Findings()
    if not equal(frontier.root(), signed.root):
        found.add("rewritten-tree", "frontier of the house", "It is not the edge of the tree that was signed.")
    parts = _parts(raw, signed.size)
    first = signed.size - sum(size for size, _ in parts)
    rows = await _rows(house, first, signed.size)
    lanes = await asyncio.to_thread(_followed, rows, found)  # thousands of hashes: others are answered meanwhile
    await asyncio.to_thread(_compared, rows, parts, first, found)
    return Checked(len(rows), first, signed.size, point.at, lanes, tuple(found.kept), found.count)


def _parts(raw: bytes, size: int) -> list[tuple[int, bytes]]:
    """The subtrees at the right that are computed anew, in their order: how many entries, and the hash they have."""
    edge = [raw[at : at + _HASH] for at in range(_SIZE, len(raw), _HASH)]
    sizes = [1 << bit for bit in reversed(range(size.bit_length())) if size >> bit & 1]
    return [(many, told) for many, told in zip(sizes, edge, strict=True) if many <= LARGEST]


async def _rows(house: House, first: int, size: int) -> list[LedgerEntry]:
    rows: list[LedgerEntry] = []
    for start in range(first, size, RUN):
        rows += await between(house, start, min(start + RUN, size), limit=2 * RUN)
    return rows


def _followed(rows: Sequence[LedgerEntry], found: Findings) -> int:
    """The entries' columns say what their bytes do, and each names the one before it in its lane; how many lanes."""
    lanes: dict[str, Lane] = {}
    for row in rows:
        wrong = differing(row)
        if wrong:
            where = f"entry {row.id.hex()}"
            found.add("edited-column", where, f"Its bytes say otherwise than its columns: {', '.join(wrong)}.")
        said, leaf = said_by(row), leaf_hash(row.body)
        lane = lanes.get(said.lane)
        if lane is None:
            lane = lanes[said.lane] = Lane(said.lane)
            lane.counter, lane.base, lane.head = said.n - 1, said.n, said.prev  # what was before it is not read
        lane.follow(said, leaf, row.position or 0, found)
    return len(lanes)


def _compared(rows: Sequence[LedgerEntry], parts: Sequence[tuple[int, bytes]], first: int, found: Findings) -> None:
    """The entries stand in the signed tree, each in its place."""
    at: dict[int, list[bytes]] = {}
    for row in rows:
        at.setdefault(row.position or 0, []).append(leaf_hash(row.body))
    start = first
    for size, told in parts:
        leaves = [leaf for place in range(start, start + size) for leaf in at.get(place, ())]
        missing = next((place for place in range(start, start + size) if len(at.get(place, ())) != 1), None)
        if missing is not None:
            found.add("deleted-entry", f"position {missing}", "One entry should stand there.")
        elif not equal(root(leaves), told):
            found.add("edited-entry", f"positions {start} to {start + size - 1}", "They are not as they were signed.")
        start += size
