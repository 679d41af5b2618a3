"""A Parquet file of a few hundred bytes becomes gigabytes, or names one column twice so that two readers differ."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from lockhouse.adapters.room import room_of
from lockhouse.errors import Invalid
from lockhouse.wiring import Parquet, TableFile

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def test_a_value_that_stands_once_and_fills_every_row_does_not_fill_the_machine(tmp_path: Path) -> None:
    place = tmp_path / "orders.parquet"
    once = pa.DictionaryArray.from_arrays(pa.array([0] * 500, pa.int32()), pa.array(["x" * (16 * MIB)]))
    parquet.write_table(
        pa.table({"mail": once}), place, compression="zstd", dictionary_pagesize_limit=1 << 30, store_schema=False
    )
    assert place.stat().st_size < 4_096
    before = resource.getrlimit(resource.RLIMIT_AS)
    with TableFile(place) as file, pytest.raises(Invalid, match="rows that fit into memory"):
        list(Parquet(file).trees(["mail"]))
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_two_columns_of_one_name_are_not_one(tmp_path: Path) -> None:
    place = tmp_path / "orders.parquet"
    names = ["mail", "mail"]
    parquet.write_table(pa.table([pa.array(["a@x.example"]), pa.array(["b@x.example"])], names=names), place)
    with TableFile(place) as file, pytest.raises(Invalid, match="each column once"):
        Parquet(file)


def test_room_is_bounded_within_and_not_behind() -> None:
    with pytest.raises(MemoryError), room_of(64 * MIB):
        bytearray(512 * MIB)
    with room_of(64 * MIB):
        assert len(bytearray(MIB)) == MIB
    assert len(bytearray(128 * MIB)) == 128 * MIB
