"""A process's own socket in the house folder: how it stands, what it counted, and its answers as they are given.

One JSON line is asked (`{"ask": "state"}`, `"counts"`, `"recent"` or `"tail"`), one is answered; a tail goes on until
either side hangs up. The socket is a file of mode 0600 and the kernel is asked who is behind it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import deque
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

RECENT = 40
"""The newest answers of a channel that are told at once."""
REMEMBERED = 1_000
"""Answers that a process keeps for whoever begins to look."""
_BEHIND = 10_000
"""A reader that is further behind than this is let go: it must not make a process grow."""
_LINE_BYTES = 1 << 20
_SOCKET_PATH_BYTES = 100
_UCRED = struct.Struct("3i")
ANSWER_S = 2.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event: shapes only, never a value.

    Attributes:
        at: ms.
        channel: its name; empty for a sender that is not known.
        event: its name if the policy knows it, else `*`, since a name can be a value.
        dropped: (path with unknown segments as `*`, reason).
        count: how many events or requests this stands for.
    """

    at: int
    channel: str
    event: str
    outcome: str
    code: str
    kept: int = 0
    dropped: tuple[tuple[str, str], ...] = ()
    count: int = 1


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How a process stands. `reasons` say why it cannot do its work yet; empty when it can."""

    process: str
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_ENCODE = msgspec.json.Encoder().encode


class Answers:
    """The last answers of this process, and who reads along."""

    def __init__(self) -> None:
        self._kept: deque[Answer] = deque(maxlen=REMEMBERED)
        self._readers: set[asyncio.Queue[Answer | None]] = set()

    def add(self, answer: Answer) -> None:
        """Keep it and hand it to whoever reads along."""
        self._kept.append(answer)
        for reader in self._readers:
            with suppress(asyncio.QueueFull):
                reader.put_nowait(answer)

    def recent(self, channel: str) -> list[Answer]:
        """The newest ones of a channel, oldest first."""
        newest = islice((one for one in reversed(self._kept) if one.channel == channel), RECENT)
        return list(newest)[::-1]

    async def follow(self) -> AsyncIterator[Answer]:
        """What is kept, then each answer as it is given; ends for a reader that has fallen too far behind."""
        reader: asyncio.Queue[Answer | None] = asyncio.Queue(_BEHIND)
        for kept in self._kept:
            reader.put_nowait(kept)
        self._readers.add(reader)
        try:
            while not reader.full() and (answer := await reader.get()) is not None:
                yield answer
        finally:
            self._readers.discard(reader)

    def end(self) -> None:
        """Whoever reads along has read all."""
        for reader in self._readers:
            with suppress(asyncio.QueueFull):
                reader.put_nowait(None)


class Desk:
    """Serves one process's socket. `counts` and `state` are asked anew each time."""

    def __init__(self, path: Path, *, state: Callable[[], State], counts: Callable[[], Any], answers: Answers) -> None:
        self._path = path
        self._state = state
        self._counts = counts
        self._answers = answers
        self._server: asyncio.Server | None = None
        self._file = -1
        self._talks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen; a socket left by a process that was killed is replaced."""
        sock = lay_out(self._path)
        self._file = self._path.stat().st_ino
        self._server = await asyncio.start_unix_server(self._greet, sock=sock, limit=_LINE_BYTES)

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(self._serve(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def close(self) -> None:
        """Stop listening, take the socket away, let those who read along go.

        Another process's socket that has taken its place stays: it may have got the same inode, once this one is away.
        """
        if self._server is not None:
            self._server.close()
            self._server = None
            with suppress(FileNotFoundError):
                if self._path.stat().st_ino == self._file:
                    self._path.unlink()
        self._answers.end()
        if self._talks:
            await asyncio.wait(self._talks, timeout=1.0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if is_ours(writer):
                # Whatever is no question ends the talk: no JSON, no UTF-8, or more than a line may hold.
                with suppress(OSError, ValueError):
                    await self._talk(reader, writer)
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = msgspec.json.decode(await reader.readline(), type=dict[str, str])
        asked = said.get("ask")
        if asked == "tail":
            await self._tell(reader, writer)
            return
        if asked == "recent":
            told: Any = self._answers.recent(said.get("channel", ""))
        else:
            told = self._counts() if asked == "counts" else self._state()
        writer.write(_ENCODE(told) + b"\n")
        await writer.drain()

    async def _tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Every answer, until the other side hangs up or this process ends."""
        telling = asyncio.create_task(_tell_all(self._answers, writer))
        hung_up = asyncio.create_task(reader.read(1))
        await asyncio.wait({telling, hung_up}, return_when=asyncio.FIRST_COMPLETED)
        for task in (telling, hung_up):
            task.cancel()
        await asyncio.gather(telling, hung_up, return_exceptions=True)


async def _tell_all(answers: Answers, writer: asyncio.StreamWriter) -> None:
    async for answer in answers.follow():
        writer.write(_ENCODE(answer) + b"\n")
        await writer.drain()


def lay_out(path: Path) -> socket.socket:
    """A listening socket in the house folder, mode 0600; one left by a process that was killed is replaced."""
    with suppress(FileNotFoundError):
        path.unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with socket_address(path) as address:
            sock.bind(address)
    finally:
        os.umask(before)
    sock.listen(16)
    sock.settimeout(0.0)
    return sock


def is_ours(writer: asyncio.StreamWriter) -> bool:
    """Whether the process at the other end belongs to the same user."""
    sock: socket.socket = writer.get_extra_info("socket")
    _, user, _ = _UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return bool(user == os.getuid())


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """A path to a socket that fits into a socket address, however deep its folder lies."""
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def collecting(folder: Path) -> list[Path]:
    """Sockets of the house's collecting processes; one that was killed may have left its behind."""
    return sorted(folder.glob("tail-*.sock"))


def consoles(folder: Path) -> list[Path]:
    """The same of the processes that show the console."""
    return sorted(folder.glob("console-*.sock"))


async def connect(path: Path, ask: str, **more: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A conversation with a process of the house, its question asked.

    Raises:
        Unavailable: it does not run.
    """
    try:
        with socket_address(path) as address:
            reader, writer = await asyncio.open_unix_connection(address, limit=_LINE_BYTES)
    except OSError as err:
        raise Unavailable("serve: expected a running house, got none", hint="lockhouse serve") from err
    writer.write(_ENCODE({"ask": ask, **more}) + b"\n")
    return reader, writer


async def ask_line(path: Path, ask: str, **more: str) -> bytes:
    """The answer to one question.

    Raises:
        Unavailable: the process does not run, or does not answer in time.
    """
    reader, writer = await connect(path, ask, **more)
    try:
        line = await asyncio.wait_for(reader.readline(), ANSWER_S)
    except (TimeoutError, OSError) as err:
        raise Unavailable("serve: expected an answer from a process, got none") from err
    finally:
        writer.close()
    if not line:
        raise Unavailable("serve: expected an answer from a process, got its end")
    return line
