"""A file that means no good is refused as a whole, or read as it was when it was opened."""

from __future__ import annotations

import gzip
import os
import socket
from pathlib import Path

import pytest

from lockhouse.channels.table import csv_rows
from lockhouse.errors import Conflict, Invalid, NotFound
from lockhouse.wiring import TableFile

PACKED = {
    "gzip bomb": gzip.compress(b"\0" * 10_000_000),
    "spreadsheet": b"PK\x03\x04rest",
    "zstd": b"\x28\xb5\x2f\xfdrest",
    "bzip2": b"BZh9rest",
    "xz": b"\xfd7zXZ\0",
    "UTF-16": "a,b".encode("utf-16"),
}


@pytest.mark.parametrize("raw", PACKED.values(), ids=PACKED.keys())
def test_what_is_packed_is_not_unpacked(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "orders.csv").write_bytes(raw)
    with pytest.raises(Invalid, match="not packed"):
        TableFile(tmp_path / "orders.csv")


def test_a_link_is_not_followed_to_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "root.key").write_text("secret", encoding="utf-8")
    (tmp_path / "orders.csv").symlink_to(tmp_path / "root.key")
    with pytest.raises(Invalid, match="symbolic link"):
        TableFile(tmp_path / "orders.csv")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.csv"))
        for name in ("pipe.csv", "folder.csv", "s.csv"):
            with pytest.raises(Invalid, match="a regular file"):
                TableFile(tmp_path / name)
    with pytest.raises(Invalid, match="a regular file"):
        TableFile(Path("/dev/zero"))
    with pytest.raises(NotFound):
        TableFile(tmp_path / "none.csv")


def _rows(file: TableFile) -> int:
    return sum(1 for _ in csv_rows(file.text("utf-8"), delimiter=",", wanted=(0,), width=1))


def test_a_file_that_grows_while_it_is_read_is_not_read_to_its_end(tmp_path: Path) -> None:
    place = tmp_path / "orders.csv"
    place.write_text("a\n1\n", encoding="utf-8")
    with TableFile(place) as file:
        file.content()
        file.require_same()
        with place.open("a", encoding="utf-8") as other:
            other.write("2\n")
        with pytest.raises(Conflict, match="stay as it was"):
            file.require_same()


def test_a_file_that_changed_with_its_times_put_back_is_found_by_its_bytes(tmp_path: Path) -> None:
    place = tmp_path / "orders.csv"
    place.write_text("a\n1\n", encoding="utf-8")
    with TableFile(place) as file:
        file.content()
        place.write_text("a\n2\n", encoding="utf-8")
        # As on a file system whose times do not tell: what stood is taken for how it stands.
        file._stood = file._stands()  # the one guard is taken away to see the other
        assert _rows(file) == 1
        with pytest.raises(Conflict, match="stay as it was"):
            file.require_same(whole=True)


def test_a_file_that_is_put_in_the_place_of_another_is_not_read(tmp_path: Path) -> None:
    place = tmp_path / "orders.csv"
    place.write_text("a\n1\n", encoding="utf-8")
    with TableFile(place) as file:
        file.content()
        (tmp_path / "new").write_text("a\n2\n3\n", encoding="utf-8")
        (tmp_path / "new").replace(place)
        assert _rows(file) == 1  # what was opened is what is read
