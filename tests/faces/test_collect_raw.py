"""What no client library sends but the protocol allows, on a plain connection to a real server."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.faces.collect_world import World, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def port(world: World) -> Iterator[int]:
    with served(world.app) as port:
        yield port


def _raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(request)
        heard = b""
        while b"\r\n\r\n" not in heard or not heard.endswith(b"}"):
            part = wire.recv(65_536)
            if not part:
                return heard
            heard += part
    return heard


def test_a_chunked_body_is_read(world: World, port: int) -> None:
    body = b'{"batch":[{"type":"page","messageId":"m-1"}],"writeKey":"WK"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:40], body[40:]))
    head = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n"
    assert b'{"success":true}' in _raw(port, head + chunks + b"0\r\n\r\n")
    assert [event.message_id for event in world.house.events] == ["m-1"]


@pytest.mark.parametrize("size", [500 * 1024 + 1, 6_000_000])
@pytest.mark.parametrize("body", [bytes, lambda size: iter([bytes(50_000)] * (size // 50_000 + 1))])
def test_an_oversize_body_is_answered_not_cut_off_and_the_connection_goes_on(
    world: World, port: int, size: int, body: Callable[[int], Any]
) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=("PUB", ""), trust_env=False) as client:
        heard = client.post("/v1/batch", content=body(size))
        assert (heard.status_code, heard.json()["code"]) == (413, "LH-1011")
        again = client.post("/v1/page", content=b'{"messageId":"after"}')
    assert again.json() == {"success": True}
    assert [event.message_id for event in world.house.events] == ["after"]
