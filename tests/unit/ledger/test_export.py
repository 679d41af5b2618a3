"""An export holds the whole log in order, and hides nothing that is missing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.crypto.canonical import canonical_json
from lockhouse.errors import Invalid
from lockhouse.ledger.export import Chunk, chunk_lines, pieces
from lockhouse.ledger.verify import verify_export
from lockhouse.model.rows import LedgerEntry
from tests.unit.ledger.logs import Log, busy, kinds

if TYPE_CHECKING:
    from collections.abc import Callable


def _chunk(log: Log, entries: list[LedgerEntry]) -> Chunk:
    return Chunk(entries=entries, intakes=log.intakes, deletions=log.deletions, checkpoints=log.checkpoints)


def test_an_export_in_pieces_is_the_same_as_in_one() -> None:
    log = busy()
    runs = [_chunk(log, log.entries[at : at + 5]) for at in range(0, 14, 5)]
    assert [line for run in runs for line in chunk_lines(run)] == log.lines()[1:-1]
    assert [line for run in runs for piece in pieces(run) for line in piece] == log.lines()[1:-1]


def test_a_run_beside_which_much_lies_is_given_in_pieces() -> None:
    log, most = busy(), 1_000
    found = list(pieces(_chunk(log, log.entries), most=most))
    assert len(found) > 3
    assert all(sum(map(len, piece[:-1])) < most for piece in found)


def test_every_line_is_json_and_ends_in_a_line_feed() -> None:
    lines = busy().lines()
    assert all(line.endswith(b"\n") and json.loads(line) for line in lines)
    assert json.loads(lines[-1]) == {"end": {"checkpoints": 2, "entries": 14}}


def test_an_entry_without_a_position_is_not_exported() -> None:
    log = busy()
    waiting = msgspec.structs.replace(log.entries[0], position=None)
    with pytest.raises(Invalid, match="entries with a position"):
        list(chunk_lines(_chunk(log, [waiting])))


def test_a_row_that_is_missing_beside_an_entry_is_exported_as_missing() -> None:
    log = busy()
    log.intakes.clear()
    assert kinds(verify_export(log.lines(), vkeys=log.vkeys)) == {"changed-leaves"}


def _of_one() -> tuple[Log, list[bytes], int]:
    """A log with an intake of one record, its lines, and where the line of that record's leaf is."""
    log = Log()
    log.store(1)
    log.seal()
    lines = [line.removesuffix(b"\n") for line in log.lines()]
    [at] = [at for at, line in enumerate(lines) if line.startswith(b'{"leaves"')]
    return log, lines, at


def test_any_bit_of_the_line_of_a_single_leaf_counts() -> None:
    log, lines, at = _of_one()
    assert verify_export(lines, vkeys=log.vkeys, records=log.rows).clean
    for bit in range(8 * len(lines[at])):
        changed = bytearray(lines[at])
        changed[bit // 8] ^= 1 << bit % 8
        lines_then = [*lines[:at], bytes(changed), *lines[at + 1 :]]
        assert not verify_export(lines_then, vkeys=log.vkeys, records=log.rows).clean, bit


@pytest.mark.parametrize(
    "spelt",
    [bytes.upper, lambda hexed: hexed[:-2] + b"  ", lambda hexed: hexed[:-2], lambda hexed: hexed + b"00"],
    ids=["in capitals", "with blanks", "too short", "too long"],
)
def test_the_record_of_a_single_leaf_has_one_spelling(spelt: Callable[[bytes], bytes]) -> None:
    log, lines, at = _of_one()
    lines[at] = re.sub(rb'(?<="records":")[0-9a-f]+', lambda found: spelt(found[0]), lines[at])
    assert {"changed-leaves", "malformed-line"} & kinds(verify_export(lines, vkeys=log.vkeys))


def test_the_quick_writer_of_the_audit_escapes_as_the_exact_one_does() -> None:
    quick = msgspec.json.Encoder(order="sorted").encode
    text = "".join(chr(point) for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF)
    assert quick(text) == canonical_json(text)


@pytest.mark.parametrize("key", [b'"at":', b'"n":', b'"count":'])
@pytest.mark.parametrize("number", [b"9007199254740992", b"18446744073709551615", b"-9007199254740992"])
def test_a_number_that_not_every_reader_keeps_is_malformed_wherever_it_stands(key: bytes, number: bytes) -> None:
    """RFC 8785 §3.2.2.3: integers of 2^53 and more are read differently."""
    lines = busy().lines()
    at = next(at for at, line in enumerate(lines) if key in line)
    lines[at] = re.sub(key + rb"[0-9]+", key + number, lines[at], count=1)
    assert {"malformed-entry", "malformed-line"} & kinds(verify_export(lines, vkeys=busy().vkeys))
