"""Files that a command is given or writes; what it writes is new and readable by its owner alone."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from lockhouse.errors import Invalid
from lockhouse.faces.cli.layout import clean
from lockhouse.policy.shown import looks_personal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import BufferedWriter
    from pathlib import Path

    from lockhouse.model.table import Reject


def named(file: Path) -> str:
    """A path as an error may repeat it: as it was typed, unless a person's value was typed in its place."""
    return "the path that was typed" if looks_personal(str(file)) else clean(file)


def write_new(file: Path, parts: Iterable[bytes]) -> Path:
    """A new file with these bytes, mode 0600.

    Raises:
        Invalid: it exists, or its folder does not.
    """
    with_mode = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        handle = os.open(file, with_mode, 0o600)
    except FileExistsError as err:
        raise Invalid("file", "a file that does not exist yet", got="one that does", hint="choose another") from err
    except OSError as err:
        raise Invalid("file", "a new file in a folder that can be written", got="another place") from err
    with os.fdopen(handle, "wb") as stream:
        for part in parts:
            stream.write(part)
        stream.flush()
        os.fsync(handle)
    return file


def _at_once(stream: BufferedWriter, parts: Iterable[bytes]) -> None:
    stream.writelines(parts)
    stream.flush()
    os.fsync(stream.fileno())


@contextmanager
def promised(
    file: Path | None, *, where: str, keeps: bool = False
) -> Iterator[Callable[[Iterable[bytes]], None]]:  # fmt: skip
    """A new file that is made before the work that fills it, so that it has its place; gone again if that fails.

    Args:
        file: as of `write_new`; None for nothing to be written.
        where: what the file was named by.
        keeps: what was written stays if the work fails then, or the process is killed.

    Raises:
        Invalid: it exists, or its folder does not.
    """
    if file is None:
        yield lambda _parts: None
        return
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError as err:
        raise Invalid(where, "a file that does not exist yet", got="one that does", hint="choose another") from err
    except OSError as err:
        raise Invalid(where, "a new file in a folder that can be written", got="another place") from err
    with os.fdopen(handle, "wb") as stream:
        try:
            yield stream.writelines if not keeps else partial(_at_once, stream)
            stream.flush()
            os.fsync(handle)
        except BaseException:
            if not keeps or not stream.tell():
                file.unlink(missing_ok=True)
            raise


class Folder:
    """A folder of files that are written whole or not at all, each readable by its owner alone.

    Below it no link is followed: whoever may write in a folder that is served to others does not choose what else is
    read, or written, by who exports to it.
    """

    def __init__(self, place: Path) -> None:
        self._place = place

    def is_there(self) -> bool:
        """Whether it is a folder."""
        return self._place.is_dir()

    def require_empty(self, where: str, *, hint: str) -> None:
        """Nothing stands in its place, or an empty folder.

        Raises:
            Invalid: something does.
        """
        if self._place.exists() and not (self._place.is_dir() and not any(self._place.iterdir())):
            raise Invalid(where, "a new or empty folder, or one of before", got="another", hint=hint)

    def read(self, path: str) -> bytes:
        """The bytes of a file; nothing for one that is not there, or behind a link to a folder.

        Raises:
            Invalid: it is no plain file, or cannot be read.
        """
        try:
            with self._around(path) as (at, name):
                # NONBLOCK: a named pipe would wait for its writer before it can be said to be one.
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
                with os.fdopen(handle, "rb") as stream:
                    if not stat.S_ISREG(os.fstat(handle).st_mode):
                        raise Invalid("folder", "plain files", got="another thing in the place of one")
                    return stream.read()
        except (FileNotFoundError, NotADirectoryError):
            return b""
        except OSError as err:
            raise Invalid("folder", "files that can be read, and no links", got="another") from err

    def write(self, path: str, raw: bytes) -> None:
        """The file holds these bytes, durably, in place of what it held.

        Raises:
            Invalid: it cannot be written, or a link leads elsewhere.
        """
        try:
            with self._around(path, make=True) as (at, name):
                new = f"{name}.new"
                with suppress(FileNotFoundError):
                    os.unlink(new, dir_fd=at)
                handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=at)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(raw)
                    stream.flush()
                    os.fsync(handle)
                os.replace(new, name, src_dir_fd=at, dst_dir_fd=at)
        except OSError as err:
            raise Invalid("folder", "a folder that can be written, without links", got="another place") from err

    def remove(self, paths: Iterable[str]) -> None:
        """The files are gone, and the folders that are empty by it."""
        for path in paths:
            with suppress(FileNotFoundError, NotADirectoryError), self._around(path) as (at, name):
                os.unlink(name, dir_fd=at)
            above = path.rpartition("/")[0]
            # An error says that another file stands in it.
            with suppress(OSError), self._around(above) as (at, name):
                os.rmdir(name, dir_fd=at)

    @contextmanager
    def _around(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """The folder that a file stands in, open, and the file's name in it.

        Raises:
            OSError: it is not there (and not made), or a link.
        """
        *above, name = path.split("/")
        if make:
            self._place.mkdir(parents=True, exist_ok=True, mode=0o700)
        at = os.open(self._place, _FOLDER)
        try:
            for step in above:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(step, 0o700, dir_fd=at)
                below = os.open(step, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            yield at, name
        finally:
            os.close(at)


def reject_lines(rejects: Iterable[Reject]) -> Iterable[bytes]:
    """The report of rows that could not be read: lines and reasons, and nothing of what stood there."""
    yield b"line,last,expected\n"
    for one in rejects:
        yield f'{one.line},{max(one.line, one.last)},"{one.expected}"\n'.encode()


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
