"""Records against the ledger: what was taken in is there as it was, or was removed by an entry that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.ledger.verify.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ID_BYTES = 16
HASH_BYTES = 32
_Known = dict[bytes, bytes]


def verify_records(
    intakes: Iterable[tuple[bytes, bytes, bool]],
    records: Iterable[tuple[bytes, bytes]],
    deletions: Iterable[tuple[bytes, bytes]],
) -> Iterator[Finding]:
    """What differs between the record rows and what the ledger says of them.

    Present must mean equal; absent must mean covered by a deletion; covered and present is a finding. Everything
    streams but one leaf a record (about 200 bytes of memory each).

    Args:
        intakes: in ledger order, what lies beside each intake and reseal entry, its root already checked: record ids
            of 16 bytes joined, their leaves of 32 bytes joined, and whether it is a reseal (its leaves replace).
        records: id and leaf of each row, the leaf computed from the row as it stands.
        deletions: id and leaf of each record that a deletion entry covers, its root already checked.
    """
    known: _Known = {}
    for ids, leaves, resealed in intakes:
        yield from _take(known, ids, leaves, resealed=resealed)
    ended: _Known = {}
    for record, leaf in deletions:
        if known.get(record) == leaf:
            ended[record] = known.pop(record)
        else:
            yield _finding("unfounded-deletion", record, "A deletion names it, but not the leaf it was stored with.")
    # What was seen leaves `known`; what is left in the end was never seen.
    seen: _Known = {}
    for record, leaf in records:
        yield from _meet(record, leaf, known=known, ended=ended, seen=seen)
    for record in known:
        yield _finding("missing-record", record, "It was stored, no deletion covers it, and it is not there.")


def _take(known: _Known, ids: bytes, leaves: bytes, *, resealed: bool) -> Iterator[Finding]:
    for at in range(len(ids) // ID_BYTES):
        record = ids[at * ID_BYTES : (at + 1) * ID_BYTES]
        if resealed != (record in known):
            sentence = "It was sealed again but never stored." if resealed else "It was stored twice."
            yield _finding("repeated-record", record, sentence)
        known[record] = leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES]


def _meet(record: bytes, leaf: bytes, *, known: _Known, ended: _Known, seen: _Known) -> Iterator[Finding]:
    if record in seen:
        yield _finding("repeated-record", record, "Two rows have this id.")
    elif record in ended:
        yield _finding("not-deleted", record, "A deletion covers it, and yet it is there.")
    elif record not in known:
        yield _finding("unknown-record", record, "No intake ever stored it.")
    else:
        seen[record] = known.pop(record)
        if seen[record] != leaf:
            yield _finding("edited-record", record, "It is not as it was stored: a clear column or a box was changed.")


def _finding(kind: str, record: bytes, sentence: str) -> Finding:
    return Finding(kind, f"record {record.hex()}", sentence)
