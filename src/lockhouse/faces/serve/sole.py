"""One supervisor a house: a lock that the kernel frees however its holder dies, with who holds it written into it.

The writer has a lock of its own, but a second supervisor would find the first one's writer behind the socket, take it
for its own and serve beside it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict
from lockhouse.wiring import open_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_FILE = "serve.lock"
_MAX_BYTES = 4_096


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who serves a house: the supervisor's process id and the collect listener's URL, empty if nothing collects."""

    pid: int
    collect: str


@contextmanager
def sole(folder: Path, *, collect: str) -> Iterator[int]:
    """The house is served by this process, and by no other, for as long as the block runs; the lock's open file.

    Raises:
        Conflict: it is served already.
        Unavailable: the lock is no file of its own.
    """
    # No child inherits it: it would hold the house after its supervisor's death.
    lock = open_lock(folder / LOCK_FILE)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise _served(_holder(lock)) from err
        write_holder(lock, collect=collect)
        yield lock
    finally:
        os.close(lock)


def write_holder(lock: int, *, collect: str) -> None:
    """This process is named in the lock that it holds."""
    os.ftruncate(lock, 0)
    os.pwrite(lock, msgspec.json.encode(Holder(pid=os.getpid(), collect=collect)), 0)


def _holder(lock: int) -> Holder | None:
    """Who holds it, unless that process has only just begun."""
    try:
        return msgspec.json.decode(os.pread(lock, _MAX_BYTES, 0), type=Holder)
    except msgspec.DecodeError:
        return None


def _served(holder: Holder | None) -> Conflict:
    by, end = "", "Ctrl-C where it runs"
    if holder is not None:
        by = f" by process {holder.pid}" + (f" on {holder.collect}" if holder.collect else "")
        end += f", or kill {holder.pid}"
    return Conflict(
        f"serve: expected a house that nobody serves, got one that is served already{by}",
        hint=f"commands work beside it; to serve the house anew, end that one: {end}",
    )
