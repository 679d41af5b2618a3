"""A record's leaf: every column counts, and nothing can be guessed from it."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest

from lockhouse.crypto.canonical import lp
from lockhouse.errors import Invalid
from lockhouse.ledger.record import clear_columns, record_leaf, record_leaf_of
from lockhouse.model.rows import Record
from tests.unit.ledger.logs import START, some

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
