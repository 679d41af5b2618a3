"""Connections that bring no whole request: cut off in time, few from one network, and never all that there are."""

from __future__ import annotations

import asyncio
import resource
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.faces.serve.door import AT_ONCE, SPARE, Door
from lockhouse.faces.serve.http import MOST, door_of, server
from lockhouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WITHIN_S = 0.3
WHOLE = b"POST /v1/batch HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc"
HALVES = {
    "nothing": b"",
    "an empty line": b"\r\n",
    "half a first line": b"POST /v1/ba",
    "half the headers": b"POST /v1/batch HTTP/1.1\r\nhost: a\r\n",
    "half a body": b"POST /v1/batch HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{",
    "an endless body": b"POST /v1/batch HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
}
Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _taking(_scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body, then answers."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def _hasty(_scope: Any, _receive: Any, send: Any) -> None:
    """Answers before the body is in."""
    await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})


class Senders:
    """Connections to one listener, closed at the end."""

    def __init__(self, place: tuple[str, int]) -> None:
        self._place = place
        self._all: list[Ends] = []

    async def one(self) -> Ends:
        """A new connection."""
        ends = await asyncio.open_connection(*self._place)
        self._all.append(ends)
        return ends

    async def close(self) -> None:
        """End all of them."""
        for _, writer in self._all:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def _open(door: Door, app: Any = _taking) -> AsyncIterator[Senders]:
    made = server(app, door=door)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        serving = asyncio.create_task(made.serve([sock]))
        await made.accepts.wait()
        senders = Senders(sock.getsockname()[:2])
        try:
            yield senders
        finally:
            await senders.close()
            made.should_exit = True
            await serving


async def _is_cut(ends: Ends, *, within_s: float = 5 * WITHIN_S) -> bool:
    try:
        while await asyncio.wait_for(ends[0].read(1_000), within_s):
            continue
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


async def _say(ends: Ends, raw: bytes) -> None:
    ends[1].write(raw)
    await ends[1].drain()


async def _drip(ends: Ends, raw: bytes) -> None:
    for sign in raw:
        await _say(ends, bytes([sign]))
        await asyncio.sleep(WITHIN_S / 10)


async def _heard(ends: Ends) -> bytes:
    head = await asyncio.wait_for(ends[0].readuntil(b"\r\n\r\n"), 2)
    await ends[0].readexactly(2)
    return head.split(b"\r\n", 1)[0]


CASES = [(before, half) for half in HALVES.values() for before in (b"", WHOLE) if half or not before]
"""What says nothing more after a whole request is ended by the server's own keep-alive."""


@pytest.mark.parametrize(("before", "half"), CASES)
async def test_half_a_request_is_cut_off(before: bytes, half: bytes) -> None:
    async with _open(Door(most=100, within_s=WITHIN_S)) as senders:
        ends = await senders.one()
        if before:
            await _say(ends, before)
            assert await _heard(ends) == b"HTTP/1.1 200 OK"
        await _say(ends, half)
        assert await _is_cut(ends)


async def test_bytes_that_drip_buy_no_time() -> None:
    async with _open(Door(most=100, within_s=WITHIN_S)) as senders:
        ends = await senders.one()
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(ConnectionError):
            await _drip(ends, HALVES["half a body"] + b" " * 90)
        assert loop.time() - began < 5 * WITHIN_S


async def test_a_body_that_goes_on_after_the_answer_is_cut_off() -> None:
    async with _open(Door(most=100, within_s=WITHIN_S), _hasty) as senders:
        ends = await senders.one()
        await _say(ends, HALVES["half a body"])
        assert await _heard(ends) == b"HTTP/1.1 401 Unauthorized"
        assert await _is_cut(ends)


async def test_whole_requests_are_answered_however_many_and_each_has_its_own_time() -> None:
    async with _open(Door(most=100, within_s=WITHIN_S)) as senders:
        ends = await senders.one()
        for _ in range(4):
            await _say(ends, WHOLE[:20])
            await asyncio.sleep(WITHIN_S / 2)
            await _say(ends, WHOLE[20:])
            assert await _heard(ends) == b"HTTP/1.1 200 OK"
        await _say(ends, WHOLE + WHOLE)
        assert [await _heard(ends), await _heard(ends)] == [b"HTTP/1.1 200 OK"] * 2


async def test_an_answer_may_take_longer_than_a_request() -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(2 * WITHIN_S)
        await _taking(scope, receive, send)

    async with _open(Door(most=100, within_s=WITHIN_S), slow) as senders:
        ends = await senders.one()
        await _say(ends, WHOLE)
        assert await _heard(ends) == b"HTTP/1.1 200 OK"


async def test_one_network_holds_no_more_than_its_share() -> None:
    async with _open(Door(most=100, at_once=3)) as senders:
        held = [await senders.one() for _ in range(3)]
        for ends in held:
            await _say(ends, WHOLE)
            await _heard(ends)
        more = await senders.one()
        assert await _is_cut(more)
        held.pop()[1].close()
        await asyncio.sleep(0.05)
        again = await senders.one()
        await _say(again, WHOLE)
        assert await _heard(again) == b"HTTP/1.1 200 OK"


async def test_above_the_most_a_sender_is_told_to_wait_and_far_above_cut_off() -> None:
    async with _open(Door(most=3, at_once=1_000)) as senders:
        held = [await senders.one() for _ in range(3 + SPARE)]
        more = await senders.one()
        assert await _is_cut(more)
        await _say(held[-1], WHOLE)
        assert b"503" in (await asyncio.wait_for(held[-1][0].readuntil(b"\r\n"), 2))


def test_a_network_is_a_24_or_a_48_and_a_proxy_is_none() -> None:
    door = Door(most=100, at_once=1, exempt=("10.0.0.0/8", "::1"))
    first = door.enter("203.0.113.7")
    assert first is not None
    assert door.enter("203.0.113.200") is None
    assert door.enter("::ffff:203.0.113.9") is None
    assert None not in (door.enter("203.0.114.7"), door.enter("2001:db8:1::1"))
    assert door.enter("2001:db8:1:ffff::1") is None
    assert None not in [door.enter(peer) for peer in ("10.0.0.1", "::ffff:10.0.0.1", "::1", "::1", None)]
    door.leave(first)
    assert door.enter("203.0.113.200") is not None


def test_behind_a_proxy_this_machine_is_not_one_network() -> None:
    peers = ["127.0.0.1"] * 300
    alone, behind = door_of(Settings()), door_of(Settings(tls="proxy"))
    assert [alone.enter(peer) for peer in peers].count(None) == 300 - AT_ONCE
    assert None not in [behind.enter(peer) for peer in peers]


def test_as_many_files_may_be_open_as_the_system_grants() -> None:
    asks = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (500, resource.getrlimit(7)[1]));"
        "from lockhouse.faces.serve.http import door_of, raise_open_files; few = door_of().most; raise_open_files();"
        "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE); print(few, soft == hard, door_of().most)"
    )
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, check=True, text=True)
    few, is_raised, most = said.stdout.split()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert (int(few), is_raised) == (500 - 256 - SPARE, "True")
    assert int(most) == (MOST if hard >= 2 * MOST else int(most))
