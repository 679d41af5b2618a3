"""Keeping one process alive: started again when it dies, more slowly each time it dies young."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Unavailable
from lockhouse.faces import logs
from lockhouse.faces.serve.bound import Child, spawn
from lockhouse.faces.serve.desk import State, ask_line, connect

if TYPE_CHECKING:
    import socket

    from lockhouse.faces.serve.roles import Part

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
STEADY_S = 10.0
"""A process that lived this long was well: its next restart is at once again."""
_STATE = msgspec.json.Decoder(State).decode
ASK_AGAIN_S = 0.02
TRY_S = 60.0
"""A new process that is held has so long to say that it could start."""
GRACE_S = {"collect": 3.5, "console": 3.5, "work": 1.5, "writer": 10.0}
"""From being asked to end to being killed. The writer is given long: it may be folding the ledger."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a process that is held says: that it could start, or why not."""

    why: str = ""
    hint: str = ""


_TRIED = msgspec.json.Decoder(Tried).decode


class Stopped(Exception):  # an end, not always an error
    """A process ended before it was ever up: starting it again would not help. `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


class Keeper:
    """Keeps one part of a house running until `end`."""

    def __init__(
        self, part: Part, *, python: str = sys.executable, child: Child | None = None, lasting: bool = False
    ) -> None:
        """Keep a part.

        Args:
            part: which.
            python: whose code it runs.
            child: it runs already.
            lasting: a process that ends before it is ever up is started again too.
        """
        self.part = part
        self.state: State | None = None
        self._python = python
        self._first = child
        self._child: Child | None = None
        self._ending = asyncio.Event()
        self._up = asyncio.Event()
        self._dead = asyncio.Event()
        self._lasting = lasting or child is not None

    @property
    def child(self) -> Child | None:
        """The process that runs now."""
        return self._child

    async def hold(self) -> None:
        """Its process is there, could start, and waits for `run`.

        Raises:
            Unavailable: it could not start.
        """
        try:
            child = self._first = spawn(self.part.arguments, keep=self.part.keep, python=self._python, held=True)
            said = b"" if child.word is None else await _line(child.word)
            tried = _TRIED(said) if said else Tried(why="it ended, or said nothing", hint="serve's log says more")
        except OSError as err:
            tried = Tried(why=err.strerror or "an error of the system", hint="the old processes go on")
        except msgspec.DecodeError:
            tried = Tried(why="it said what is not understood", hint="give a Python that has Lockhouse")
        if tried.why:
            raise Unavailable(f"{self.part.name}: expected one that can start, got: {tried.why}", hint=tried.hint)

    def drop(self) -> None:
        """End a process that is held; nothing waited for it."""
        child, self._first = self._first, None
        if child is not None:
            child.signal(signal.SIGKILL)
            child.wait()
            child.close()

    async def run(self) -> None:
        """Start, wait for its death, start again.

        Raises:
            Stopped: it ended before it was up for the first time.
        """
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_S
        while self._first is not None or not self._ending.is_set():
            started = loop.time()
            code = await self._once()
            if self._ending.is_set():
                return
            if not self._up.is_set() and not self._lasting:
                raise Stopped(code if code > 0 else 1)
            if loop.time() - started > STEADY_S:
                pause = FIRST_PAUSE_S
            logs.get().warning("restarting", part=self.part.name, exit_code=code, in_s=pause)
            try:
                await asyncio.wait_for(self._ending.wait(), pause)
            except TimeoutError:
                pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _once(self) -> int:
        """One life of the process; its exit code. Where the system has no room for one, that is over at once."""
        try:
            child = self._child = self._first or spawn(self.part.arguments, keep=self.part.keep, python=self._python)
        except OSError as err:
            logs.get().error("cannot start", part=self.part.name, why=err.strerror or "an error of the system")
            return 1
        self._first = None
        if child.word is not None:
            child.word.send(b"g")
            child.word.close()
            child.word = None
        loop = asyncio.get_running_loop()
        self._dead.clear()
        loop.add_reader(child.pidfd, self._dead.set)  # a process's handle becomes readable when it ends
        asking = asyncio.create_task(self._ask())
        try:
            await self._dead.wait()
            return child.wait()
        finally:
            loop.remove_reader(child.pidfd)
            asking.cancel()
            self._child = None
            child.close()

    async def _ask(self) -> None:
        """Ask until it answers: then it is up."""
        while True:
            try:
                if self.part.kind == "writer":
                    _, writer = await connect(self.part.desk, "state")
                    writer.close()
                else:
                    self.state = _STATE(await ask_line(self.part.desk, "state"))
            except Unavailable:
                await asyncio.sleep(ASK_AGAIN_S)
                continue
            self._up.set()
            return

    async def wait_up(self) -> None:
        """Returns once it was up for the first time."""
        await self._up.wait()

    def expect_end(self) -> None:
        """It is leaving already: when it ends, that is its end."""
        self._ending.set()

    async def leave(self) -> None:
        """Ask it to take nobody new and to end by itself; returns once it takes nobody new."""
        self._ending.set()
        child = self._child
        if child is None:
            return
        child.signal(signal.SIGUSR1)
        loop = asyncio.get_running_loop()
        latest = loop.time() + GRACE_S[self.part.kind]
        while self.part.desk.exists() and not self._dead.is_set() and loop.time() < latest:  # noqa: ASYNC110  # a file
            await asyncio.sleep(ASK_AGAIN_S)

    async def end(self) -> None:
        """Ask it to end, wait, and end it if it does not."""
        self._ending.set()
        child = self._child
        if child is None:
            return
        child.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._dead.wait(), GRACE_S[self.part.kind])
        except TimeoutError:
            logs.get().warning("killed", part=self.part.name)
            child.signal(signal.SIGKILL)
            await self._dead.wait()


async def _line(word: socket.socket) -> bytes:
    """What a process that is held says; nothing if it ends before, or does not say it in time."""
    word.settimeout(0.0)
    loop, said = asyncio.get_running_loop(), b""
    try:
        async with asyncio.timeout(TRY_S):
            while not said.endswith(b"\n"):
                more = await loop.sock_recv(word, 4_096)
                if not more:
                    return b""
                said += more
    except (TimeoutError, ConnectionError):
        return b""
    return said
