"""Entries of the house itself: begun, copied, brought back, examined, and where its log is not whole."""

from __future__ import annotations

from typing import Literal

from lockhouse.ledger.entry.body import Actor, Body, Hex16, Hex32, Number, Word


class Gap(Body, frozen=True):
    """The log says where it is not whole: `log` and its last known `size` and `root`, and why.

    The first entry of a new log after a restore, or of a log whose checkpoints were silent for too long.
    """

    KIND = "checkpoint-gap"
    log: str
    size: Number
    root: Hex32
    reason: Word


class Backup(Body, frozen=True):
    """A copy was written. `size`, `root`: the tree it holds; `until`: when its own key ends; `hash`: of the copy."""

    KIND = "backup"
    backup: Hex16
    size: Number
    root: Hex32
    hash: Hex32
    by: Actor
    until: Number | None = None


class Restore(Body, frozen=True):
    """A house was brought back from a copy: the first entry it writes, before all others.

    Attributes:
        backup: which. `log`, `size`, `root`: the old log as the copy holds it. `replayed`: keys that came back and
            were destroyed again. `shut`: whether the house opened read-shut for want of the journal.
    """

    KIND = "restore"
    backup: Hex16
    log: str
    size: Number
    root: Hex32
    replayed: Number
    shut: bool
    by: Actor


class Acceptance(Body, frozen=True):
    """Somebody answers for what the house had closed itself for.

    Attributes:
        what: `restore`, a house brought back without its journal or sound endings may be read; `clock`, a clock
            far ahead is right.
    """

    KIND = "acceptance"
    what: Literal["clock", "restore"]
    by: Actor


class Doctor(Body, frozen=True):
    """A self-examination ran. `counts`: PASS, FAIL, MANUAL, ERROR, MUTED -> how many; `hash`: of the report."""

    KIND = "doctor"
    counts: dict[Word, Number]
    hash: Hex32
    by: Actor


class Opened(Body, frozen=True):
    """A house was made or its log begun. `version`: of the product; `vkey`: the key that signs its checkpoints.

    `demo`: the MAC that says that it is a throw-away house (`gates.founding`).
    """

    KIND = "opened"
    version: Word
    vkey: str
    by: Actor
    demo: Hex32 | None = None
