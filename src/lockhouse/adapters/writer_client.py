"""The writer as every other process sees it: `Commits` and `Epochs` over its socket.

Changes that gather while two groups are under way go out together as the next. When the writer dies, what was
under way is `Unavailable`, this process seals and opens nothing until it is confirmed again, and the client keeps
trying to reach the writer that comes after.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from lockhouse.adapters.group_commit.ledger_duty import DECIDE
from lockhouse.adapters.group_commit.plain import MAX_GROUP, is_urgent, settle, settle_one
from lockhouse.adapters.writer_protocol import (
    BEAT_S,
    HEAD,
    LEASE_S,
    MAX_FRAME_BYTES,
    MAX_IN_FLIGHT,
    PROTOCOL,
    Ack,
    Announce,
    Answers,
    Beat,
    Done,
    Echo,
    Failed,
    FromWriter,
    Hello,
    Leave,
    Moved,
    Scrub,
    Seal,
    Welcome,
    commit_frame,
    frame,
    from_writer,
    socket_address,
)
from lockhouse.errors import Tampered, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lockhouse.adapters.group_commit.plain import Outcome
    from lockhouse.errors import LockhouseError
    from lockhouse.model.change import Change, Committed, Conflict
    from lockhouse.model.ports import Clock
    from lockhouse.model.rows import Checkpoint

_RETRY_S = 0.1
_AWAY = "writer: expected a running writer, got none"
SILENT_BEATS = 40
"""A writer that returned none of so many beats (20 s) stands still: whoever waits for it is told so, and may ask again.

