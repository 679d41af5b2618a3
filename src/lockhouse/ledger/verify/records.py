"""Records against the ledger: what was taken in is there as it was, or was removed by an entry that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.ledger.verify.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ID_BYTES = 16
HASH_BYTES = 32
_Known = dict[bytes, bytes | None]
"""Record -> leaf; None once its row was looked at."""


class Meanwhile(NamedTuple):
    """What entries tell that came since the record rows began to be read: `intakes` and `deletions` as before it."""

    intakes: Iterable[tuple[bytes, bytes, bool]] = ()
    deletions: Iterable[tuple[bytes, bytes]] = ()


def verify_records(
    intakes: Iterable[tuple[bytes, bytes, bool]],
    records: Iterable[tuple[bytes, bytes]],
    deletions: Iterable[tuple[bytes, bytes]],
    *,
    meanwhile: Meanwhile = Meanwhile(),  # noqa: B008  # an immutable value
) -> Iterator[Finding]:
    """What differs between the record rows and what the ledger says of them.

    Present must mean equal; absent must mean covered by a deletion; covered and present is a finding. Everything
    streams but one leaf a record, which is let go once its row was looked at (about 200 bytes of memory each).

    A house at work takes in and deletes while its rows are read. Only the ledger excuses what differs for that: a row
    whose deletion came meanwhile may be there or not, one that came or was sealed again meanwhile may be there as it
    is now, as it was, or not yet. Rows are looked at once, so that nothing that was seen can be taken back.

    Args:
        intakes: in ledger order, what lies beside each intake and reseal entry, its root already checked: record ids
            of 16 bytes joined, their leaves of 32 bytes joined, and whether it is a reseal (its leaves replace).
        records: id and leaf of each row, the leaf computed from the row as it stands.
        deletions: id and leaf of each record that a deletion entry covers, its root already checked.
        meanwhile: the same of entries that came after those.
    """
    known: _Known = {}
    for ids, leaves, resealed in intakes:
        yield from _take(known, ids, leaves, resealed=resealed)
    ended: _Known = {}
    yield from _end(deletions, known=known, ended=ended)
    former: _Known = {}
    came: set[bytes] = set()
    for ids, leaves, resealed in meanwhile.intakes:
        _remember(known, ids, former=former, came=came)
        yield from _take(known, ids, leaves, resealed=resealed)
    leaving: _Known = {}
    yield from _end(meanwhile.deletions, known=known, ended=leaving)
    yield from _hold(records, known=known, ended=ended, leaving=leaving, former=former)
    for record, left in known.items():
        if left is not None and record not in came:
            yield _finding("missing-record", record, "It was stored, no deletion covers it, and it is not there.")


def _hold(
    records: Iterable[tuple[bytes, bytes]], *, known: _Known, ended: _Known, leaving: _Known, former: _Known
) -> Iterator[Finding]:
    """Each row against its leaf, which is let go with it: what is left in the end was never seen."""
    others: set[bytes] = set()
    for record, leaf in records:
        now = known.get(record)
        if record in others or (now is None and record in known):
            yield _finding("repeated-record", record, "Two rows have this id.")
            continue
        if now is None:
            others.add(record)
            now = leaving.get(record)
        else:
            known[record] = None
        if record in ended:
            yield _finding("not-deleted", record, "A deletion covers it, and yet it is there.")
        elif now is None:
            yield _finding("unknown-record", record, "No intake ever stored it.")
        elif leaf not in (now, former.get(record)):
            yield _finding("edited-record", record, "It is not as it was stored: a clear column or a box was changed.")


def _remember(known: _Known, ids: bytes, *, former: _Known, came: set[bytes]) -> None:
    """Of records that came or were sealed again meanwhile: which came, and as what the others stood before."""
    for record in _cut(ids):
        if record not in known:
            came.add(record)
        elif record not in came:
            former.setdefault(record, known[record])


def _cut(ids: bytes) -> list[bytes]:
    return [ids[at : at + ID_BYTES] for at in range(0, len(ids) // ID_BYTES * ID_BYTES, ID_BYTES)]


def _end(deletions: Iterable[tuple[bytes, bytes]], *, known: _Known, ended: _Known) -> Iterator[Finding]:
    for record, leaf in deletions:
        if known.get(record) == leaf:
            ended[record] = known.pop(record)
        else:
            yield _finding("unfounded-deletion", record, "A deletion names it, but not the leaf it was stored with.")


def _take(known: _Known, ids: bytes, leaves: bytes, *, resealed: bool) -> Iterator[Finding]:
    for at, record in enumerate(_cut(ids)):
        if resealed != (record in known):
            sentence = "It was sealed again but never stored." if resealed else "It was stored twice."
            yield _finding("repeated-record", record, sentence)
        known[record] = leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES]


def _finding(kind: str, record: bytes, sentence: str) -> Finding:
    return Finding(kind, f"record {record.hex()}", sentence)
