"""The spool's file: its order across processes, its lock, its end, and who can read it."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters import spool_file
from lockhouse.adapters.spool_file import DRAIN_LOCK, FILE, START, TAKES_MS
from lockhouse.crypto.spool import HEAD_BYTES
from lockhouse.errors import Tampered, Unavailable
from tests.property.test_spool import AT, all_of, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def no_longer_files(most: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes: what a full disk does, without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    was = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, was)


def test_two_processes_add_to_one_file_in_one_order(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    for number in range(6):
        (one if number % 2 else other).append([b"%d" % number], at=AT)
    assert all_of(one) == all_of(other) == [b"0", b"1", b"2", b"3", b"4", b"5"]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_it_is_emptied_only_when_nothing_stands_behind_what_was_read(tmp_path: Path) -> None:
    reader, adder = opened(tmp_path), opened(tmp_path)
    adder.append([b"first"], at=AT)
    place = reader.read(START, most_bytes=1 << 20).behind
    adder.append([b"second"], at=AT)
    assert not reader.empty(place)
    chunk = reader.read(place, most_bytes=1 << 20)
    assert [frame.plain for frame in chunk.frames] == [b"second"]
    assert reader.empty(chunk.behind)
    assert (reader.size(), adder.size()) == (0, 0)
    adder.append([b"third"], at=AT)
    assert all_of(reader) == [b"third"]


def test_each_file_has_a_key_of_its_own(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    heads, blobs = set(), set()
    for _ in range(2):
        spool.append([b"the same"], at=AT)
        raw = (tmp_path / FILE).read_bytes()
        heads.add(raw[:HEAD_BYTES])
        blobs.add(raw[HEAD_BYTES:])
        spool.empty(None)
    assert (len(heads), len(blobs)) == (2, 2)


def test_a_frame_opens_only_where_it_was_written(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append([b"one", b"two"], at=AT)
    raw = (tmp_path / FILE).read_bytes()
    frame = (len(raw) - HEAD_BYTES) // 2
    (tmp_path / FILE).write_bytes(raw[:HEAD_BYTES] + raw[HEAD_BYTES + frame :] + raw[HEAD_BYTES : HEAD_BYTES + frame])
    assert all_of(opened(tmp_path)) == [None, None]


def test_a_spool_of_another_house_is_neither_read_nor_added_to(tmp_path: Path) -> None:
    opened(tmp_path).append([b"theirs"], at=AT)
    ours = opened(tmp_path, house=bytes(15) + b"\x01")
    with pytest.raises(Tampered):
        ours.read(START, most_bytes=1)
    with pytest.raises(Tampered):
        ours.append([b"ours"], at=AT)


def test_a_full_spool_takes_what_has_room_and_no_more(tmp_path: Path) -> None:
    spool = opened(tmp_path, most=HEAD_BYTES + 400)
    assert spool.append([bytes(100)] * 5, at=AT) == 2
    assert spool.append([bytes(100)], at=AT) == 0
    assert all_of(spool) == [bytes(100)] * 2


def test_it_takes_nothing_once_its_first_event_waits_for_three_days(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append([b"first"], at=AT)
    assert spool.append([b"later"], at=AT + TAKES_MS) == 1
    with pytest.raises(Unavailable, match="an outage of three days at most"):
        spool.append([b"too late"], at=AT + TAKES_MS + 1)
    assert spool.began_at() == AT


def test_one_process_drains(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    assert one.take_hold()
    assert one.take_hold()
    assert not other.take_hold()
    one.let_go()
    assert other.take_hold()
    assert (tmp_path / DRAIN_LOCK).stat().st_mode & 0o777 == 0o600


def test_a_process_that_stands_still_over_the_file_holds_nobody_up_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_file, "LOCK_WITHIN_S", 0.05)
    spool = opened(tmp_path)
    held = os.open(tmp_path / FILE, os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(Unavailable, match="got a process that stands still"):
        spool.append([b"one"], at=AT)
    os.close(held)
    assert spool.append([b"one"], at=AT) == 1


def test_a_file_that_was_taken_away_is_made_anew(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append([b"gone"], at=AT)
    (tmp_path / FILE).unlink()
    assert spool.append([b"here"], at=AT) == 1
    assert all_of(opened(tmp_path)) == [b"here"]


def test_a_place_in_one_file_says_nothing_of_the_file_that_was_begun_after_it(tmp_path: Path) -> None:
    reader, other = opened(tmp_path), opened(tmp_path)
    other.append([bytes(500)], at=AT)
    place = reader.read(START, most_bytes=1 << 20).behind
    other.empty(None)
    other.append([b"new"], at=AT)
    assert not reader.empty(place), "else it would take away what it never read"
    chunk = reader.read(place, most_bytes=1 << 20)
    assert [frame.plain for frame in chunk.frames] == [b"new"]
    assert reader.empty(chunk.behind)


def test_a_file_that_cannot_be_opened_anew_leaves_no_descriptor_behind_that_others_get(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).mkdir()
    with pytest.raises(Unavailable):
        spool.append([b"one"], at=AT)
    ends = os.pipe()
    with pytest.raises(Unavailable):
        spool.append([b"one"], at=AT)
    for end in ends:
        os.close(end)  # still ours to close
    (tmp_path / FILE).rmdir()
    assert spool.append([b"one"], at=AT) == 1


def test_on_a_full_disk_nothing_is_counted(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append([b"first"], at=AT)
    before = (tmp_path / FILE).read_bytes()
    with no_longer_files(len(before) + 10), pytest.raises(Unavailable, match="room on the disk"):
        spool.append([bytes(1000)], at=AT)
    assert (tmp_path / FILE).read_bytes() == before
    assert spool.append([b"second"], at=AT) == 1
