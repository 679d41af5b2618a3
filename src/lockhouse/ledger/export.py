"""An export written: the whole log as lines that `lockhouse.ledger.verify` reads alone. The caller does the I/O.

It holds ids, keyed refs, leaves and signatures, and nothing that lies beside an entry and can be deleted (the refs of
a disclosure, free text). An auditor gets it with verifier keys from another source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from lockhouse.crypto.canonical import canonical_json
from lockhouse.errors import Invalid
from lockhouse.ledger.entry import Gone
from lockhouse.ledger.verify import lines as wire
from lockhouse.model.rows import Checkpoint, Intake, LedgerEntry

PIECE_BYTES = 1_000_000


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the log, in order of position, with what lies beside.

    Attributes:
        entries: rows with a position.
        intakes: entry id -> the row beside an intake or reseal entry.
        deletions: entry id -> what a deletion entry covers, in any order.
        checkpoints: those whose size is the position of one of these entries plus one.
    """

    entries: Sequence[LedgerEntry]
    intakes: Mapping[bytes, Intake]
    deletions: Mapping[bytes, Sequence[Gone]]
    checkpoints: Sequence[Checkpoint]


def head_line(*, house: bytes, log: str, size: int) -> bytes:
    """The first line."""
    return _line(wire.Head(export=1, house=house.hex(), log=log, size=size))


def chunk_lines(chunk: Chunk) -> Iterator[bytes]:
    """The lines of a run of entries, for callers that read the store in pieces.

    Raises:
        Invalid: an entry without a position, or one without the leaves that belong beside it.
    """
    points = {point.size: point.text for point in chunk.checkpoints}
    for entry in chunk.entries:
        if entry.position is None:
            raise Invalid("export", "entries with a position", got="one without")
        yield b"%b%b%b%d}\n" % (wire.ENTRY, entry.body, wire.POSITION, entry.position)
        if entry.kind in wire.BESIDE:
            yield beside_line(entry, chunk)
        text = points.pop(entry.position + 1, None)
        if text is not None:
            yield _line(wire.Signed(checkpoint=text))


def pieces(chunk: Chunk, *, most: int = PIECE_BYTES) -> Iterator[list[bytes]]:
    """The same in lists that end once they have `most` bytes: beside one entry hundreds of leaves may lie.

    Raises:
        Invalid: as `chunk_lines`.
    """
    piece, size = list[bytes](), 0
    for line in chunk_lines(chunk):
        piece.append(line)
        size += len(line)
        if size >= most:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def end_line(*, entries: int, checkpoints: int) -> bytes:
    """The last line."""
    return _line(wire.Tail(end=wire.Totals(checkpoints=checkpoints, entries=entries)))


def beside_line(entry: LedgerEntry, chunk: Chunk) -> bytes:
    """The line that follows an entry of a kind with leaves beside it."""
    if entry.kind == "deletion":
        gone = sorted(chunk.deletions.get(entry.id, ()))
        records, leaves = b"".join(one.record for one in gone), b"".join(one.leaf for one in gone)
    else:
        row = chunk.intakes.get(entry.id)
        records, leaves = (row.records, row.leaves) if row else (b"", b"")
    # A row that is missing gives an empty line, which the audit names; an export is no place to hide it.
    return _line(wire.Leaves(leaves=leaves.hex(), of=entry.id.hex(), records=records.hex()))


def _line(value: msgspec.Struct) -> bytes:
    return canonical_json(msgspec.to_builtins(value)) + b"\n"
