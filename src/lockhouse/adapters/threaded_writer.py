"""A writer in a thread of this process: what waits makes groups, whoever asked hears the answer in their own loop.

All work on a store happens in that thread, from its opening to its end. What kind of store it is says the shelf.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from lockhouse.adapters.group_commit.engine import Engine, WriterParts
from lockhouse.adapters.group_commit.plain import MAX_GROUP, PlainChange, is_urgent, plain, settle, settle_one
from lockhouse.adapters.group_commit.shelf import Shelf
from lockhouse.adapters.group_commit.waiting import Waiting
from lockhouse.adapters.writer_protocol import SCRUB_S
from lockhouse.errors import LockhouseError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockhouse.adapters.group_commit.plain import Outcome
    from lockhouse.model.change import Change, Committed, Conflict
    from lockhouse.model.rows import Checkpoint

_TICK_S = 0.25
_SCRUB_STEP_S = 0.02
_ENDED = "writer: expected to run, got closed"


@dataclass(slots=True)
class _Asked:
    """Something asked for, and where its answer goes."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


@dataclass(slots=True)
class _Batch(_Asked):
    changes: list[PlainChange]
    urgent: bool


@dataclass(slots=True)
class _Call(_Asked):
    act: Callable[[], Any]


@dataclass(slots=True)
class _ScrubAsked(_Asked):
    until_s: float


class ThreadShelf(Shelf, Protocol):
    """A shelf that a thread can own from its opening to its end."""

    def scrub(self) -> bool:
        """Try once to leave nothing of a deleted row in the identity store's log; False while somebody is in the way.

        Raises:
            Unavailable: this store has no way to do so.
        """
        ...


ShelfT = TypeVar("ShelfT", bound=ThreadShelf)


