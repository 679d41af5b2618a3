"""Public clients, unmodified, send over loopback to a real server; what arrives is looked at field by field."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from segment.analytics.client import Client

from tests.faces.collect_world import NOW, World, served
from tests.faces.node import send_with_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def port(world: World) -> Iterator[int]:
    with served(world) as port:
        yield port


@pytest.mark.parametrize("packed", [False, True])
def test_the_python_client_sends_and_everything_arrives(world: World, port: int, *, packed: bool) -> None:
    errors: list[object] = []
    client = Client(
        "WK",
        host=f"http://127.0.0.1:{port}",
        gzip=packed,
        max_retries=0,
        on_error=lambda error, _items: errors.append(error),
    )
    client.identify("u-1", {"email": "jane@shop.example"}, context={"consent": {"categoryPreferences": {"Ads": True}}})
    client.track("u-1", "Order Completed", {"order_id": "o-1", "total": 12.5}, message_id="m-2")
    client.page(anonymous_id="d-1", name="Home", properties={"path": "/start"})
    client.screen("u-1", name="Basket", properties={"shown": "3 items"})
    client.group("u-1", "g-1", {"plan": "gold"})
    client.alias("u-1", "u-2")
    client.shutdown()
    assert errors == []
    identify, order, page, screen, group, alias = world.house.events
    assert identify.name == "identify"
    assert identify.source["userId"] == "u-1"
    assert identify.source["traits"] == {"email": "jane@shop.example"}
    assert identify.consent == {"Ads": True}
    assert identify.message_id
    assert "anonymousId" not in identify.source
    assert (order.name, order.message_id, order.consent) == ("Order Completed", "m-2", None)
    assert order.source["properties"] == {"order_id": "o-1", "total": 12.5}
    assert (page.name, page.source["anonymousId"]) == ("page", "d-1")
    assert (screen.name, screen.source["name"], screen.source["properties"]) == (
        "screen",
        "Basket",
        {"shown": "3 items"},
    )
    assert (group.name, group.source["groupId"], group.source["traits"]) == ("group", "g-1", {"plan": "gold"})
    assert (alias.name, alias.source["previousId"], alias.source["userId"]) == ("alias", "u-1", "u-2")
    assert all(NOW - 60_000 < event.occurred_at <= NOW for event in world.house.events)
    assert {(batch.channel, batch.network) for batch in world.house.batches} == {("backend", "127.0.0.0")}


def test_the_python_clients_clock_may_be_years_off(world: World, port: int) -> None:
    client = Client("WK", host=f"http://127.0.0.1:{port}", sync_mode=True)
    client.track("u-1", "Seen", timestamp=datetime.now(tz=UTC) - timedelta(hours=1))
    [event] = world.house.events
    assert NOW - 3_660_000 < event.occurred_at <= NOW - 3_599_000


def test_the_python_client_hears_why_it_was_refused(world: World, port: int) -> None:
    heard: list[Any] = []
    client = Client(
        "nobody",
        host=f"http://127.0.0.1:{port}",
        max_retries=0,
        on_error=lambda error, _items: heard.append(error),
    )
    client.track("u-1", "Seen")
    client.shutdown()
    [error] = heard
    assert (error.status, error.code) == (401, "LH-1101")
    assert world.house.batches == []


def test_the_node_client_sends_and_everything_arrives(world: World, port: int) -> None:
    assert send_with_node(f"http://127.0.0.1:{port}", "WK") == {"sent": 6, "errors": []}
    calls = ["identify", "Order Completed", "page", "screen", "group", "alias"]
    identify, order, page, screen, group, alias = sorted(world.house.events, key=lambda event: calls.index(event.name))
    assert identify.source["traits"] == {"email": "jane@shop.example"}
    assert identify.consent == {"Advertising": False, "Analytics": True}
    assert order.source["properties"] == {"order_id": "o-1", "total": 12.5}
    assert NOW - 60_000 < order.occurred_at <= NOW - 5_000
    assert page.source["anonymousId"] == "d-1"
    assert (screen.source["name"], screen.source["properties"]) == ("Basket", {"shown": "3 items"})
    assert (group.source["groupId"], group.source["traits"]) == ("g-1", {"plan": "gold"})
    assert (alias.source["previousId"], alias.source["userId"]) == ("u-1", "u-2")
    assert all(str(event.message_id).startswith("node-next-") for event in world.house.events)


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
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=("WK", ""), trust_env=False) as client:
        heard = client.post("/v1/batch", content=body(size))
        assert (heard.status_code, heard.json()["code"]) == (413, "LH-1011")
        again = client.post("/v1/page", content=b'{"messageId":"after"}')
    assert again.json() == {"success": True}
    assert [event.message_id for event in world.house.events] == ["after"]
