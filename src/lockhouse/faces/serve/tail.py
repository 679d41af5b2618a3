"""Reading along: what the collecting processes answer, as they answer it, in shapes only."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Unavailable
from lockhouse.faces.serve.desk import Answer, ask_line, collecting, connect

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

_DECODE = msgspec.json.Decoder(Answer).decode
_DECODE_ALL = msgspec.json.Decoder(list[Answer]).decode
_SHUT = frozenset({"refused", "rejected"})
_ENDED = None


async def follow(folder: Path, *, channel: str | None = None, refused_only: bool = False) -> AsyncGenerator[Answer]:
    """The last 1,000 answers of each collecting process, then each answer as it is given.

    Ends when every collecting process has.

    Args:
        folder: of the house.
        channel: only this channel's.
        refused_only: only what was refused, as events or as whole requests.

    Raises:
        Unavailable: the house is not being served from this machine, or nothing of it collects.
    """
    streams = []
    for path in collecting(folder):
        try:
            streams.append(await connect(path, "tail"))
        except Unavailable:
            continue  # left by a process that was killed
    if not streams:
        raise Unavailable("tail: expected a house that collects, got none running", hint="lockhouse serve")
    lines: asyncio.Queue[bytes | None] = asyncio.Queue(1_000)
    readers = [asyncio.create_task(_read(reader, lines)) for reader, _ in streams]
    try:
        running = len(readers)
        while running:
            line = await lines.get()
            if line is _ENDED:
                running -= 1
                continue
            answer = _DECODE(line)
            if (channel is None or answer.channel == channel) and (not refused_only or answer.outcome in _SHUT):
                yield answer
    finally:
        for task in readers:
            task.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        for _, writer in streams:
            writer.close()


async def recent(folder: Path, channel: str) -> list[Answer] | None:
    """The newest answers of each collecting process to a channel's events; None where none runs on this machine.

    A process that does not answer in time, or of another version, is left out.
    """
    asked = [ask_line(path, "recent", channel=channel) for path in collecting(folder)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    lines = [one for one in told if isinstance(one, bytes)]
    if not lines:
        return None
    found: list[Answer] = []
    for line in lines:
        with suppress(msgspec.MsgspecError):
            found += _DECODE_ALL(line)
    return found


async def _read(reader: asyncio.StreamReader, lines: asyncio.Queue[bytes | None]) -> None:
    with suppress(OSError, ValueError):  # cut off, or a line too long
        while line := await reader.readline():
            await lines.put(line)
    await lines.put(_ENDED)  # not when cancelled: nobody takes it any more, and a full queue would hold us
