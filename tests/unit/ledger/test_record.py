"""A record's leaf: every column counts, and nothing can be guessed from it."""

from __future__ import annotations

import tracemalloc
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
import pytest

from lockhouse.crypto.canonical import lp
from lockhouse.errors import Invalid
from lockhouse.ledger.record import LeafRows, clear_columns, record_leaf, record_leaf_of
from lockhouse.ledger.verify import verify_records
from lockhouse.model.rows import Record
from tests.unit.ledger.logs import START, some

if TYPE_CHECKING:
    from collections.abc import Iterator

ROW = Record(some("id"), some("person"), 1, 2, START, START + 1, 3, 2, 7, some("salt"), b"\x81\x01\x02", b"boxes")


def test_the_leaf_of_a_row_is_the_specified_hash() -> None:
    numbers = b"".join(number.to_bytes(8, "big") for number in (1, 2, START, START + 1, 3, 2, 7))
    columns = some("id") + some("person") + numbers + b"\x81\x01\x02"
    joined = lp("lockhouse/record/1", some("salt"), columns, sha256(b"boxes").digest())
    assert clear_columns(ROW) == columns
    leaf = sha256(b"\x00" + joined).digest()
    assert record_leaf_of(ROW) == leaf
    assert record_leaf_of(ROW) == record_leaf(ROW.salt, columns, [sha256(b"boxes").digest()])


@pytest.mark.parametrize("column", Record.__struct_fields__)
def test_every_column_moves_the_leaf(column: str) -> None:
    value = getattr(ROW, column)
    other = value + 1 if isinstance(value, int) else bytes([value[0] ^ 1]) + value[1:]
    assert record_leaf_of(msgspec.structs.replace(ROW, **{column: other})) != record_leaf_of(ROW)


@pytest.mark.parametrize("column", ["id", "person", "salt"])
def test_a_shorter_id_or_salt_is_invalid_rather_than_padded(column: str) -> None:
    with pytest.raises(Invalid):
        record_leaf_of(msgspec.structs.replace(ROW, **{column: b"short"}))


def test_a_leaf_needs_a_whole_salt_and_whole_hashes() -> None:
    for salt, hashes in ((b"short", []), (some("salt"), [b"short"])):
        with pytest.raises(Invalid):
            record_leaf(salt, b"", hashes)


def test_rows_are_given_as_they_were_added_also_one_whose_id_was_made_longer() -> None:
    rows, odd = [(some(f"record {one}"), some(f"leaf {one}", 32)) for one in range(5)], (b"id" * 20, bytes(32))
    kept = LeafRows()
    kept.add([*rows[:2], odd])
    kept.add(rows[2:])
    assert list(kept) == [*rows, odd]
    assert list(kept) == list(kept), "it can be read again"


def test_a_record_takes_a_verification_few_bytes_more_than_its_id_and_leaf() -> None:
    """So that a house of a million records is verified in some 300 MB."""
    many, run = 40_000, 500

    def own(one: int) -> bytes:
        return sha256(b"%d" % one).digest()

    def intakes() -> Iterator[tuple[bytes, bytes, bool]]:
        for at in range(0, many, run):
            ids = [own(one) for one in range(at, at + run)]
            yield b"".join(one[:16] for one in ids), b"".join(ids), False

    tracemalloc.start()
    try:
        rows = LeafRows()
        for one in range(many):
            rows.add([(own(one)[:16], own(one))])
        assert list(verify_records(intakes(), rows, [])) == []
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / many < 300
