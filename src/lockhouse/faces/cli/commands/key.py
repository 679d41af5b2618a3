"""`lockhouse key status`: generations and counts, never a key."""

from __future__ import annotations

from collections import Counter

from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.layout import Said, day, pairs, table
from lockhouse.model.rows import EpochKey, IndexKey, Kek, KeyRing, Limbo, Tombstone
from lockhouse.model.scale import KeyState

APP = noun("key", "The house's keys: generations and counts, never the keys.")


@APP.command
async def status(*, call: Here) -> Said:
    """How many keys of each kind there are, under which generation, and how many were destroyed."""
    async with call.open() as opened:
        reads = opened.house.reads
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
        root = opened.settings.root
    rows = [
        (row.generation, row.root, KeyState(row.state).name.lower(), f"{row.wraps:,}", day(row.created_at))
        for row in keks
    ]
    value = {
        "root": root, "counts": counts,
        "keks": [{"generation": one.generation, "root": one.root, "wraps": one.wraps} for one in keks],
    }  # fmt: skip
    listed = table(("generation", "root", "state", "wraps", "made"), rows)
    return Said(value, f"root key file  {root}\n\n{listed}\n\n{pairs(counts)}")
