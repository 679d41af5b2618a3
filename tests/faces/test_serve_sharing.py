"""Several processes on one listener: each has its part of those who connect."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trustme
import uvloop

from lockhouse.faces.serve.sharing import MOST, Sharing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANY = 200


class Greeting(asyncio.Protocol):
    """Says one letter to whoever connects."""

    def __init__(self, letter: bytes, said: list[asyncio.Transport]) -> None:
        self._letter, self._said = letter, said

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say it."""
        stream: asyncio.Transport = transport  # type: ignore[assignment]  # a stream's transport is one
        stream.write(self._letter)
        self._said.append(stream)


class Taker(threading.Thread):
    """A loop that takes from a listener, as a process would; of two letters, as two whose turns come one by one."""

    def __init__(self, listening: socket.socket, letters: str, context: ssl.SSLContext | None = None) -> None:
        super().__init__(daemon=True)
        self._taken = [(listening.dup(), letter.encode()) for letter in letters]
        self._context = context
        self.begun, self._end = threading.Event(), threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._sharing: list[Sharing]

    def run(self) -> None:
        """Take until told to end."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        said: list[asyncio.Transport] = []
        self._loop = asyncio.get_running_loop()
        self._sharing = [
            Sharing(listening, partial(Greeting, letter, said), tls=self._context) for listening, letter in self._taken
        ]
        self.begun.set()
        while not self._end.is_set():  # noqa: ASYNC110  # an event of threads, not of a loop
            await asyncio.sleep(0.01)
        await self._leave()
        for one in said:
            one.abort()

    def stop(self) -> None:
        """Take nobody any more; the loop goes on."""
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result(10)

    async def _leave(self) -> None:
        for one in self._sharing:
            one.close()

    def end(self) -> None:
        """Leave everybody."""
        self._end.set()
        self.join()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as made:
        yield made


@pytest.fixture
def takes(listening: socket.socket) -> Iterator[Callable[..., Taker]]:
    made: list[Taker] = []

    def begin(letters: str, context: ssl.SSLContext | None = None) -> Taker:
        made.append(Taker(listening, letters, context))
        made[-1].start()
        assert made[-1].begun.wait(10)
        return made[-1]

    yield begin
    for one in made:
        one.end()


@contextmanager
def _connected(listening: socket.socket, many: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        address = listening.getsockname()
        yield [stack.enter_context(socket.create_connection(address, timeout=10)) for _ in range(many)]


def test_two_that_take_from_one_listener_have_about_as_many_each(
    listening: socket.socket, takes: Callable[..., Taker]
) -> None:
    with _connected(listening, MANY) as connected:
        takes("ab")
        said = b"".join(one.recv(1) for one in connected)
    assert (len(said), set(said)) == (MANY, set(b"ab"))
    assert min(said.count(b"a"), said.count(b"b")) >= MANY // 2 - MOST


def test_all_who_wait_are_taken_by_one_alone_and_those_taken_stay_when_it_takes_no_more(
    listening: socket.socket, takes: Callable[..., Taker]
) -> None:
    with _connected(listening, 4 * MOST) as waiting:
        one = takes("a")
        assert b"".join(conn.recv(1) for conn in waiting) == b"a" * 4 * MOST
        one.stop()
        with _connected(listening, 1) as [late]:
            late.settimeout(0.3)
            with pytest.raises(TimeoutError):
                late.recv(1)
        waiting[0].settimeout(0)
        with pytest.raises(BlockingIOError):
            waiting[0].recv(1)


def test_a_handshake_that_fails_is_nobody_elses_matter(listening: socket.socket, takes: Callable[..., Taker]) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    takes("a", context)
    with socket.create_connection(listening.getsockname(), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert plain.recv(64)[:1] in {b"", b"\x15"}  # shut, or an alert
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with (
        socket.create_connection(listening.getsockname(), timeout=10) as raw,
        client.wrap_socket(raw, server_hostname="localhost") as proven,
    ):
        assert proven.recv(1) == b"a"
