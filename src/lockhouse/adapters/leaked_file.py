"""Hashes of leaked passwords in a file of the operator's, looked up where they lie: nothing is asked of anybody.

The file is the public one of SHA-1 hashes, ordered by hash: lines of 40 hexadecimal digits, then mostly `:` and how
often each leaked. It has billions of lines, so a look-up reads some forty of them by halving what is left, each in one
short read. What is read must lie in order and have this form; else nobody can say that a hash is not there, and nobody
does.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST = 64
"""Bytes of a line, with its end."""
SAMPLES = 1_000
_LINE = re.compile(rb"([0-9A-Fa-f]{40})(?::[0-9]{1,19})?\r?\n?")
_BELOW, _ABOVE = b"", b"g"
"""Before and behind every hash in lower case."""


class _Line(NamedTuple):
    """Where a line begins, where the next one does, and its hash, in lower case."""

    begins: int
    ends: int
    key: bytes


class LeakedFile:
    """See the module. It is opened anew for each look-up: a newer one may have been put in its place.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def holds(self, sha1: bytes) -> bool:
        """Whether this hash (20 bytes) stands in the file. Blocks for some forty reads.

        Raises:
            Unavailable: the file is away, or not in order where it was read.
        """
        wanted = sha1.hex().encode()
        with self._opened() as (handle, size):
            low, high, below, above = 0, size, _BELOW, _ABOVE
            while low < high:
                line = _line_at(handle, (low + high) // 2, size=size)
                if not below < line.key < above:
                    raise _unusable("lines in the order of their hashes")
                if line.key == wanted:
                    return True
                if line.key < wanted:
                    low, below = line.ends, line.key
                else:
                    high, above = line.begins, line.key
        return False

    def examine(self) -> int:
        """How many bytes the file has, once a thousand of its lines lie in order.

        Raises:
            Unavailable: it is away, has no lines, or is not in order in what was read.
        """
        with self._opened() as (handle, size):
            before = _Line(-1, 0, _BELOW)
            for at in range(SAMPLES):
                line = _line_at(handle, (size - 1) * at // (SAMPLES - 1), size=size)
                if line.begins != before.begins and line.key <= before.key:
                    raise _unusable("lines in the order of their hashes")
                before = line
            return size

    @contextmanager
    def _opened(self) -> Iterator[tuple[int, int]]:
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as err:
            raise _unusable("a file that can be read") from err
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or not found.st_size:
                raise _unusable("a regular file with lines")
            yield handle, found.st_size
        except OSError as err:
            raise _unusable("a file that can be read") from err
        finally:
            os.close(handle)


def _line_at(handle: int, at: int, *, size: int) -> _Line:
    """The line in which this byte lies.

    Raises:
        Unavailable: it has another form.
    """
    begins = max(0, at - LONGEST)
    piece = os.pread(handle, 2 * LONGEST, begins)
    start = piece.rfind(b"\n", 0, at - begins) + 1
    end = piece.find(b"\n", start)
    line = piece[start:] if end < 0 else piece[start : end + 1]
    found = _LINE.fullmatch(line)
    is_whole = (start > 0 or begins == 0) and (end >= 0 or begins + start + len(line) == size)
    if found is None or not is_whole:
        raise _unusable("lines of 40 hexadecimal digits, then `:` and a count")
    return _Line(begins + start, begins + start + len(line), found[1].lower())


def _unusable(expected: str) -> Unavailable:
    return Unavailable(
        f"leaked_passwords: expected {expected}, got another", retry_after_s=60.0,
        hint="docs/operations/staff.md says how the file is made and checked",
    )  # fmt: skip
