"""The shop's systems send: real HTTP, the Segment protocol, one connection each, as fast as the story bears."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import httpx

from lockhouse.errors import Unavailable
from lockhouse.faces.demo.traffic import SITE
from lockhouse.faces.serve import tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lockhouse.faces.demo.place import Place
    from lockhouse.faces.demo.tally import Tally
    from lockhouse.faces.demo.traffic import Call

AT_ONCE = 6
TRIES = 5
SETTLE_S = 15.0


async def send_all(place: Place, calls: Sequence[Call], *, pause_s: float) -> None:
    """Every call was answered 200: the first before any other, then one `pause_s` after the other, a few at once.

    Raises:
        Unavailable: the listener refused one, or stayed away.
    """
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=place.url, timeout=30.0, limits=limits, trust_env=False) as client:
        await _send(client, calls[0], place.keys[calls[0].channel])
        slots = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for call in calls[1:]:
                await slots.acquire()
                task = tasks.create_task(_send(client, call, place.keys[call.channel]))
                task.add_done_callback(lambda _: slots.release())
                if pause_s:
                    await asyncio.sleep(pause_s)


async def _send(client: httpx.AsyncClient, call: Call, key: str) -> None:
    basic = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"authorization": f"Basic {basic}", "content-type": "application/json"}
    if call.channel == "web":
        headers["origin"] = SITE
    if call.gpc:
        headers["sec-gpc"] = "1"
    for attempt in range(TRIES):
        answer = await client.post("/v1/batch", content=call.body, headers=headers)
        if answer.status_code == httpx.codes.OK:
            return
        if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
            break
        await asyncio.sleep(0.2 * (attempt + 1))
    raise Unavailable(f"demo: expected 200 from the collect listener, got {answer.status_code}")


async def watch(place: Place, tally: Tally, seen: Callable[[], None]) -> None:
    """Count every answer the collect process gives, until cancelled."""
    async for answer in tail.follow(place.house, channel=None, refused_only=False):
        tally.add(answer)
        seen()


async def settled(tally: Tally, expected: int) -> None:
    """Every event sent has been answered and counted.

    Raises:
        Unavailable: some were not, long after.
    """
    for _ in range(int(SETTLE_S / 0.05)):
        if tally.total >= expected:
            return
        await asyncio.sleep(0.05)
    raise Unavailable(f"demo: expected answers to {expected} events, got {tally.total}")
