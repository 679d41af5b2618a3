"""The writer in this process: a command line without a running house, and tests.

All work on the files happens in one thread; callers hand it batches and wait. Epochs are this process's own: there
is nobody else to ask.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockhouse.adapters.group_commit.engine import Engine, WriterParts
from lockhouse.adapters.group_commit.plain import MAX_GROUP, PlainChange, is_urgent, plain, settle, settle_one
from lockhouse.adapters.group_commit.waiting import Waiting
from lockhouse.adapters.sqlite_writer.shelf import SqliteShelf
from lockhouse.adapters.writer_protocol import LEASE_S, SCRUB_S
from lockhouse.errors import LockhouseError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

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


class LocalWriter:
    """`Commits` and `Epochs` on the files of a folder, for as long as no other writer has it."""

    def __init__(self, folder: Path, parts: WriterParts) -> None:
        """Take the folder.

        Raises:
            Unavailable: another writer has it, its schema is not this release's, or a place of its anchors is away.
        """
        self._parts = parts
        self._shelf = SqliteShelf(folder)
        self._opened_s = parts.clock.monotonic_s()
        try:
            self._engine = Engine(self._shelf, parts)
        except BaseException:
            self._close_shelf()
            raise
        self._queue: queue.SimpleQueue[_Batch | _Call | _ScrubAsked | None] = queue.SimpleQueue()
        self._acts: list[Callable[[int, int], None]] = []
        self._door = threading.Lock()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name="lockhouse-writer", daemon=True)
        self._thread.start()

    # ---- the thread ------------------------------------------------------------------------------------------

    def _run(self) -> None:
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

    def _close_shelf(self) -> None:
        """Give the folder free. Nobody but this process believes in this writer; in one that was cut off, perhaps."""
        rested = self._parts.clock.monotonic_s() >= self._opened_s + LEASE_S
        self._shelf.close(in_order=rested or not self._shelf.was_cut_off)

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
        if self._shelf.scrub():
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
            Unavailable: a reader was in the way for 5 s.
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
        """Whether this process still has the folder: then nobody else can move an epoch."""
        return self._is_open

    async def announce(self, *, policy: bool = False, key: bool = False) -> None:
        """Move an epoch and tell those who asked.

        After a writer that was cut off, its clients may go on for one lease: the answer waits for its end.
        """
        moved = await self._call(lambda: self._engine.announce(policy=policy, key=key))
        for act in self._acts:
            act(*moved)
        if self._shelf.was_cut_off:
            await asyncio.sleep(max(0.0, self._opened_s + LEASE_S - self._parts.clock.monotonic_s()))

    def on_move(self, act: Callable[[int, int], None]) -> None:
        """Call `act(policy, key)` whenever either moves."""
        self._acts.append(act)

    def close(self) -> None:
        """Commit what waits, close the files and give the folder free."""
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
