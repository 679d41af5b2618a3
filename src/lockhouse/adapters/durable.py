"""Files of a house: what makes them outlast a loss of power beyond their own bytes, and which are its own."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path


_AWAY = "look what it is, then take it out of the house folder: it is made anew"


def sync_folder(folder: Path) -> None:
    """The names in a folder are durable: a file made, replaced or taken away in it stays so.

    Raises:
        OSError: the folder is away.
    """
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def make_file(file: Path, raw: bytes) -> None:
    """A new file of these bytes, mode 0600, that outlasts a loss of power under its name.

    Raises:
        OSError: there is one of that name, or it cannot be written.
    """
    made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(made, "wb") as stream:
        stream.write(raw)
        stream.flush()
        os.fsync(made)
    sync_folder(file.parent)


def open_lock(file: Path) -> int:
    """The descriptor of a lock file, made with mode 0600 if there is none: its holder may write into it.

    Never what a link leads to: whoever may write in a house's folder must not have the house overwrite other files.

    Raises:
        Unavailable: it is no plain file, or one that has another name as well.
    """
    try:
        lock = os.open(file, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"{file.name}: expected a plain file that can be written, got none", hint=_AWAY) from error
    about = os.fstat(lock)
    if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1:
        os.close(lock)
        raise Unavailable(f"{file.name}: expected a plain file of one name, got another", hint=_AWAY)
    return lock
