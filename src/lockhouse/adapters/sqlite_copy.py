"""Consistent copies of the stores' files, and files brought back from a copy.

Each copy is made by a process of its own with the standard library's sqlite3, opened `mode=ro`: whoever copies may be
the very process that writes with apsw, and two SQLite libraries in one process undo each other's locks. One step
copies all pages, so that a busy writer cannot start it over; the writer goes on meanwhile, its log file grows.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from lockhouse.adapters.tables import FILES
from lockhouse.errors import Invalid, Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.rows import Store

_READ_BYTES = 1 << 20
FAULTY = 3
"""Exit code of the copying process when the copy does not check out."""


class SqliteCopies:
    """Copies between house folders and backup folders."""

    async def take(self, house: Path, store: Store, to: Path) -> str:
        """A checked copy of a store's file as it stands, readable by its owner alone; its SHA-256 in hex.

        Args:
            house: the house's folder; its writer may run.
            store: which.
            to: a folder without such a file.

        Raises:
            Unavailable: the store could not be read, or the folder not be written.
            Tampered: the copy does not pass SQLite's own check.
        """
        source, target = house / FILES[store], to / FILES[store]
        _reserve(target)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", __name__, str(source), str(target),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        code = await child.wait()
        if code == FAULTY:
            raise Tampered(f"{store} store: expected a copy that SQLite finds whole, got another")
        if code != 0:
            raise Unavailable(f"{store} store: expected a file that can be copied, got an error")
        return await asyncio.to_thread(digest, target)

    async def bring(self, backup: Path, store: Store, to: Path, *, sha256: str) -> None:
        """A store's file from a backup in a house folder that has none, after its digest was checked.

        Raises:
            Tampered: the file is not the one that was backed up.
            Invalid: the folder has such a file.
            Unavailable: the backup lacks the file.
        """
        source, target = backup / FILES[store], to / FILES[store]
        if not source.is_file():
            raise Unavailable(f"backup: expected {FILES[store]}, got none")
        if await asyncio.to_thread(digest, source) != sha256:
            raise Tampered(f"backup: expected {FILES[store]} as it was written")
        _reserve(target)
        await asyncio.to_thread(_put, source, target)


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    known = hashlib.sha256()
    with file.open("rb") as stream:
        while part := stream.read(_READ_BYTES):
            known.update(part)
    return known.hexdigest()


def _reserve(file: Path) -> None:
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except FileExistsError as error:
        raise Invalid("folder", f"one without {file.name}", got="one that has it") from error
    except OSError as error:
        raise Unavailable("folder: expected one that can be written, got another") from error


def _put(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as write:
        shutil.copyfileobj(read, write, _READ_BYTES)
        write.flush()
        os.fsync(write.fileno())


def copy_file(source: Path, target: Path) -> bool:
    """Copy a database in one step and check the copy; whether it is whole."""
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new, pages=-1)
        return [tuple(row) for row in new.execute("PRAGMA integrity_check")] == [("ok",)]


def main(arguments: Sequence[str]) -> int:
    """Be the copying process."""
    source, target = (Path(one) for one in arguments)
    try:
        return 0 if copy_file(source, target) else FAULTY
    except (sqlite3.Error, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
