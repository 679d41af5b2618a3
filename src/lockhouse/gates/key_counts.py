"""How many keys of each kind there are and how many were destroyed: generations and counts, never a key."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.model.rows import EpochKey, IndexKey, Kek, KeyRing, Limbo, Tombstone
from lockhouse.model.scale import KeyState

if TYPE_CHECKING:
    from lockhouse.model.ports import Reads


class KekCounted(NamedTuple):
    """One key under which others are wrapped; `root` is its own key's generation, `made_at` is ms."""

    generation: int
    root: str
    state: str
    wraps: int
    made_at: int


async def key_counts(reads: Reads) -> tuple[dict[str, int], list[KekCounted]]:
    """Counts by what they are of, in words; and the keys under which others are wrapped."""
    keks = [row async for rows in reads.scan(Kek) for row in rows]
    epochs = Counter([KeyState(row.state).name.lower() async for rows in reads.scan(EpochKey) for row in rows])
    counts = {
        "person rings": sum([len(rows) async for rows in reads.scan(KeyRing)]),
        "person rings shut, to be destroyed": sum([len(rows) async for rows in reads.scan(Limbo)]),
        "person keys destroyed": sum([len(rows) async for rows in reads.scan(Tombstone)]),
        "epoch keys living": epochs["live"],
        "epoch keys shut": epochs["shut"],
        "epoch keys destroyed": epochs["destroyed"],
        "blind index keys": sum([len(rows) async for rows in reads.scan(IndexKey)]),
    }
    told = [
        KekCounted(one.generation, one.root, KeyState(one.state).name.lower(), one.wraps, one.created_at)
        for one in keks
    ]
    return counts, told
