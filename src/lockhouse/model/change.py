"""What may be committed: one frozen value, all or nothing, with what it expects of the world.

A `Change` names one store. The adapter merges waiting Changes of many callers into one durable transaction,
evaluates every expectation inside it and gives a failing Change back without failing its neighbours. Nothing
else writes; there is no interactive transaction.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lockhouse.model.rows import Row, Store

KeyTuple = tuple[Any, ...]


class Expect(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A condition on one row, checked inside the transaction.

    Attributes:
        columns: these columns must hold these values; None means the row must be absent.
        or_absent: with `columns`, the row may also be absent (a blind index free *or* owned by the matched person).
        because: a stable word for the Conflict (`index-taken`, `ring-moved`, `received`, `policy-moved`).
    """

    table: str
    key: KeyTuple
    columns: dict[str, Any] | None
    or_absent: bool
    because: str


class Put(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The whole row, inserted or replaced."""

    table: str
    row: Row


class Delete(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The row with this key goes; an absent one is no error."""

    table: str
    key: KeyTuple


class Count(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Adds to `drop_count`; merged over the group, so a busy path costs one row write a group."""

    channel: int
    path: str
    reason: str
    by: int
    at: int


class Draft(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A ledger entry before its commit. The committing store adds house, lane, counter, previous hash and time.

    Attributes:
        id: 16 bytes, made by the caller so that rows of the same Change can name it.
        kind: `disclosure`, `rework`, `refusal`, `intent`, `completion`, `consent`, `policy`, …
        body: canonicalisable (no floats), pseudonymous, no person's value.
        urgent: goes ahead of waiting intake groups (reads and refusals).
    """

    id: bytes
    lane: str
    kind: str
    body: dict[str, Any]
    urgent: bool = False


class Leaf(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stored record's salted leaf; the group's intake entry commits to the root over them."""

    lane: str
    record: bytes
    hash: bytes


class Change(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One all-or-nothing write to one store. `entries`, `leaves` and `counts` belong to the record store.

    Attributes:
        deadline: ms by the store's clock; a commit later than this is refused (lease deadline). 0 = none.
    """

    store: Store
    puts: tuple[Put, ...] = ()
    deletes: tuple[Delete, ...] = ()
    expects: tuple[Expect, ...] = ()
    entries: tuple[Draft, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    counts: tuple[Count, ...] = ()
    deadline: int = 0


class Noting(msgspec.Struct, frozen=True, array_like=True):
    """A durable ledger entry and the committing store's signature over it: what a `Noted` is made from."""

    entry: bytes
    body: bytes
    signature: bytes


class Committed(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Durable. One `Noting` a `Draft`, in their order."""

    notings: tuple[Noting, ...] = ()


class Conflict(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Nothing of this Change was written. `because` is the failing expectation's word."""

    table: str
    key: KeyTuple
    because: str
