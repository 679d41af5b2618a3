"""Entries of records: taken in, sealed again, removed. Their leaves lie beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from lockhouse.crypto.merkle import root
from lockhouse.errors import Invalid
from lockhouse.ledger.entry.body import Actor, Body, Hex16, Hex32, Number, Word

if TYPE_CHECKING:
    from collections.abc import Sequence


class Intake(Body, frozen=True):
    """Records became durable: `count` of them, `root` over their salted leaves, which lie beside in `intake`."""

    KIND = "intake"
    count: Number
    root: Hex32


class Reseal(Body, frozen=True):
    """Records were sealed again: their new leaves replace the ones before.

    Attributes:
        count, root: as in an intake, with the new leaves beside. `by`: the entry that asked for it.
    """

    KIND = "reseal"
    count: Number
    root: Hex32
    by: Hex16


class Deletion(Body, frozen=True):
    """Record rows were removed on purpose; an absent record that no such entry covers was removed by somebody else.

    Attributes:
        cause: `erasure`, `compartment`, `epoch`, `undo`, `correction-undone`, `correction-replaced`.
        by: the completion (or, for `undo`, the `undo`; for a correction's record, the `correction`) that made the rows
            worthless.
        count, root: how many, and the Merkle root over their leaves in ascending order of record id.
    """

    KIND = "deletion"
    cause: Word
    by: Hex16
    count: Number
    root: Hex32


class Import(Body, frozen=True):
    """A file is brought in through a channel, or was. `stored`: records of the batch so far."""

    KIND = "import"
    step: Literal["begun", "resumed", "done"]
    batch: Hex16
    channel: Number
    by: Actor
    stored: Number = 0


class Undo(Body, frozen=True):
    """A batch that was imported is taken back: the deletions of its records name this entry as their reason."""

    KIND = "undo"
    batch: Hex16
    channel: Number
    by: Actor


class Gone(NamedTuple):
    """A record that a deletion covers: its id and the leaf its row had."""

    record: bytes
    leaf: bytes


def deletion_of(rows: Sequence[Gone], *, cause: str, by: bytes) -> Deletion:
    """The deletion entry of these rows, in whatever order they come.

    Raises:
        Invalid: no row, or one twice.
    """
    ordered = sorted(rows)
    if not ordered or len({row.record for row in ordered}) != len(ordered):
        raise Invalid("deletion", "at least one record, each once", got=f"{len(ordered)} rows")
    return Deletion(cause=cause, by=by.hex(), count=len(ordered), root=root([row.leaf for row in ordered]).hex())