class ThreadedWriter(ABC, Generic[ShelfT]):
    """`Commits` and `Epochs` over one shelf. A subclass says how it is opened and closed, and who must hear of epochs.

    Attributes:
        is_open: whether the thread runs.
    """

    def __init__(self, open_shelf: Callable[[], ShelfT], parts: WriterParts) -> None:
        """Open the shelf in a thread of its own, and go on once it stands.

        Raises:
            Unavailable: the shelf cannot be opened, or a place of its anchors is away.
            Tampered: the store is not as this house left it.
        """
        self._parts = parts
        self._shelf: ShelfT
        self._engine: Engine
        self._queue: queue.SimpleQueue[_Batch | _Call | _ScrubAsked | None] = queue.SimpleQueue()
        self._acts: list[Callable[[int, int], None]] = []
        self._door = threading.Lock()
        self._is_open = True
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(open_shelf, ready), name="lockhouse-writer", daemon=True
        )
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            self._thread.join()
            raise

    def _prepare(self) -> None:
        """What else must be so before anybody is let in; in the thread."""

    @abstractmethod
    def _close_shelf(self) -> None:
        """Let the store go; in the thread."""

    # ---- the thread ------------------------------------------------------------------------------------------

    def _run(self, open_shelf: Callable[[], ShelfT], ready: Future[None]) -> None:
        try:
            self._shelf = open_shelf()
            try:
                self._engine = Engine(self._shelf, self._parts)
                self._prepare()
            except BaseException:
                self._close_shelf()
                raise
        except BaseException as error:  # noqa: BLE001  # whoever opens this writer hears of it, whatever it is
            ready.set_exception(error)
            return
        ready.set_result(None)
        self._work()

    def _work(self) -> None:
        waiting: Waiting[_Batch] = Waiting()
        scrubs: list[_ScrubAsked] = []
        try:
            while self._take(waiting, scrubs):
                if waiting:
                    self._commit(waiting.group())
                scrubs = [asked for asked in scrubs if not self._scrub(asked)]
                self._tick()
            while waiting:
                self._commit(waiting.group())
            self._engine.finish()
        finally:
            with self._door:
                self._is_open = False
            self._close_shelf()
            while waiting:
                _deliver([(batch, Unavailable(_ENDED)) for batch in waiting.group()])
            _deliver([(asked, Unavailable(_ENDED)) for asked in (*scrubs, *self._left())])

    def _left(self) -> list[_Asked]:
        left: list[_Asked] = []
        with suppress(queue.Empty):
            while True:
                asked = self._queue.get_nowait()
                if asked is not None:
                    left.append(asked)
        return left

    def _take(self, waiting: Waiting[_Batch], scrubs: list[_ScrubAsked]) -> bool:
        """Move what was asked for into its lines; False once the writer is to close."""
        timeout = 0.0 if waiting else _SCRUB_STEP_S if scrubs else _TICK_S
        try:
            asked = self._queue.get(timeout=timeout) if timeout else self._queue.get_nowait()
            while asked is not None:
                if isinstance(asked, _Batch):
                    waiting.add(asked)
                elif isinstance(asked, _ScrubAsked):
                    scrubs.append(asked)
                else:
                    self._do(asked)
                asked = self._queue.get_nowait()
        except queue.Empty:
            return True
        return False

    @staticmethod
    def _do(call: _Call) -> None:
        try:
            _deliver([(call, call.act())])
        except LockhouseError as error:
            _deliver([(call, error)])
        except BaseException:  # as in `_commit`
            _deliver([(call, Unavailable(_ENDED))])
            raise

    def _commit(self, group: list[_Batch]) -> None:
        try:
            outcomes = self._engine.commit_group([change for batch in group for change in batch.changes])
        except LockhouseError as error:
            _deliver([(batch, error) for batch in group])
            return
        except BaseException:  # a fault of ours ends the writer; nobody may be left waiting for it
            _deliver([(batch, Unavailable(_ENDED)) for batch in group])
            raise
        answers: list[tuple[_Asked, Any]] = []
        start = 0
        for batch in group:
            answers.append((batch, outcomes[start : start + len(batch.changes)]))
            start += len(batch.changes)
        _deliver(answers)

    def _scrub(self, asked: _ScrubAsked) -> bool:
        try:
            done = self._shelf.scrub()
        except Unavailable as error:
            _deliver([(asked, error)])
            return True
        if done:
            _deliver([(asked, None)])
            return True
        if self._parts.clock.monotonic_s() < asked.until_s:
            return False
        _deliver([(asked, Unavailable("scrub: expected no reader in the way, got one for seconds"))])
        return True

    def _tick(self) -> None:
        try:
            self._engine.tick()
        except Unavailable:
            return  # the next tick tries again; until then entries wait for a position, or a checkpoint for its anchor

    # ---- callers ---------------------------------------------------------------------------------------------

    @property
    def notary_public(self) -> bytes:
        """What signatures of notings verify under."""
        return self._engine.notary_public

    async def commit(self, change: Change) -> Committed | Conflict:
        """Commit one Change.

        Raises:
            Invalid: a Change that nothing can make right.
            Unavailable: the store is away.
        """
        [outcome] = await self._outcomes((change,))
        return settle_one(outcome)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """Commit each on its own, in the order given where they touch the same rows.

        A fault comes back as a Conflict with `invalid`.

        Raises:
            Unavailable: the store is away.
        """
        return settle(await self._outcomes(changes))

    async def _outcomes(self, changes: Sequence[Change]) -> list[Outcome]:
        batches = [
            _Batch(*self._asked(), plain(part), any(is_urgent(change) for change in part))
            for part in (changes[start : start + MAX_GROUP] for start in range(0, len(changes), MAX_GROUP))
        ]
        for batch in batches:
            self._put(batch)
        parts: list[list[Outcome]] = await asyncio.gather(*(batch.future for batch in batches))
        return [outcome for part in parts for outcome in part]

    def _asked(self) -> tuple[asyncio.AbstractEventLoop, asyncio.Future[Any]]:
        if not self._is_open:
            raise Unavailable(_ENDED)
        loop = asyncio.get_running_loop()
        return loop, loop.create_future()

    def _put(self, asked: _Batch | _Call | _ScrubAsked) -> None:
        """Into the line; whoever comes while the thread ends is told, not left waiting."""
        with self._door:
            if not self._is_open:
                raise Unavailable(_ENDED)
            self._queue.put(asked)

    async def _call(self, act: Callable[[], Any]) -> Any:
        call = _Call(*self._asked(), act)
        self._put(call)
        return await call.future

    async def scrub(self) -> None:
        """Empty the identity store's log.

        Raises:
            Unavailable: somebody was in the way for 5 s, or this store has no way to do so.
        """
        asked = _ScrubAsked(*self._asked(), self._parts.clock.monotonic_s() + SCRUB_S)
        self._put(asked)
        await asked.future

    async def seal_ledger(self) -> Checkpoint:
        """Fold everything and sign the tree now.

        Raises:
            Unavailable: nothing was ever noted, or the store is away.
            Tampered: the ledger or its newest checkpoint was found changed.
        """
        checkpoint: Checkpoint = await self._call(self._engine.seal_ledger)
        return checkpoint

    def policy(self) -> int:
        """The policy epoch."""
        return self._engine.epochs()[0]

    def key(self) -> int:
        """The key epoch."""
        return self._engine.epochs()[1]

    def alive(self) -> bool:
        """Whether this process may still believe in the epochs it knows."""
        return self._is_open

    async def announce(self, *, policy: bool = False, key: bool = False) -> None:
        """Move an epoch and tell those who asked in this process."""
        moved = await self._call(lambda: self._engine.announce(policy=policy, key=key))
        for act in self._acts:
            act(*moved)

    def on_move(self, act: Callable[[int, int], None]) -> None:
        """Call `act(policy, key)` whenever either moves."""
        self._acts.append(act)

    def close(self) -> None:
        """Commit what waits, let the store go."""
        self._queue.put(None)
        self._thread.join()


def _deliver(answers: list[tuple[_Asked, Any]]) -> None:
    """Hand answers to their loops, one hop a loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for asked, answer in answers:
        by_loop.setdefault(asked.loop, []).append((asked.future, answer))
    for loop, parts in by_loop.items():
        with suppress(RuntimeError):  # a loop that closed has nobody waiting
            loop.call_soon_threadsafe(_resolve, parts)


def _resolve(parts: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, answer in parts:
        if future.done():
            continue
        if isinstance(answer, LockhouseError):
            future.set_exception(answer)
        else:
            future.set_result(answer)
