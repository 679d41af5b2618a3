"""The destruction journal: which key serials were destroyed, when and why, outside the stores.

A restored backup brings keys back; the journal, shipped elsewhere before any destruction answers, takes them away
again. It holds random serials only, nothing of a person. One JSON line a batch; a line is whole once it ends.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Invalid, Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VERSION = 1
MAX_LINE_BYTES = 1 << 20
SERIAL_BYTES = 8
"""As in a box directory."""


class Destroyed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line.

    Attributes:
        v: version of the line.
        at: ms since 1970.
        cause: a stable word (`request`, `expired`, `purpose-ended`).
        serials: hex of each destroyed key's serial.
    """

    v: int
    at: int
    cause: str
    serials: tuple[str, ...]


class Journal:
    """An append-only file and its copy on another disk or host."""

    def __init__(self, path: Path, *, ship_to: Path) -> None:
        """Name the two files; they are made when first written.

        Raises:
            Invalid: both are the same file.
        """
        if path.resolve() == ship_to.resolve():
            raise Invalid("journal", "a second place to ship it to", got="the same file twice")
        self._path = path
        self._ship_to = ship_to

    def append(self, serials: Sequence[bytes], *, cause: str, at: int) -> None:
        """Durable here and there when it returns: only then may the keys be destroyed.

        Repeating a batch does no harm: a serial is destroyed or it is not.

        Args:
            serials: 8 bytes each.
            cause: a stable word.
            at: ms since 1970.

        Raises:
            Invalid: no serial, one of another length, or more than fit a line.
            Unavailable: one of the two places cannot be written; nothing may be destroyed.
        """
        if not serials or any(len(serial) != SERIAL_BYTES for serial in serials):
            raise Invalid("journal", f"serials of {SERIAL_BYTES} bytes", got=f"{len(serials)} of another length")
        entry = Destroyed(VERSION, at, cause, tuple(serial.hex() for serial in serials))
        line = msgspec.json.encode(entry) + b"\n"
        if len(line) > MAX_LINE_BYTES:
            raise Invalid("journal", f"a line of at most {MAX_LINE_BYTES} bytes", got=f"{len(line)}")
        _append(self._path, line)
        _append(self._ship_to, line)

    def read(self) -> list[Destroyed]:
        """Every line of the file here, in order; a torn last line was never answered for and is left out.

        Raises:
            Tampered: a line that is no journal line.
            Unavailable: the file cannot be read.
        """
        return read(self._path)


def read(path: Path) -> list[Destroyed]:
    """Every whole line of a journal file; none if there is no file.

    Raises:
        Tampered: a line that is no journal line.
        Unavailable: the file cannot be read.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Unavailable("journal: expected a readable file, got an error") from error
    whole, _, _ = raw.rpartition(b"\n")
    try:
        lines = [msgspec.json.decode(line, type=Destroyed) for line in whole.split(b"\n") if line]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Tampered("journal: expected its own lines, got another") from error
    if any(line.v != VERSION for line in lines):
        raise Tampered("journal: expected lines of this version, got another")
    return lines


def _append(path: Path, line: bytes) -> None:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            _cut_torn_line(file)
            _write_all(file, line)
            os.fsync(file)
        finally:
            os.close(file)
        _sync_folder(path.parent)
    except OSError as error:
        raise Unavailable("journal: expected a writable file in both places, got an error") from error


def _cut_torn_line(file: int) -> None:
    """Take away what a crash left of a line nobody was told about; else the next line would be joined to it."""
    size = os.fstat(file).st_size
    tail = os.pread(file, MAX_LINE_BYTES, max(0, size - MAX_LINE_BYTES))
    if tail and not tail.endswith(b"\n"):
        os.ftruncate(file, size - len(tail) + tail.rfind(b"\n") + 1)


def _write_all(file: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_folder(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
