"""Where the spool's port meets its file: a house's spool, opened by a process that collects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.adapters.spool_file import FILE, START, Chunk, Frame, Place, SpoolFile
from lockhouse.crypto.spool import SpoolKeys

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.gates.house import House


def spool_file(folder: Path, house: House, *, most_bytes: int) -> SpoolFile | None:
    """The spool of an open house; None where nothing may wait there and nothing does.

    What already waits is brought back, or dropped in time, also where nothing may be added any more.

    Raises:
        Unavailable: something else than a plain file stands in its place.
    """
    if not most_bytes and not _waits(folder):
        return None
    keys = SpoolKeys(house=house.id, keks=house.keks, generation=house.generation, entropy=house.ids.random)
    return SpoolFile(folder, keys, most_bytes=most_bytes)


def _waits(folder: Path) -> bool:
    try:
        return (folder / FILE).stat(follow_symlinks=False).st_size > 0
    except FileNotFoundError:
        return False


__all__ = ["START", "Chunk", "Frame", "Place", "SpoolFile", "spool_file"]
