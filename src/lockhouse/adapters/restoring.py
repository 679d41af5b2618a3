"""The mark of a restore under way: until it is gone, the folder is no house that anybody may open.

A restore brings keys back that were destroyed since, and destroys them again. One that stops before its end, for
whatever reason, leaves both stores with those keys in them; so the mark is there before anything else is, and goes
last.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lockhouse.adapters.durable import make_file, sync_folder
from lockhouse.errors import LockhouseError, Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "restoring"
_TEXT = b"A house is being restored here. If nothing restores it any more, remove this folder and restore again.\n"


@contextmanager
def restoring(folder: Path) -> Iterator[None]:
    """The empty folder is a house nobody opens until the block has ended well; after an error nothing is left of it.

    After `Tampered` all of it stays as it is, marked: somebody has to look at it.

    Raises:
        Unavailable: the folder cannot be written.
    """
    _mark(folder)
    try:
        yield
    except Tampered:
        raise
    except LockhouseError:
        _clear(folder)
        raise
    _end(folder)


def _mark(folder: Path) -> None:
    try:
        make_file(folder / FILE, _TEXT)
    except OSError as error:
        raise Unavailable("folder: expected one that can be written, got another") from error


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != FILE:  # the mark goes last: no house is left of a clearing that stops, either
            path.unlink()
    sync_folder(folder)
    _end(folder)


def _end(folder: Path) -> None:
    (folder / FILE).unlink()
    sync_folder(folder)


def is_restoring(folder: Path) -> bool:
    """Whether a restore into this folder is under way, or stopped before its end."""
    return os.path.lexists(folder / FILE)


def require_restored(folder: Path) -> None:
    """Return only if no restore into this folder is under way.

    Raises:
        Unavailable: one is, or stopped before its end.
    """
    if is_restoring(folder):
        raise Unavailable(
            "house: expected one that was brought back to the end, got one whose restore is under way or stopped",
            hint=f"it may hold keys that were destroyed: once nothing restores it any more, remove {folder} and "
            "restore again",
        )
