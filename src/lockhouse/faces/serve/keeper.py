"""Keeping one process alive: started again when it dies, more slowly each time it dies young."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Unavailable
from lockhouse.faces import logs
from lockhouse.faces.serve.bound import Child, spawn
from lockhouse.faces.serve.desk import State, ask_line, connect

if TYPE_CHECKING:
    from lockhouse.faces.serve.roles import Part

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
STEADY_S = 10.0
"""A process that lived this long was well: its next restart is at once again."""
_STATE = msgspec.json.Decoder(State).decode
ASK_AGAIN_S = 0.02
GRACE_S = {"collect": 3.5, "work": 1.5, "writer": 10.0}
"""From being asked to end to being killed. The writer is given long: it may be folding the ledger."""


class Stopped(Exception):  # an end, not always an error
    """A process ended before it was ever up: starting it again would not help. `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


class Keeper:
    """Keeps one part of a house running until `end`."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.state: State | None = None
        self._child: Child | None = None
        self._ending = asyncio.Event()
        self._up = asyncio.Event()
        self._dead = asyncio.Event()

    async def run(self) -> None:
        """Start, wait for its death, start again.

        Raises:
            Stopped: it ended before it was up for the first time.
        """
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_S
        while not self._ending.is_set():
            started = loop.time()
            code = await self._once()
            if self._ending.is_set():
                return
            if not self._up.is_set():
                raise Stopped(code if code > 0 else 1)
            if loop.time() - started > STEADY_S:
                pause = FIRST_PAUSE_S
            logs.get().warning("restarting", part=self.part.name, exit_code=code, in_s=pause)
            try:
                await asyncio.wait_for(self._ending.wait(), pause)
            except TimeoutError:
                pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _once(self) -> int:
        """One life of the process; its exit code."""
        child = self._child = spawn(self.part.arguments, keep=self.part.keep)
        loop = asyncio.get_running_loop()
        self._dead.clear()
        loop.add_reader(child.pidfd, self._dead.set)  # a process's handle becomes readable when it ends
        asking = asyncio.create_task(self._ask())
        try:
            await self._dead.wait()
            return child.popen.wait()
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
