"""`lockhouse key …`: generations and counts, never a key; and boxes sealed again."""

from __future__ import annotations

from collections import Counter

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun, person_of
from lockhouse.faces.cli.layout import Said, count, day, pairs, plain, table
from lockhouse.flows import reseal as sealing
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
        root = await opened.root.status()
    there = dict.fromkeys(root.generations, "there") | dict.fromkeys(root.destroyed, "destroyed")
    rows = [
        (
            row.generation,
            there.get(row.generation, "unknown"),
            KeyState(row.state).name.lower(),
            f"{row.wraps:,}",
            day(row.created_at),
        )
        for row in keks
    ]
    value = {
        "root": plain(root), "counts": counts,
        "keks": [
            {
                "generation": one.generation, "root": one.root, "state": KeyState(one.state).name.lower(),
                "wraps": one.wraps,
            }
            for one in keks
        ],
    }  # fmt: skip
    listed = table(("generation", "root key", "state", "wraps", "made"), rows)
    return Said(value, f"root key {root.kind}  {root.place}\n\n{listed}\n\n{pairs(counts)}")


@APP.command
async def reseal(person: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Seal all boxes of a person again under the keys that seal now. Nothing is shown, and nothing is lost.

    For one whose data lies under two keys since an ending was called off, and for one whose rows may have been put back
    as they once were: from now on `ledger verify --records` finds every older box. Boxes that nothing opens stay.

    Args:
        person: id as `person find` printed it.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "key.reseal", (acting or As()).role)
        done = await sealing.reseal(opened.house, person_of(person), by=by.id)
    text = f"Sealed again: {count(done.boxes, 'box', 'boxes')} of {count(done.records, 'record')}"
    text += f", {done.renewed} of them until now under an older key" if done.renewed else ""
    left = (
        f" {count(done.left, 'box', 'boxes')} that nothing opens, or whose key a legal hold keeps, stay as they are."
        if done.left
        else ""
    )
    return Said(plain(done), f"{text}.{left}")
