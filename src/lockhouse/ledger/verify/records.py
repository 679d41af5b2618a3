"""Records against the ledger: what was taken in is there as it was, or was removed by an entry that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.ledger.verify.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Again = Callable[[Sequence[bytes]], Iterable[tuple[bytes, bytes]]]

ID_BYTES = 16
HASH_BYTES = 32
_Known = dict[bytes, bytes]


def verify_records(
    intakes: Iterable[tuple[bytes, bytes, bool]],
    records: Iterable[tuple[bytes, bytes]],
    deletions: Iterable[tuple[bytes, bytes]],
    *,
    again: Again | None = None,
) -> Iterator[Finding]:
    """What differs between the record rows and what the ledger says of them.

    Present must mean equal; absent must mean covered by a deletion; covered and present is a finding. Everything
    streams but one leaf a record (about 200 bytes of memory each).

    A house at work takes in and deletes while it is read. So that none of it looks like tampering, its rows are read
    before the ledger, and what differs is looked at `again` after it: a row that came meanwhile is there by then, and
    one that was deleted is gone.

    Args:
        intakes: in ledger order, what lies beside each intake and reseal entry, its root already checked: record ids
            of 16 bytes joined, their leaves of 32 bytes joined, and whether it is a reseal (its leaves replace).
        records: id and leaf of each row, the leaf computed from the row as it stands.
        deletions: id and leaf of each record that a deletion entry covers, its root already checked.
        again: called with the ids that differ; the rows of these that are there now. None believes `records`.
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
    # What is as it was stored moves from `known` to `seen`; what is left in `known` in the end differs or is not there.
    seen: _Known = {}
    odd: _Known = {}
    for record, leaf in records:
        if record in seen or record in odd:
            yield _finding("repeated-record", record, "Two rows have this id.")
        elif known.get(record) == leaf:
            seen[record] = known.pop(record)
        else:
            odd[record] = leaf
    differ = [*odd, *(record for record in known if record not in odd)]
    now = odd if again is None or not differ else dict(again(differ))
    for record in differ:
        yield from _judge(record, now.get(record), known=known, ended=ended)


def _take(known: _Known, ids: bytes, leaves: bytes, *, resealed: bool) -> Iterator[Finding]:
    for at in range(len(ids) // ID_BYTES):
        record = ids[at * ID_BYTES : (at + 1) * ID_BYTES]
        if resealed != (record in known):
            sentence = "It was sealed again but never stored." if resealed else "It was stored twice."
            yield _finding("repeated-record", record, sentence)
        known[record] = leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES]


def _judge(record: bytes, leaf: bytes | None, *, known: _Known, ended: _Known) -> Iterator[Finding]:
    if leaf is None:
        if record in known:
            yield _finding("missing-record", record, "It was stored, no deletion covers it, and it is not there.")
    elif record in ended:
        yield _finding("not-deleted", record, "A deletion covers it, and yet it is there.")
    elif record not in known:
        yield _finding("unknown-record", record, "No intake ever stored it.")
    elif known[record] != leaf:
        yield _finding("edited-record", record, "It is not as it was stored: a clear column or a box was changed.")


def _finding(kind: str, record: bytes, sentence: str) -> Finding:
    return Finding(kind, f"record {record.hex()}", sentence)
