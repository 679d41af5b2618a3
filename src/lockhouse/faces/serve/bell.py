"""The supervisor's own socket, `serve.sock`: where `lockhouse restart` asks for new code and hears what became of it.

One JSON line each way. Mode 0600, and the kernel is asked who is there: whoever may ask is the user whose house it is,
and could end and start it as well.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lockhouse.errors import LockhouseError, Unavailable
from lockhouse.faces.serve.desk import connect, is_ours, lay_out

BELL = "serve.sock"
ANSWER_WITHIN_S = 150.0
"""Trying takes a second or two, a start may fold a long ledger first."""
_ASK_WITHIN_S = 5.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a restart: the version that serves now, or why the old processes go on."""

    version: str = ""
    why: str = ""
    hint: str = ""


class _Ask(msgspec.Struct, frozen=True, kw_only=True):
    ask: str
    python: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """A restart that was asked for: with the code of this Python, to be answered here."""

    python: str
    writer: asyncio.StreamWriter

    @property
    def fd(self) -> int:
        """The open connection, for whoever answers in this process's place."""
        fd: int = self.writer.get_extra_info("socket").fileno()
        return fd

    async def answer(self, outcome: Outcome) -> None:
        """Say what became of it; nobody need be there any more."""
        with suppress(OSError):
            self.writer.write(msgspec.json.encode(outcome) + b"\n")
            await self.writer.drain()
        self.writer.close()


class Bell:
    """Hands on what is asked for, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / BELL
        self._asked: asyncio.Queue[Restart] = asyncio.Queue(8)
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; one that does so goes on."""
        if self._server is None:
            self._server = await asyncio.start_unix_server(self._greet, sock=lay_out(self._path))

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._path.unlink(missing_ok=True)

    async def asked(self) -> Restart:
        """The next restart that is asked for."""
        return await self._asked.get()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        python = await _heard(reader) if is_ours(writer) else None
        if python is None or self._asked.full():
            writer.close()
        else:
            self._asked.put_nowait(Restart(python=python, writer=writer))


async def _heard(reader: asyncio.StreamReader) -> str | None:
    """The Python to go on with; None if nothing of the kind was asked."""
    try:
        async with asyncio.timeout(_ASK_WITHIN_S):
            ask = msgspec.json.decode(await reader.readline(), type=_Ask)
        return ask.python if ask.ask == "restart" and _is_program(Path(ask.python)) else None
    except (OSError, TimeoutError, ValueError, msgspec.DecodeError):
        return None


def _is_program(path: Path) -> bool:
    return path.is_absolute() and path.is_file() and os.access(path, os.X_OK)


async def ring(folder: Path, *, python: str = sys.executable) -> str:
    """Have a served house go on with the code of a Python; the version that serves it then.

    Raises:
        Unavailable: the house is not served, or the new code did not come up, and the old goes on.
    """
    reader, writer = await connect(folder / BELL, "restart", python=python)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            outcome = msgspec.json.decode(await reader.readline(), type=Outcome)
    except (TimeoutError, OSError, msgspec.DecodeError) as err:
        raise Unavailable(
            "restart: expected an answer from serve, got none", hint="its log says what became of it"
        ) from err
    finally:
        writer.close()
    if outcome.why:
        raise Unavailable(outcome.why, hint=outcome.hint)
    return outcome.version


def failure(error: LockhouseError) -> Outcome:
    """What is told of a restart that failed."""
    return Outcome(why=error.text, hint=error.hint)