It is counted in beats that were sent, so that a process that was itself stopped takes no writer for silent. Longer than
anything the writer does in one go, and four times the deadline of a sealed write.
"""


@dataclass(eq=False, slots=True)
class _Ask:
    """Changes of one caller, at most a group."""

    changes: Sequence[Change]
    future: asyncio.Future[list[Outcome]]


class WriterClient:
    """A process's connection to the writer of its house."""

    def __init__(self, folder: Path, *, role: str, clock: Clock) -> None:
        self._folder = folder
        self._role = role
        self._clock = clock
        self._stream: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._welcomed = asyncio.Event()
        self._notary = b""
        self._epochs = (0, 0)
        self._confirmed_s = float("-inf")
        self._acts: list[Callable[[int, int], None]] = []
        self._urgent: deque[_Ask] = deque()
        self._usual: deque[_Ask] = deque()
        self._groups: dict[int, list[_Ask]] = {}
        self._calls: dict[int, asyncio.Future[Done]] = {}
        self._seq = 0
        self._left = False
        self._unreturned = 0

    @classmethod
    async def connect(cls, folder: Path, *, role: str, clock: Clock, timeout_s: float = 10.0) -> WriterClient:
        """Reach the writer, which may just be starting.

        Raises:
            Unavailable: it did not answer in time.
        """
        client = cls(folder, role=role, clock=clock)
        client._tasks = [asyncio.create_task(client._keep_connected()), asyncio.create_task(client._keep_beating())]
        try:
            await asyncio.wait_for(client._welcomed.wait(), timeout_s)
        except TimeoutError as error:
            await client.close()
            raise Unavailable(_AWAY, hint="lockhouse serve") from error
        return client

    async def close(self) -> None:
        """Leave; what is under way is `Unavailable`.

        The lease is given up before the writer is told, so that endings need not wait for it to run out.
        """
        self._left = True
        self._confirmed_s = float("-inf")
        if self._stream is not None:
            with suppress(OSError):
                _put(self._stream, frame(Leave()))
                await self._stream.drain()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lose()

    # ---- the connection --------------------------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        while True:
            with suppress(OSError, EOFError, msgspec.DecodeError):
                await self._converse()
            self._lose()
            await asyncio.sleep(_RETRY_S)

    async def _converse(self) -> None:
        with socket_address(self._folder) as address:
            reader, stream = await asyncio.open_unix_connection(address)
        try:
            self._unreturned = 0
            _put(stream, frame(Hello(PROTOCOL, self._role)))
            _put(stream, frame(Beat(self._clock.monotonic_s())))
            while True:
                (size,) = HEAD.unpack(await reader.readexactly(HEAD.size))
                if size > MAX_FRAME_BYTES:
                    return
                self._receive(stream, from_writer.decode(await reader.readexactly(size)))
        finally:
            stream.close()

    def _lose(self) -> None:
        self._stream = None
        self._confirmed_s = float("-inf")
        asks = [ask for group in self._groups.values() for ask in group] + [*self._urgent, *self._usual]
        futures: list[asyncio.Future[Any]] = [*(ask.future for ask in asks), *self._calls.values()]
        for held in (self._groups, self._calls, self._urgent, self._usual):
            held.clear()
        for future in futures:
            if not future.done():
                future.set_exception(Unavailable("writer: expected an answer, got the end of the connection"))

    async def _keep_beating(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            if self._stream is not None:
                self._unreturned += 1
                if self._unreturned > SILENT_BEATS:
                    self._stream.transport.abort()  # what waits in it would hold a close up: nobody reads it
                else:
                    _put(self._stream, frame(Beat(self._clock.monotonic_s())))

    def _receive(self, stream: asyncio.StreamWriter, message: FromWriter) -> None:
        match message:
            case Answers(seq=seq, outcomes=outcomes):
                self._answer(seq, outcomes)
            case Echo(at=at):
                self._unreturned = 0
                self._confirmed_s = float("-inf") if self._left else max(self._confirmed_s, at)
                self._welcomed.set()  # the first beat travels behind `Hello`: whoever has connected may open at once
            case Moved(policy=policy, key=key):
                self._move(stream, (policy, key))
            case Done(seq=seq):
                _resolve(self._calls.pop(seq, None), message)
            case Failed(seq=seq, text=text, tampered=tampered):
                self._fail(seq, Tampered(text, hint=DECIDE) if tampered else Unavailable(text))
            case Welcome():
                self._notary = message.notary_public
                self._stream = stream
                self._move(stream, (message.policy, message.key))

    def _move(self, stream: asyncio.StreamWriter, epochs: tuple[int, int]) -> None:
        if epochs != self._epochs:
            self._epochs = epochs
            for act in self._acts:
                act(*epochs)
        _put(stream, frame(Ack(*epochs)))

    def _answer(self, seq: int, outcomes: list[Outcome]) -> None:
        start = 0
        for ask in self._groups.pop(seq, []):
            _resolve(ask.future, outcomes[start : start + len(ask.changes)])
            start += len(ask.changes)
        self._pump()

    def _fail(self, seq: int, error: LockhouseError) -> None:
        futures: list[asyncio.Future[Any]] = [ask.future for ask in self._groups.pop(seq, [])]
        if seq in self._calls:
            futures.append(self._calls.pop(seq))
        for future in futures:
            if not future.done():
                future.set_exception(error)
        self._pump()

    # ---- commits ---------------------------------------------------------------------------------------------

    @property
    def notary_public(self) -> bytes:
        """What signatures of notings verify under; another after the writer was restarted."""
        return self._notary

    async def commit(self, change: Change) -> Committed | Conflict:
        """Commit one Change.

        Raises:
            Invalid: a Change that nothing can make right.
            Unavailable: the writer is away; the Change may or may not stand.
        """
        [outcome] = await self._outcomes((change,))
        return settle_one(outcome)

    async def commit_each(self, changes: Sequence[Change]) -> list[Committed | Conflict]:
        """Commit each on its own, in the order given where they touch the same rows.

        A fault comes back as a Conflict with `invalid`.

        Raises:
            Unavailable: the writer is away; any of them may or may not stand.
        """
        return settle(await self._outcomes(changes))

    async def _outcomes(self, changes: Sequence[Change]) -> list[Outcome]:
        if self._stream is None:
            raise Unavailable(_AWAY)
        loop = asyncio.get_running_loop()
        asks: list[_Ask] = []
        for start in range(0, len(changes), MAX_GROUP):
            ask = _Ask(changes[start : start + MAX_GROUP], loop.create_future())
            (self._urgent if any(is_urgent(change) for change in ask.changes) else self._usual).append(ask)
            asks.append(ask)
        self._pump()
        parts = await asyncio.gather(*(ask.future for ask in asks))
        return [outcome for part in parts for outcome in part]

    def _pump(self) -> None:
        while self._stream is not None and len(self._groups) < MAX_IN_FLIGHT and (self._urgent or self._usual):
            line = self._urgent or self._usual
            group = [line.popleft()]
            size = len(group[0].changes)
            while line and size + len(line[0].changes) <= MAX_GROUP:
                group.append(line.popleft())
                size += len(group[-1].changes)
            self._send_group(self._stream, group, line)

    def _send_group(self, stream: asyncio.StreamWriter, group: list[_Ask], line: deque[_Ask]) -> None:
        self._seq += 1
        changes = [change for ask in group for change in ask.changes]
        try:
            _put(stream, commit_frame(self._seq, changes, urgent=line is self._urgent))
        except Unavailable as error:
            if len(group) > 1:  # together longer than a frame: one after the other
                line.extendleft(reversed(group[1:]))
                self._send_group(stream, group[:1], line)
            elif not group[0].future.done():
                group[0].future.set_exception(error)
            return
        self._groups[self._seq] = group

    async def _call(self, make: Callable[[int], Announce | Scrub | Seal]) -> Done:
        if self._stream is None:
            raise Unavailable(_AWAY)
        self._seq += 1
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._calls[self._seq] = future
        _put(self._stream, frame(make(self._seq)))
        return await future

    async def scrub(self) -> None:
        """Empty the identity store's log.

        Raises:
            Unavailable: a reader was in the way for 5 s, or the writer is away.
        """
        await self._call(Scrub)

    async def seal_ledger(self) -> Checkpoint:
        """Fold everything and sign the tree now.

        Raises:
            Unavailable: nothing was ever noted, or the writer is away.
        """
        done = await self._call(Seal)
        if done.checkpoint is None:
            raise Unavailable("ledger: expected a checkpoint, got none")
        return done.checkpoint

    # ---- epochs ----------------------------------------------------------------------------------------------

    def policy(self) -> int:
        """The policy epoch this process has seen."""
        return self._epochs[0]

    def key(self) -> int:
        """The key epoch this process has seen."""
        return self._epochs[1]

    def alive(self) -> bool:
        """Whether the writer has returned a beat that was sent within the lease."""
        return self._clock.monotonic_s() - self._confirmed_s <= LEASE_S

    async def announce(self, *, policy: bool = False, key: bool = False) -> None:
        """Move an epoch; returns when every process acted on it, or can no longer be in its lease.

        Raises:
            Unavailable: the writer is away; the epoch may have moved.
        """
        await self._call(lambda seq: Announce(seq, policy, key))

    def on_move(self, act: Callable[[int, int], None]) -> None:
        """Call `act(policy, key)` whenever either moves, before it is acknowledged."""
        self._acts.append(act)


def _put(stream: asyncio.StreamWriter, raw: bytes) -> None:
    """Write, unless the connection has just ended: whoever waits for an answer hears of that in the next turns.

    The loop that serves raises there, where asyncio's own drops what is written.
    """
    if not stream.is_closing():
        stream.write(raw)


def _resolve(future: asyncio.Future[Any] | None, result: object) -> None:
    if future is not None and not future.done():
        future.set_result(result)
