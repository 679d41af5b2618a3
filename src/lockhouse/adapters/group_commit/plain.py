"""Changes as a committing store handles them: rows as plain values, whether they came by call or by wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.adapters.tables import shapes
from lockhouse.crypto.merkle import root
from lockhouse.errors import Invalid
from lockhouse.model.change import Change, Committed, Conflict, Count, Delete, Draft, Expect, Leaf
from lockhouse.model.rows import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_GROUP = 500
"""Changes in one transaction: above it the answer comes later and the rate no longer grows (docs/design/stores.md)."""
KEPT_BY_STORE = frozenset({"checkpoint", "intake", "lane", "ledger_entry"})
"""Tables that only the committing store writes: a caller who could put an entry could forge a note."""
_ID_BYTES, _LEAF_BYTES = 16, 32


class PlainPut(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`Put` with its row as values."""

    table: str
    row: tuple[Any, ...]


class PlainChange(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`Change`, byte for byte the same on the wire."""

    store: Store
    puts: tuple[PlainPut, ...]
    deletes: tuple[Delete, ...]
    expects: tuple[Expect, ...]
    entries: tuple[Draft, ...]
    leaves: tuple[Leaf, ...]
    counts: tuple[Count, ...]
    deadline: int


class Fault(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A Change that nothing can make right: raised as `Invalid` where it was made; its neighbours are unharmed."""

    where: str
    expected: str
    got: str

    def error(self) -> Invalid:
        """The error to raise."""
        return Invalid(self.where, self.expected, got=self.got)


Outcome = Committed | Conflict | Fault

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[PlainChange])


def encode(changes: Sequence[Change]) -> bytes:
    """The changes as msgpack."""
    return _ENCODER.encode(changes)


def decode(raw: bytes | memoryview | msgspec.Raw) -> list[PlainChange]:
    """What `encode` made.

    Raises:
        msgspec.DecodeError: other bytes.
    """
    return _DECODER.decode(raw)


def plain(changes: Sequence[Change]) -> list[PlainChange]:
    """The changes as a store handles them; by way of the wire form, so that every store sees the very same."""
    return decode(encode(changes))


def settle(outcomes: Sequence[Outcome]) -> list[Committed | Conflict]:
    """Outcomes as `commit_each` gives them: a fault is a Conflict with `invalid`, so that one item never costs a batch.

    Trying it again changes nothing; `commit` of it alone raises what is wrong.
    """
    return [Conflict(o.where, (), "invalid") if isinstance(o, Fault) else o for o in outcomes]


def settle_one(outcome: Outcome) -> Committed | Conflict:
    """An outcome as `commit` gives it.

    Raises:
        Invalid: it is a fault.
    """
    if isinstance(outcome, Fault):
        raise outcome.error()
    return outcome


def is_urgent(change: Change | PlainChange) -> bool:
    """Whether it goes ahead of waiting intake: somebody waits for a page."""
    return any(draft.urgent for draft in change.entries)


def fault_of(change: PlainChange) -> Fault | None:
    """What is wrong with a Change whatever the state of the world, or None."""
    if change.store != "record" and (change.entries or change.leaves or change.counts):
        return Fault("change", "entries, leaves and counts only in the record store", change.store)
    if change.entries and len({draft.id for draft in change.entries}) != len(change.entries):
        return Fault("change", "entries with an id of their own", "one id twice")
    return _put_fault(change) or _key_fault(change)


def _put_fault(change: PlainChange) -> Fault | None:
    known = shapes()
    for put in change.puts:
        shape = known.get(put.table)
        kept = put.table in KEPT_BY_STORE and not _is_resealed(change, put)
        if shape is None or shape.store != change.store or kept:
            return Fault("put", f"a table that callers write in the {change.store} store", put.table)
        if len(put.row) != len(shape.columns):
            return Fault(f"put {put.table}", f"{len(shape.columns)} columns", str(len(put.row)))
        if put.table == "house" and put.row[0] != 1:
            return Fault("put house", "the one house row", "another")
    return None


def _is_resealed(change: PlainChange, put: PlainPut) -> bool:
    """Whether it is what lies beside a `reseal` entry of the same Change: its new leaves, as the entry tells them.

    The store makes intakes itself; who seals again knows best which leaf is whose.
    """
    if put.table != "intake" or [type(value) for value in put.row] != [bytes] * 3:
        return False
    entry, records, joined = put.row
    leaves = [joined[at : at + _LEAF_BYTES] for at in range(0, len(joined), _LEAF_BYTES)]
    told = {"count": len(leaves), "root": root(leaves).hex()}
    return len(records) == _ID_BYTES * len(leaves) and any(
        draft.id == entry and draft.kind == "reseal" and {**draft.body, **told} == draft.body
        for draft in change.entries
    )


def _key_fault(change: PlainChange) -> Fault | None:
    known = shapes()
    for delete in change.deletes:
        if delete.table in KEPT_BY_STORE or delete.table == "house":
            return Fault("delete", "a table that callers write", delete.table)
    parts: tuple[Expect | Delete, ...] = (*change.expects, *change.deletes) if change.deletes else change.expects
    for part in parts:
        shape = known.get(part.table)
        if shape is None or shape.store != change.store:
            return Fault("change", f"a table of the {change.store} store", part.table)
        if len(part.key) != len(shape.key):
            return Fault(f"key of {part.table}", f"{len(shape.key)} columns", str(len(part.key)))
    return None
