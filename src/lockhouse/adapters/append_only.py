"""Files of lines that only grow: durable when `append_line` returns, and a torn last line is as if never written."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from lockhouse.adapters.durable import sync_folder
from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_LINE_BYTES = 1 << 20


def append_line(path: Path, line: bytes, *, where: str) -> None:
    """The line is durable at the end of the file, which is made if there is none.

    Args:
        path: of the file.
        line: ends in a line feed and holds no other; at most `MAX_LINE_BYTES`.
        where: the file's name in an error.

    Raises:
        Unavailable: the file cannot be written.
    """
    append_next(path, lambda _last: line, where=where)


def append_next(path: Path, make: Callable[[bytes | None], bytes], *, where: str) -> None:
    """As `append_line`, of a line that follows from the last whole one (None for the first), which stays the last.

    Raises:
        Unavailable: the file cannot be written.
        Whatever `make` raises; then nothing is written.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            _write_all(file, make(_cut_torn_line(file)))
            os.fsync(file)
        finally:
            os.close(file)
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(
            f"{where}: expected a file that can be written, got none", hint=_about(path, error)
        ) from error


def whole_lines(path: Path, *, where: str) -> list[bytes]:
    """Every whole line, without line feeds; none if there is no file.

    Raises:
        Unavailable: the file cannot be read.
    """
    return _split(_read(path, 0, where=where))


def last_line(path: Path, *, where: str) -> bytes | None:
    """The last whole line, read from the end; None if there is none.

    Raises:
        Unavailable: the file cannot be read.
    """
    lines = _split(_read(path, MAX_LINE_BYTES, where=where))
    return lines[-1] if lines else None


def _read(path: Path, tail: int, *, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            if tail:
                file.seek(max(0, file.seek(0, os.SEEK_END) - tail))
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise Unavailable(f"{where}: expected a file that can be read, got none", hint=_about(path, error)) from error


def _about(path: Path, error: OSError) -> str:
    """Which file it is, and what the system says of it."""
    return f"{path}: {error.strerror}"


def _split(raw: bytes) -> list[bytes]:
    whole, _, _ = raw.rpartition(b"\n")
    return [line for line in whole.split(b"\n") if line]


def _cut_torn_line(file: int) -> bytes | None:
    """Take away what a crash left of a line nobody was told about; else the next line would be joined to it.

    Returns:
        the last whole line, without its line feed.
    """
    size = os.fstat(file).st_size
    start = max(0, size - 2 * MAX_LINE_BYTES)
    whole, ended, torn = os.pread(file, size - start, start).rpartition(b"\n")
    if torn:
        os.ftruncate(file, size - len(torn))
    return whole.rpartition(b"\n")[2] if ended else None


def _write_all(file: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(file, rest) :]
