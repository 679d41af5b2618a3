"""Files that a command is given or writes; what it writes is new and readable by its owner alone."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from lockhouse.errors import Invalid
from lockhouse.faces.cli.layout import clean
from lockhouse.policy.reading import looks_personal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


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


class Folder:
    """A folder of files that are written whole or not at all, each readable by its owner alone."""

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
        """The bytes of a file; nothing for one that is not there.

        Raises:
            Invalid: it cannot be read.
        """
        try:
            return (self._place / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return b""
        except OSError as err:
            raise Invalid("folder", "files that can be read", got="another") from err

    def write(self, path: str, raw: bytes) -> None:
        """The file holds these bytes, durably, in place of what it held.

        Raises:
            Invalid: it cannot be written.
        """
        file = self._place / path
        new = file.with_name(f"{file.name}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new.unlink(missing_ok=True)
            write_new(new, [raw])
            new.replace(file)
        except OSError as err:
            raise Invalid("folder", "a folder that can be written", got="another place") from err

    def remove(self, paths: Iterable[str]) -> None:
        """The files are gone, and the folders that are empty by it."""
        for path in paths:
            (self._place / path).unlink(missing_ok=True)
            with suppress(OSError):  # another file stands in it
                (self._place / path).parent.rmdir()
