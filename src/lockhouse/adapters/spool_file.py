"""The spool of a house: one file of sealed frames, added to by every collecting process, read by one of them.

    head | frame | frame | …        frame: u32 length | u32 CRC-32 of the blob | blob

Rules it keeps: what `append` has counted is on the disk; frames stand in the order in which they were added, whichever
process added them; a frame that was cut off by a kill or a loss of power is cut out before the next is added, and was
answered to nobody; the file is emptied only by whoever has read it to its end. Format: docs/spec/spool.md.

It belongs to one thread of its process: a lock on a file does not part two threads that share its descriptor.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.adapters.durable import open_lock, sync_folder
from lockhouse.crypto.spool import HEAD_BYTES, Sealer, SpoolKeys
from lockhouse.errors import Tampered, Unavailable
from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FILE = "spool"
DRAIN_LOCK = "spool.lock"
MAX_FRAME_BYTES = 64 << 20
"""Longer than anything the listener takes; a length beyond it was never written."""
LOCK_WITHIN_S = 2.0
"""A process that adds holds the lock for the time of one fsync; one that holds it for longer is stopped."""
TAKES_MS = 3 * DAY_MS
"""Nothing is added to a file that was begun so long ago (ms): what is oldest in it is to be decided first."""
_LOCK_STEP_S = 0.005
_FRAME = struct.Struct(">II")


class Frame(NamedTuple):
    """A frame as read: `plain` is None where it does not open."""

    plain: bytes | None


class Place(NamedTuple):
    """How far one file was read; of another file, which has another head, it says nothing."""

    head: bytes
    at: int


START = Place(b"", 0)
"""Nothing was read of any file."""


class Chunk(NamedTuple):
    """Frames in their order, and the place behind the last of them."""

    frames: Sequence[Frame]
    behind: Place


class SpoolFile:
    """A process's hold on the spool.

    Args:
        folder: of the house.
        keys: what it is sealed with.
        most_bytes: it grows no longer; 0 adds nothing.

    Attributes:
        takes: whether anything may be added.
    """

    def __init__(self, folder: Path, keys: SpoolKeys, *, most_bytes: int) -> None:
        self._path = folder / FILE
        self._drain_path = folder / DRAIN_LOCK
        self._keys = keys
        self.takes = most_bytes > 0
        self._most = most_bytes
        self._fd = open_lock(self._path)
        self._drain_fd = -1
        self._sealer: Sealer | None = None
        self._end = 0

    def close(self) -> None:
        """Let go of it; what lies in it stays."""
        os.close(self._fd)
        self.let_go()

    def size(self) -> int:
        """Its length in bytes; 0 when nothing waits. Asked at each request: one call of the system, without a lock."""
        return os.fstat(self._fd).st_size

    # ---- adding ------------------------------------------------------------------------------------------------

    def append(self, plains: Sequence[bytes], *, at: int) -> int:
        """How many of these are on the disk, the first ones; the others have no room.

        Args:
            at: the time in ms, for the head of a file that is begun.

        Raises:
            Tampered: what lies there was not made by this house.
            Unavailable: it cannot be written, or a stopped process holds it. None of them is there.
        """
        with self._locked():
            end = self._whole_end()
            begins = end == 0
            sealer = self._keys.begin(at=at) if begins or self._sealer is None else self._sealer
            if at - sealer.began_at > TAKES_MS:
                raise Unavailable("spool: expected an outage of three days at most, got a longer one")
            raw, taken = self._framed(sealer, plains, end)
            if not taken:
                return 0
            try:
                _write(self._fd, raw, end)
                os.fsync(self._fd)
                if begins:
                    sync_folder(self._path.parent)
            except OSError as error:
                os.ftruncate(self._fd, end)
                raise Unavailable("spool: expected room on the disk of the house, got none") from error
            self._sealer, self._end = sealer, end + len(raw)
            return taken

    def _framed(self, sealer: Sealer, plains: Sequence[bytes], end: int) -> tuple[bytes, int]:
        parts = [sealer.head] if end == 0 else []
        place, taken = end or HEAD_BYTES, 0
        for plain in plains:
            blob = sealer.seal(plain, place=place)
            if place + _FRAME.size + len(blob) > self._most or len(blob) > MAX_FRAME_BYTES:
                break
            parts += (_FRAME.pack(len(blob), zlib.crc32(blob)), blob)
            place += _FRAME.size + len(blob)
            taken += 1
        return b"".join(parts), taken

    # ---- reading -----------------------------------------------------------------------------------------------

    def take_hold(self) -> bool:
        """Whether this process is the one that drains, until `let_go`."""
        if self._drain_fd >= 0:
            return True
        held = open_lock(self._drain_path)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            return False
        self._drain_fd = held
        return True

    def let_go(self) -> None:
        """Another process may drain."""
        if self._drain_fd >= 0:
            os.close(self._drain_fd)
            self._drain_fd = -1

    def read(self, place: Place, *, most_bytes: int) -> Chunk:
        """Durable frames from this place on, one at least if there is one; a file that was begun since is read anew.

        Raises:
            Tampered: what lies there was not made by this house.
            Unavailable: a stopped process holds it.
        """
        with self._locked():  # what is being added may yet be taken back
            end, sealer = self._whole_end(), self._sealer
        if sealer is None:
            return Chunk((), place)
        at = start = _within(sealer.head, place)
        frames: list[Frame] = []
        while at - start < most_bytes and (blob := self._blob(at, end)) is not None:
            try:
                frames.append(Frame(sealer.open(blob, place=at)))
            except Tampered:
                frames.append(Frame(None))
            at += _FRAME.size + len(blob)
        return Chunk(frames, Place(sealer.head, at))

    def began_at(self) -> int | None:
        """When the file that waits was begun, in ms; None when nothing waits.

        Raises:
            Tampered: what lies there was not made by this house.
            Unavailable: a stopped process holds it.
        """
        with self._locked():
            self._whole_end()
            return None if self._sealer is None else self._sealer.began_at

    def empty(self, place: Place | None) -> bool:
        """Whether nothing waits any more: nothing whole stood behind this place, so the file is empty now.

        Args:
            place: where whoever drains has come to; None empties it whatever it holds.

        Raises:
            Tampered: what lies there was not made by this house.
            Unavailable: it cannot be written, or a stopped process holds it.
        """
        with self._locked():
            if place is not None:
                end, sealer = self._whole_end(), self._sealer
                if sealer is not None and end > _within(sealer.head, place):
                    return False
            try:
                os.ftruncate(self._fd, 0)
                os.fsync(self._fd)
            except OSError as error:
                raise Unavailable("spool: expected a file that can be emptied, got none") from error
            self._sealer, self._end = None, 0
            return True

    # ---- what both need ----------------------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """No other process adds to the file or empties it; it is the one that stands under its name."""
        until_s = time.monotonic() + LOCK_WITHIN_S
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > until_s:
                    raise Unavailable("spool: expected to be next, got a process that stands still") from error
                time.sleep(_LOCK_STEP_S)
                continue
            if self._is_named():
                break
            anew = open_lock(self._path)  # somebody took it away
            os.close(self._fd)
            self._fd, self._sealer, self._end = anew, None, 0
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _is_named(self) -> bool:
        try:
            named = self._path.stat(follow_symlinks=False)
        except OSError:
            return False
        return os.path.samestat(named, os.fstat(self._fd))

    def _known(self, head: bytes) -> Sealer:
        if self._sealer is None or self._sealer.head != head:
            self._sealer, self._end = self._keys.read(head), HEAD_BYTES
        return self._sealer

    def _whole_end(self) -> int:
        """The end of the last whole frame, to which the file is cut; 0 for an empty one. Under the lock alone."""
        size = self.size()
        head = os.pread(self._fd, HEAD_BYTES, 0)
        if len(head) < HEAD_BYTES or not any(head):  # begun, and cut off before anything was answered
            os.ftruncate(self._fd, 0)
            self._sealer, self._end = None, 0
            return 0
        self._known(head)
        while (blob := self._blob(self._end, size)) is not None:
            self._end += _FRAME.size + len(blob)
        if self._end < size:
            os.ftruncate(self._fd, self._end)
        return self._end

    def _blob(self, place: int, size: int) -> bytes | None:
        """The blob of the frame at this place; None where none is whole.

        One whose bytes were changed, with a whole frame behind it, is no torn one: it is there, and does not open.
        """
        found = self._stated(place, size)
        if found is None:
            return None
        blob, is_whole = found
        behind = place + _FRAME.size + len(blob)
        if is_whole or ((after := self._stated(behind, size)) is not None and after[1]):
            return blob
        return None

    def _stated(self, place: int, size: int) -> tuple[bytes, bool] | None:
        """The bytes of the stated length, and whether they are those that were written."""
        head = os.pread(self._fd, _FRAME.size, place)
        if len(head) < _FRAME.size:
            return None
        length, check = _FRAME.unpack(head)
        if not 0 < length <= MAX_FRAME_BYTES or place + _FRAME.size + length > size:
            return None
        blob = os.pread(self._fd, length, place + _FRAME.size)
        return (blob, zlib.crc32(blob) == check) if len(blob) == length else None


def _within(head: bytes, place: Place) -> int:
    return place.at if place.head == head else HEAD_BYTES


def _write(file: int, raw: bytes, place: int) -> None:
    """All of it; a disk that fills up takes a part, and refuses the next.

    Raises:
        OSError: there is no room.
    """
    view = memoryview(raw)
    while view:
        written = os.pwrite(file, view, place)
        view, place = view[written:], place + written
