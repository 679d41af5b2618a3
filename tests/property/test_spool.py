"""A spool that is cut off anywhere gives back what was counted, and nothing else; no byte of it can be changed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockhouse.adapters.spool_file import FILE, START, SpoolFile
from lockhouse.crypto.spool import HEAD_BYTES, SpoolKeys
from lockhouse.errors import Tampered
from lockhouse.secret import Secret

HOUSE = bytes(16)
KEK = Secret(bytes(range(32)))
AT = 1_790_000_000_000
plains = st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=6)


def opened(folder: Path, *, house: bytes = HOUSE, most: int = 1 << 20) -> SpoolFile:
    keys = SpoolKeys(house=house, keks={1: KEK}, generation=1, entropy=os.urandom)
    return SpoolFile(folder, keys, most_bytes=most)


def all_of(spool: SpoolFile) -> list[bytes | None]:
    """Everything that waits, read in small pieces."""
    place, found = START, []
    while (chunk := spool.read(place, most_bytes=64)).frames:
        found += [frame.plain for frame in chunk.frames]
        place = chunk.behind
    return found


def end_of(spool: SpoolFile) -> int:
    """Where its last whole frame ends."""
    return spool.read(START, most_bytes=1 << 30).behind.at


@given(groups=st.lists(plains, min_size=1, max_size=3), more=plains, cut=st.floats(0, 1), junk=st.binary(max_size=40))
@settings(deadline=None)
def test_a_torn_tail_is_cut_and_what_was_counted_before_it_stays(
    groups: list[list[bytes]], more: list[bytes], cut: float, junk: bytes
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spool = opened(folder)
        for group in groups:
            assert spool.append(group, at=AT) == len(group)
        counted = spool.size()
        spool.append(more, at=AT)
        torn = counted + int((spool.size() - counted - 1) * cut)
        spool.close()
        os.truncate(folder / FILE, torn)
        before = [plain for group in groups for plain in group]
        whole = all_of(opened(folder))
        assert whole[: len(before)] == before
        assert whole == (before + more)[: len(whole)]
        assert len(whole) < len(before + more)
        with (folder / FILE).open("ab") as file:
            file.write(bytes(8) + junk)  # a length of nothing: never written by a spool
        again = opened(folder)
        assert again.append([b"next"], at=AT) == 1
        assert all_of(again) == [*whole, b"next"]
        assert again.size() == end_of(again)


@given(group=plains, at=st.integers(0), flip=st.integers(1, 255))
@settings(deadline=None)
def test_no_changed_byte_gives_another_event(group: list[bytes], at: int, flip: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spool = opened(folder)
        spool.append(group, at=AT)
        raw = bytearray((folder / FILE).read_bytes())
        raw[at % len(raw)] ^= flip
        (folder / FILE).write_bytes(raw)
        if at % len(raw) < HEAD_BYTES:
            with pytest.raises(Tampered):
                all_of(opened(folder))
            return
        found = all_of(opened(folder))
        assert len(found) <= len(group)
        assert all(plain in {None, expected} for plain, expected in zip(found, group, strict=False))


@pytest.mark.parametrize("size", range(HEAD_BYTES))
def test_a_head_that_was_cut_off_is_begun_anew(tmp_path: Path, size: int) -> None:
    spool = opened(tmp_path)
    spool.append([b"first"], at=AT)
    spool.close()
    os.truncate(tmp_path / FILE, size)
    again = opened(tmp_path)
    assert all_of(again) == []
    again.append([b"second"], at=AT)
    assert all_of(again) == [b"second"]
