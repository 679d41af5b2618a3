"""Hashes of leaked passwords are found where they lie in a sorted file; one that is not in order says nothing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.adapters.leaked_file import LeakedFile
from lockhouse.crypto.leaked import leaked_hashes
from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection

hashes = st.binary(min_size=20, max_size=20)


def _written(
    folder: Path, known: Collection[bytes], *, end: str = "\n", counts: bool = True, last: bool = True
) -> Path:
    lines = [one.hex().upper() + (f":{7919 ** (at % 5)}" if counts else "") for at, one in enumerate(sorted(known))]
    place = folder / "leaked.txt"
    place.write_bytes((end.join(lines) + (end if last else "")).encode())
    return place


@given(
    known=st.sets(hashes, min_size=1, max_size=80), others=st.sets(hashes, max_size=20),
    end=st.sampled_from(["\n", "\r\n"]), counts=st.booleans(), last=st.booleans(),
)  # fmt: skip
def test_a_hash_is_found_exactly_where_it_stands(
    known: set[bytes], others: set[bytes], end: str, *, counts: bool, last: bool
) -> None:
    with TemporaryDirectory() as folder:
        file = LeakedFile(_written(Path(folder), known, end=end, counts=counts, last=last))
        assert {one for one in known | others if file.holds(one)} == known
        assert file.examine() > 0


def test_a_look_up_in_a_long_file_takes_few_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [hashlib.sha1(str(at).encode(), usedforsecurity=False).digest() for at in range(100_000)]
    file, reads, pread = LeakedFile(_written(tmp_path, known)), list[int](), os.pread

    def counted(handle: int, many: int, at: int) -> bytes:
        reads.append(at)
        return pread(handle, many, at)

    monkeypatch.setattr(os, "pread", counted)
    assert file.holds(known[77])
    assert not file.holds(bytes(20))
    assert len(reads) < 60


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "regular file with lines"),
        (b"\n\n\n", "40 hexadecimal"),
        (b"leaked\npasswords\n", "40 hexadecimal"),
        (b"A" * 40 + b":1;B" + b"\n", "40 hexadecimal"),
        (b"A" * 5_000, "40 hexadecimal"),
        (b"A" * 39 + b":1\n", "40 hexadecimal"),
        (b"B" * 40 + b":1\n" + b"A" * 40 + b":1\n", "in the order"),
        (b"A" * 40 + b":1\n" + b"A" * 40 + b":1\n", "in the order"),
    ],
)
def test_a_file_that_is_no_such_list_is_said_and_answers_nothing(tmp_path: Path, content: bytes, expected: str) -> None:
    place = tmp_path / "leaked.txt"
    place.write_bytes(content)
    with pytest.raises(Unavailable, match=expected):
        LeakedFile(place).examine()
    if b"\nA" not in content:  # of two lines the one that is asked for may be met first
        with pytest.raises(Unavailable):
            LeakedFile(place).holds(b"\x01" * 20)


def test_a_shuffled_file_is_found_out_where_it_is_read(tmp_path: Path) -> None:
    known = [hashlib.sha1(str(at).encode(), usedforsecurity=False).digest() for at in range(5_000)]
    place = tmp_path / "leaked.txt"
    place.write_text("".join(f"{one.hex()}:1\n" for one in known), "ascii")
    with pytest.raises(Unavailable, match="in the order"):
        LeakedFile(place).examine()
    assert {_asked(LeakedFile(place), one) for one in known[:50]} <= {True, None}


def _asked(file: LeakedFile, sha1: bytes) -> bool | None:
    try:
        return file.holds(sha1)
    except Unavailable:
        return None


@pytest.mark.parametrize("made", ["nothing", "folder", "pipe"])
def test_what_is_no_file_is_said(tmp_path: Path, made: str) -> None:
    place = tmp_path / "leaked.txt"
    if made == "folder":
        place.mkdir()
    elif made == "pipe":
        os.mkfifo(place)
    with pytest.raises(Unavailable, match=r"^leaked_passwords: expected a "):
        LeakedFile(place).holds(bytes(20))


def test_a_password_is_looked_for_as_it_was_typed_and_in_its_normal_form() -> None:
    assert leaked_hashes("password") == [bytes.fromhex("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8")]
    assert len(leaked_hashes("pa\ufb01word")) == 2
    assert leaked_hashes("\ud800") == []
