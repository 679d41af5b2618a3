"""The load generator: prepared requests over kept connections, as fast as they are answered or at a set rate."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


def request(path: str, body: bytes, key: str) -> bytes:
    """One request with its write key in the header, as Segment's server libraries send it."""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: shop.example\r\nauthorization: Basic {basic}\r\n"
        f"content-type: application/json\r\nuser-agent: analytics-python/2.3.4\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def batched(events: Sequence[bytes], size: int) -> list[bytes]:
    """Bodies of `POST /v1/batch`."""
    return [b'{"batch":[' + b",".join(events[at : at + size]) + b"]}" for at in range(0, len(events), size)]


@dataclass(slots=True)
class Run:
    """One run: how long it took and how long each request waited (seconds)."""

    took_s: float
    waits_s: list[float]
    failed: int


@dataclass(slots=True)
class _State:
    left: Iterator[bytes]
    waits: list[float] = field(default_factory=list)
    failed: int = 0
    open: int = 0
    answered: int = 0
    since: float = 0.0
    """By the clock: what was due before is answered, and its wait is not kept."""


class _Connection(asyncio.Protocol):
    """Sends a request, waits for its whole answer, sends the next."""

    def __init__(self, state: _State, done: asyncio.Future[None]) -> None:
        self._state = state
        self._done = done
        self._in = b""
        self._at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # a stream's transport is one
        self._state.open += 1

    def next(self) -> None:
        """Send the next request, or leave."""
        raw = next(self._state.left, None)
        if raw is None:
            self._transport.close()
            return
        self.say(raw, time.perf_counter())

    def say(self, raw: bytes, since: float) -> None:
        """Send a request whose wait counts from then on."""
        self._at = since
        self._transport.write(raw)

    def data_received(self, data: bytes) -> None:
        """Count a whole answer and go on."""
        self._in += data
        end = self._in.find(_END)
        if end < 0:
            return
        start = self._in.lower().find(_LENGTH, 0, end)
        length = int(self._in[start + len(_LENGTH) : end + 2].split(b"\r\n", 1)[0])
        if len(self._in) < end + 4 + length:
            return
        self._state.answered += 1
        if self._at >= self._state.since:
            self._state.waits.append(time.perf_counter() - self._at)
        if not self._in.startswith(b"HTTP/1.1 200"):
            self._state.failed += 1
        self._in = b""
        self.next()

    def connection_lost(self, exc: Exception | None) -> None:
        """The last one out ends the run."""
        if exc is not None:
            self._state.failed += 1
        self._state.open -= 1
        if self._state.open == 0 and not self._done.done():
            self._done.set_result(None)


class _Paced(_Connection):
    """Sends what has become due, or stands idle."""

    def __init__(self, state: _State, done: asyncio.Future[None], due: deque[tuple[bytes, float]]) -> None:
        super().__init__(state, done)
        self._due = due
        self.idle = True

    def next(self) -> None:
        """The request that has waited longest, if there is one."""
        self.idle = not self._due
        if self._due:
            self.say(*self._due.popleft())

    def leave(self) -> None:
        """End."""
        self._transport.close()


async def _send(port: int, requests: Sequence[bytes], connections: int) -> Run:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    state = _State(iter(requests))
    made = []
    for _ in range(connections):
        _, connection = await loop.create_connection(lambda: _Connection(state, done), "127.0.0.1", port)
        made.append(connection)
        await asyncio.sleep(0.005)  # clients do not come all at once, or one process would take all of them
    began = time.perf_counter()
    for connection in made:
        connection.next()
    await done
    return Run(time.perf_counter() - began, state.waits, state.failed + len(requests) - state.answered)


def send(port: int, requests: Sequence[bytes], *, connections: int) -> Run:
    """Send all of them; each connection has one under way."""
    import uvloop  # noqa: PLC0415  # the generator must not be what is measured

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_send(port, requests, connections))


async def _send_paced(  # noqa: PLR0913  (as `send_paced`)
    port: int, requests: Sequence[bytes], connections: int, per_s: float, *, spins: bool, warm_s: float
) -> Run:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    state, due = _State(iter(())), deque[tuple[bytes, float]]()
    made = [
        (await loop.create_connection(lambda: _Paced(state, done, due), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    began = time.perf_counter()
    state.since = began + warm_s
    for number, raw in enumerate(requests):
        at = began + number / per_s
        while time.perf_counter() < at:  # noqa: ASYNC110  # a timer is a millisecond late, a third of a wait
            await asyncio.sleep(0 if spins else at - time.perf_counter())
        due.append((raw, at))
        idle = next((one for one in made if one.idle), None)
        if idle is not None:
            made.remove(idle)
            made.append(idle)  # each in turn: one that rests for long is closed
            idle.next()
    while state.answered < len(requests) and state.open == connections:  # noqa: ASYNC110  # the clock has stopped to matter
        await asyncio.sleep(0.001)
    for one in made:
        one.leave()
    await done
    return Run(time.perf_counter() - began, state.waits, state.failed + len(requests) - state.answered)


def send_paced(  # noqa: PLR0913  (what is sent, and how)
    port: int, requests: Sequence[bytes], *, connections: int, per_s: float, spins: bool = True, warm_s: float = 0.0
) -> Run:
    """Send so many a second, whatever the answers do: a wait counts from when its request was due.

    So a stall is paid for by every request that became due in it, and not by the one that met it alone.

    Args:
        port: where the house listens.
        requests: in their order.
        connections: how many are held.
        per_s: how many become due in a second.
        spins: take a whole core to be in time, as whoever measures these waits must; else be a millisecond late.
        warm_s: of so many seconds at the beginning no wait is kept: processes that have just started fill their caches.
    """
    import uvloop  # noqa: PLC0415  # as above

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_send_paced(port, requests, connections, per_s, spins=spins, warm_s=warm_s))
