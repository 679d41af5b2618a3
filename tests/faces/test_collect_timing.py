"""With a public key the time of an answer says nothing about whom the event was about."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Tampered, Unavailable
from lockhouse.faces.collect import CollectApp
from lockhouse.faces.collect.app import TICK_S
from tests.faces.collect_world import NOW, Counts, House

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.event import Batch, Reply

KNOWN_S, NEW_S = 0.003, 0.009


class Time:
    """Passes only when somebody works or waits."""

    def __init__(self) -> None:
        self.run = 0.0

    def now_ms(self) -> int:
        return NOW

    def monotonic_s(self) -> float:
        return self.run

    async def wait(self, seconds: float) -> None:
        self.run += seconds


class Working(House):
    """Takes a while over each batch."""

    def __init__(self, time: Time, *, takes_s: float) -> None:
        super().__init__()
        self._time = time
        self._takes_s = takes_s

    async def collect(self, batch: Batch) -> Sequence[Reply]:
        await self._time.wait(self._takes_s)
        return await super().collect(batch)


def _answered_after(
    key: str, takes_s: float, *, started: float = 100.0, body_s: float = 0.0, error: Exception | None = None
) -> tuple[int, float]:
    """Status, and seconds from the body's end to the answer."""
    time = Time()
    time.run = started
    house = Working(time, takes_s=takes_s)
    house.error = error
    app = CollectApp(house, clock=time, watch=Counts(), incident_ids=lambda: "0123abcd")
    app.pause = time.wait
    heard: list[tuple[int, float]] = []
    body = json.dumps({"batch": [{"type": "page", "messageId": "m-1"}]}).encode()
    came = 0.0

    async def receive() -> dict[str, Any]:
        nonlocal came
        await time.wait(body_s)
        came = time.run
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            heard.append((message["status"], round(time.run - came, 6)))

    scope = {
        "type": "http", "method": "POST", "path": "/v1/batch", "query_string": b"", "scheme": "http",
        "headers": [(b"authorization", b"Basic " + base64.b64encode(f"{key}:".encode()))],
        "client": ("203.0.113.77", 40_000),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    [one] = heard
    return one


@pytest.mark.parametrize("body_s", [0.0, 0.012, 0.0175])
def test_somebody_new_and_somebody_known_are_answered_at_the_same_moment(body_s: float) -> None:
    known = _answered_after("PUB", KNOWN_S, body_s=body_s)
    new = _answered_after("PUB", NEW_S, body_s=body_s)
    assert known == new == (200, TICK_S)


@pytest.mark.parametrize("error", [Unavailable("x: expected y", retry_after_s=1.0), Tampered("x: expected y")])
def test_what_goes_wrong_is_told_no_sooner(error: Exception) -> None:
    (status, at), (_, other_at) = (_answered_after("PUB", takes_s, error=error) for takes_s in (KNOWN_S, NEW_S))
    assert status >= 500
    assert at == TICK_S
    assert other_at == TICK_S


def test_longer_work_is_answered_at_a_later_tick() -> None:
    assert _answered_after("PUB", 2.5 * TICK_S) == (200, 3 * TICK_S)


def test_a_secret_key_is_answered_at_once() -> None:
    assert _answered_after("WK", KNOWN_S) == (200, KNOWN_S)
    assert _answered_after("WK", NEW_S) == (200, NEW_S)
