"""What a process sets aside while a store is away: many requests, one fsync, then their answers."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from lockhouse.errors import LockhouseError, Unavailable
from lockhouse.faces import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.model.ports import Clock
    from lockhouse.wiring_spool import Chunk, Place, SpoolFile

MAX_GROUP = 500
MAX_GROUP_BYTES = 8 << 20
FULL = "spool: expected room for what came in, got a spool that is full"
_END = "spool: expected to go on, got the end of the process"
T = TypeVar("T")


class Spool:
    """One process's side of the house's spool.

    Attributes:
        counts: events of this process, by what became of them: `taken`, `drained`, `failed`.
        takes: whether anything may be set aside; else what came to wait before is only brought back.
    """

    def __init__(self, file: SpoolFile, clock: Clock) -> None:
        self.counts: Counter[str] = Counter()
        self.takes = file.takes
        self._file = file
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._waiting: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._adding: asyncio.Task[None] | None = None
        self._is_spooling = False

    def size(self) -> int:
        """How many bytes wait, of all processes together."""
        return self._file.size()

    def waits(self) -> bool:
        """Whether anything waits. Then what comes in goes behind it: one person's words are heard in their order."""
        return self._file.size() > 0

    async def add(self, raw: bytes, *, events: int) -> None:
        """Returns once it is on the disk.

        Raises:
            Tampered: what lies in the spool was not made by this house.
            Unavailable: there is no room for it; or the process ends.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((raw, future))
        if self._adding is None or self._adding.done():
            self._adding = asyncio.create_task(self._add_all())
        await future
        self.counts["taken"] += events
        if not self._is_spooling:
            self._is_spooling = True
            logs.get().warning("spooling")

    async def _add_all(self) -> None:
        while self._waiting:
            group = self._taken()
            try:
                plains = [raw for raw, _ in group]
                taken = await self._run(partial(self._file.append, plains, at=self._clock.now_ms()))
            except LockhouseError as error:
                _fail(group, error)
            except BaseException:
                _fail([*group, *self._waiting], Unavailable(_END))
                self._waiting.clear()
                raise
            else:
                for _, future in group[:taken]:
                    if not future.done():
                        future.set_result(None)
                _fail(group[taken:], Unavailable(FULL, retry_after_s=10.0))

    def _taken(self) -> list[tuple[bytes, asyncio.Future[None]]]:
        group: list[tuple[bytes, asyncio.Future[None]]] = []
        size = 0
        while self._waiting and len(group) < MAX_GROUP and size < MAX_GROUP_BYTES:
            group.append(self._waiting.popleft())
            size += len(group[-1][0])
        return group

    # ---- draining ----------------------------------------------------------------------------------------------

    async def take_hold(self) -> bool:
        """Whether this process is the one that drains, until `let_go`."""
        return await self._run(self._file.take_hold)

    async def let_go(self) -> None:
        """Another process may drain."""
        await self._run(self._file.let_go)

    async def read(self, place: Place, *, most_bytes: int) -> Chunk:
        """What waits from this place on.

        Raises:
            Tampered: it was not made by this house.
            Unavailable: a stopped process holds it.
        """
        return await self._run(partial(self._file.read, place, most_bytes=most_bytes))

    async def empty(self, place: Place | None) -> bool:
        """Whether nothing waits behind this place, so that the spool is empty now; None empties it whatever it holds.

        Raises:
            Tampered: it was not made by this house.
            Unavailable: it cannot be written, or a stopped process holds it.
        """
        is_empty = await self._run(partial(self._file.empty, place))
        self._is_spooling = self._is_spooling and not is_empty
        return is_empty

    async def began_at(self) -> int | None:
        """Since when something waits, in ms; None when nothing does.

        Raises:
            Tampered: it was not made by this house.
            Unavailable: a stopped process holds it.
        """
        return await self._run(self._file.began_at)

    def close(self) -> None:
        """Let go of the file; what lies in it stays, for the next process that collects."""
        self._thread.shutdown(wait=True)
        self._file.close()

    async def _run(self, work: Callable[[], T]) -> T:
        """Every touch of the file happens in one thread: its lock parts processes."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _fail(group: list[tuple[bytes, asyncio.Future[None]]], error: LockhouseError) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(error)
