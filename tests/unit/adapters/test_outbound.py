"""The way out: what answers may be as large, as slow or as odd as it likes, and costs little."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from lockhouse.adapters.outbound import SafeHTTP
from lockhouse.errors import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

LOOPBACK = ("127.0.0.0/8",)
TRIED = (Unavailable, RuntimeError, ExceptionGroup)
"""What comes of an address that was judged fit: nobody answers, or the tests' own guard stands in the way."""
BOMB = gzip.compress(bytes(8 << 20), 9)


class Recipient:
    """A server on loopback that hears one request and answers in its own way."""

    def __init__(self) -> None:
        self.url = ""
        self.heard = b""
        self.sent = 0
        self.gone = asyncio.Event()

    async def say(self, writer: asyncio.StreamWriter, part: bytes) -> None:
        writer.write(part)
        await writer.drain()
        self.sent += len(part)


@asynccontextmanager
async def recipient(speak: Callable[[Recipient, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Recipient]:
    """Answers with `speak` until it is done or the other side has gone."""
    one = Recipient()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            one.heard = await reader.readuntil(b"\r\n\r\n")
            await speak(one, writer)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            one.gone.set()
            writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/batch"
        yield one


@asynccontextmanager
async def way_out(*, within_s: float = 5.0) -> AsyncIterator[SafeHTTP]:
    """A client that may send to this machine."""
    http = SafeHTTP(private=LOOPBACK, within_s=within_s)
    try:
        yield http
    finally:
        await http.close()


async def _bomb(one: Recipient, writer: asyncio.StreamWriter) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % (len(BOMB) * 4_000)
    await one.say(writer, head)
    for _ in range(4_000):
        await one.say(writer, BOMB)


async def test_of_a_bomb_nothing_is_unpacked_and_little_is_taken() -> None:
    async with recipient(_bomb) as one, way_out() as http:
        assert (await http.post(one.url, body=b"{}", headers={})).status == 200
        await asyncio.wait_for(one.gone.wait(), 5)
        assert one.sent < len(BOMB) * 4_000
        assert b"accept-encoding: identity" in one.heard.lower()


async def _drip_body(one: Recipient, writer: asyncio.StreamWriter) -> None:
    await one.say(writer, b"HTTP/1.1 202 Accepted\r\nretry-after: 7\r\ncontent-length: 100000\r\n\r\n")
    while True:
        await one.say(writer, b"x")
        await asyncio.sleep(0.05)


@pytest.mark.asvs("13.2.6")
async def test_a_body_that_drips_for_ever_is_not_waited_for() -> None:
    async with recipient(_drip_body) as one, way_out() as http:
        started = perf_counter()
        answer = await http.post(one.url, body=b"{}", headers={})
        assert perf_counter() - started < 2.0
        assert (answer.status, answer.retry_after_s) == (202, 7.0)
        await asyncio.wait_for(one.gone.wait(), 5)


async def _drip_headers(one: Recipient, writer: asyncio.StreamWriter) -> None:
    await one.say(writer, b"HTTP/1.1 200 OK\r\n")
    while True:
        await one.say(writer, b"x-more: y\r\n")
        await asyncio.sleep(0.05)


async def test_headers_that_drip_for_ever_are_no_answer() -> None:
    async with recipient(_drip_headers) as one, way_out(within_s=0.3) as http:
        with pytest.raises(Unavailable, match="expected an answer"):
            await http.post(one.url, body=b"{}", headers={})
        await asyncio.wait_for(one.gone.wait(), 5)


async def _redirect(one: Recipient, writer: asyncio.StreamWriter) -> None:
    await one.say(
        writer, b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    )


@pytest.mark.asvs("13.2.5")
async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with recipient(_redirect) as one, way_out() as http:
        assert (await http.post(one.url, body=b"{}", headers={})).status == 307


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "100.64.0.1", "169.254.169.254", "192.0.0.192", "192.88.99.1", "198.18.0.1", "0.0.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "[::1]", "[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]",
        "[::ffff:0:127.0.0.1]", "[::ffff:0:8.8.8.8]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::7f00:1]", "[64:ff9b:1::808:808]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2002:808:808::1]",
        "[2001:0:7f00:1::]", "[2001:20::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[100::1]", "[fd00:ec2::254]",
        "[fe80::1]", "[fec0::1]", "[ff02::1]", "[ff0e::1]", "[4000::1]", "2130706433", "0x7f.1",
    ],
)  # fmt: skip
@pytest.mark.asvs("13.2.4", "13.2.5")
async def test_an_address_that_leads_inside_is_refused(address: str) -> None:
    http = SafeHTTP()
    try:
        with pytest.raises(Refused, match="public address"):
            await http.post(f"https://{address}/v1/batch", body=b"{}", headers={})
    finally:
        await http.close()


@pytest.mark.parametrize("address", ["[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "127.0.0.1"])
async def test_a_private_network_that_was_allowed_is_judged_by_where_an_address_leads(address: str) -> None:
    async with way_out(within_s=2.0) as http:
        with pytest.raises(TRIED):
            await http.post(f"http://{address}:1/", body=b"{}", headers={})


@pytest.mark.parametrize("address", ["8.8.8.8", "[2606:4700::1111]", "[64:ff9b::808:808]", "[2a00:1450::1]"])
async def test_a_public_address_is_not_refused(address: str) -> None:
    http = SafeHTTP(within_s=2.0)
    try:
        with pytest.raises(TRIED):
            await http.post(f"http://{address}/", body=b"{}", headers={})
    finally:
        await http.close()
