"""A file of rows, opened once: what is hashed is what is read; one that changes meanwhile is not read to its end.

Only a regular file is opened, and no symbolic link: who can write into the folder does not choose what else is read.
Packed files are not taken: their size says nothing of what they unpack to.
"""

from __future__ import annotations

import errno
import hmac
import io
import os
import stat
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from lockhouse.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Buffer

PIECE = 1 << 20
_MAGIC = (
    (b"\x1f\x8b", "a gzip file", "unpack it first: gunzip"),
    (b"PK\x03\x04", "a zip archive or a spreadsheet", "unpack it, or save it as CSV"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first: unzstd"),
    (b"BZh", "a bzip2 file", "unpack it first: bunzip2"),
    (b"\xfd7zXZ", "an xz file", "unpack it first: unxz"),
    (b"\xff\xfe", "UTF-16", "save it as CSV in UTF-8"),
    (b"\xfe\xff", "UTF-16", "save it as CSV in UTF-8"),
)
PARQUET = b"PAR1"


class TableFile:
    """See the module. A context that closes the file."""

    def __init__(self, file: Path) -> None:
        """Open it.

        Raises:
            NotFound: there is none.
            Invalid: it is no regular file, or packed.
            OSError: it may not be read.
        """
        try:
            # NONBLOCK: a named pipe would wait for its writer before it can be said to be one.
            handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError as err:
            raise NotFound("file: expected one at the path that was typed, got none") from err
        except OSError as err:
            if err.errno not in (errno.ELOOP, errno.ENXIO):
                raise
            hint = "name the file itself"
            raise Invalid("file", "a regular file", got="a symbolic link or a socket", hint=hint) from err
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Invalid("file", "a regular file", got="something else")
        self._raw = io.FileIO(handle)
        self._stood = self._stands()
        self.size: int = self._stood[0]
        self.begins = os.pread(handle, 8, 0)
        for magic, what, hint in _MAGIC:
            if self.begins.startswith(magic):
                self._raw.close()
                raise Invalid("file", "CSV, JSON Lines or Parquet, not packed", got=what, hint=hint)
        self._passed: Any = None
        """The hash of what passed in order."""
        self._content = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _it: BaseException | None, _at: TracebackType | None) -> None:
        self._raw.close()

    @property
    def is_parquet(self) -> bool:
        """Whether it says that it is a Parquet file."""
        return self.begins.startswith(PARQUET)

    def content(self, *, told: Callable[[int], None] = lambda _bytes: None) -> bytes:
        """The SHA-256 of the whole file, read at the first call."""
        if not self._content:
            self._content = self._hashed(told)
            self.require_same()
        return self._content

    def _hashed(self, told: Callable[[int], None] = lambda _bytes: None) -> bytes:
        digest = sha256()
        self._raw.seek(0)
        while piece := self._raw.read(PIECE):
            digest.update(piece)
            told(len(piece))
        return digest.digest()

    def text(self, encoding: str) -> Callable[[int], str]:
        """The file's lines from its beginning, as `readline`; bytes that are no text come as lone surrogates."""
        self._raw.seek(0)
        self._passed = sha256()
        spelt = "utf-8-sig" if encoding == "utf-8" else encoding
        buffered = io.BufferedReader(_Hashing(self._raw.fileno(), self._passed.update), PIECE)
        return io.TextIOWrapper(buffered, encoding=spelt, errors="surrogateescape", newline="").readline

    def handle(self) -> io.FileIO:
        """The open file itself, for a reader that moves about in it: at the end it is hashed again."""
        self._raw.seek(0)
        self._passed = None
        return self._raw

    def require_same(self, *, whole: bool = False) -> None:
        """The file is as it was opened; with `whole`, everything was read, and was what was hashed.

        Raises:
            Conflict: somebody wrote into it.
        """
        is_same = self._stands() == self._stood
        if is_same and whole:
            read = self._hashed() if self._passed is None else self._passed.digest()
            is_same = hmac.compare_digest(read, self._content)
        if not is_same:
            raise Conflict(
                "file: expected it to stay as it was, got another content",
                hint="import a copy that nobody writes to; what was stored so far can be taken back: "
                "lockhouse import list",
            )

    def _stands(self) -> tuple[int, int, int]:
        found = os.fstat(self._raw.fileno())
        return found.st_size, found.st_mtime_ns, found.st_ctime_ns


class _Hashing(io.RawIOBase):
    """The bytes of an open file, each told as it passes."""

    def __init__(self, handle: int, told: Callable[[bytes], None]) -> None:
        self._raw = io.FileIO(handle, closefd=False)
        self._told = told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        count = self._raw.readinto(view)
        self._told(bytes(view[:count]))
        return count
