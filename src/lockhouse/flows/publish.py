"""Publish: the log as tiles, for a web server, a mirror or an auditor who reads only what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.checkpoint import open_checkpoint
from lockhouse.gates.exported import chunks
from lockhouse.ledger.tiles import TileWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockhouse.gates.house import House
    from lockhouse.ledger.verify.tiles import Read
    from lockhouse.model.ports import Sequencer


async def publish(
    house: House, *, sequencer: Sequencer, vkeys: Sequence[str], read: Read, write: Callable[[str, bytes], None]
) -> tuple[int, set[str]]:
    """Every entry stands in the tiles, under a fresh checkpoint; its size, and which files are outdated now.

    Only what is new since the folder's own checkpoint is written, the checkpoint last: who reads meanwhile, or after
    a crash, finds the tiles of the one before.

    Args:
        house: as it stands.
        sequencer: signs the checkpoint.
        vkeys: of the log.
        read: gives the folder's files, or nothing for one that is not there.
        write: a file becomes durable, as a whole or not at all.

    Raises:
        Tampered: the tiles are not those of this log, or the log is not as it was signed.
        Invalid: they are another log's.
    """
    writer = TileWriter(read, origin=house.log, vkeys=vkeys)
    sealed = await sequencer.seal_ledger()
    point = open_checkpoint(sealed.text, vkeys)
    async for chunk in chunks(house, writer.start, point.size):
        for path, raw in writer.take(chunk):
            write(path, raw)
    for path, raw in writer.close(point, sealed.text):
        write(path, raw)
    return point.size, writer.outdated()
