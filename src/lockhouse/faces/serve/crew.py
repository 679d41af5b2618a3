"""The processes of one house, as its supervisor holds them: brought up, let go, ended in order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lockhouse.errors import LockhouseError
from lockhouse.faces import logs
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.faces.serve.http import LEAVE_S
from lockhouse.faces.serve.keeper import GRACE_S, Keeper, Stopped

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lockhouse.settings import Settings
BESIDE = ("console", "work")
"""What ends between collecting and the writer, in this order: what staff began is done before."""


@dataclass(slots=True, kw_only=True)
class Crew:
    """A house's processes and what they share.

    Attributes:
        sockets: the listeners, `collect`, `console` and `metrics`.
        lock: the open file that holds `serve.lock`.
        keepers: of the parts that serve, the writer first.
        tasks: their lives.
        leaving: collecting processes that others have taken the place of, and their lives.
    """

    folder: Path
    settings: Settings
    only: Sequence[str]
    sockets: Mapping[str, socket.socket]
    lock: int
    keepers: list[Keeper]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    leaving: list[tuple[Keeper, asyncio.Task[None]]] = field(default_factory=list)

    async def up(self, stopping: asyncio.Task[Any]) -> bool:
        """Start all; whether they came up before one ended or `stopping` was done.

        The writer first: the others need it. They need nothing of each other.
        """
        return await self._up(self.keepers[:1], stopping) and await self._up(self.keepers[1:], stopping)

    async def _up(self, keepers: list[Keeper], stopping: asyncio.Task[Any]) -> bool:
        self.tasks += [asyncio.create_task(keeper.run()) for keeper in keepers]
        up = asyncio.gather(*(keeper.wait_up() for keeper in keepers))
        await asyncio.wait({up, stopping, *self.tasks}, return_when=asyncio.FIRST_COMPLETED)
        came_up = up.done()
        up.cancel()
        await asyncio.gather(up, return_exceptions=True)
        return came_up and not stopping.done()

    async def part(self) -> None:
        """The parts are let go, so that others can take their place: collecting ones leave, then the rest ends.

        Returns once the listener is nobody's and no process has the stores open for writing.
        """
        lives = dict(zip(self.keepers, self.tasks, strict=True))
        await asyncio.gather(*(keeper.leave() for keeper in lives if keeper.part.kind == "collect"))
        for kind in (*BESIDE, "writer"):
            await asyncio.gather(*(keeper.end() for keeper in lives if keeper.part.kind == kind))
        for keeper, life in lives.items():
            if keeper.part.kind == "collect":
                self.let_go(keeper, life)
            else:
                await asyncio.gather(life, return_exceptions=True)
        self.keepers, self.tasks = [], []

    def let_go(self, keeper: Keeper, life: asyncio.Task[None]) -> None:
        """A collecting process that is leaving is waited for; one that does not come to its end is ended."""
        self.leaving = [one for one in self.leaving if not one[1].done()]
        self.leaving.append((keeper, asyncio.create_task(_until_gone(keeper, life))))

    async def end(self) -> int:
        """All are ended in order; the exit code."""
        leaving = [keeper for keeper, _ in self.leaving]
        return await self._end([*leaving, *self.keepers], [*self.tasks, *(life for _, life in self.leaving)])

    async def end_parts(self) -> int:
        """As `end`; those that are leaving go on to do so."""
        return await self._end(self.keepers, self.tasks)

    async def _end(self, keepers: list[Keeper], lives: list[asyncio.Task[None]]) -> int:
        """Collect first, so that nothing more comes in; the writer last, so that all that was taken is durable."""
        for kind in ("collect", *BESIDE, "writer"):
            await asyncio.gather(*(keeper.end() for keeper in keepers if keeper.part.kind == kind))
        code = 0
        for result in await asyncio.gather(*lives, return_exceptions=True):
            if isinstance(result, Stopped):
                code = code or result.code
            elif isinstance(result, LockhouseError):
                code = code or OUTCOMES[type(result)].exit_code
            elif isinstance(result, Exception):
                logs.get().error("supervisor", **logs.fault(result))
                code = code or 1
        return code


async def _until_gone(keeper: Keeper, life: asyncio.Task[None]) -> None:
    done, _ = await asyncio.wait({life}, timeout=LEAVE_S + GRACE_S["collect"])
    if not done:
        await keeper.end()
    await life
