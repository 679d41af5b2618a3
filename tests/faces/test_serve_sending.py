"""A recipient that cannot be reached is left alone for longer each time, and named once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from lockhouse.errors import Unavailable
from lockhouse.faces import logs
from lockhouse.faces.workers import sending
from lockhouse.faces.workers.sending import AWAY_S, MOST_AWAY_S, Sending
from lockhouse.flows.forward import Sent
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_pauses_grow_and_end_with_the_first_that_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = await World.make(tmp_path)
    answers: list[Sent | Unavailable] = [Unavailable("recipient: expected an address") for _ in range(12)]

    async def forward(*_: Any, **__: Any) -> Sent:
        answer = answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    told: list[str] = []

    def tell(said: str, /, **_: Any) -> None:
        told.append(said)

    monkeypatch.setattr(sending, "forward", forward)
    monkeypatch.setattr(sending, "write_key", lambda *_: "k")
    monkeypatch.setattr(logs, "get", lambda: SimpleNamespace(warning=tell, info=tell, error=tell))
    rounds = Sending(SimpleNamespace(house=world.house, folder=tmp_path, http=None))  # type: ignore[arg-type]  # enough
    rests = []
    for _ in range(12):
        before = asyncio.get_running_loop().time()
        await rounds._send("rudder")
        rests.append(round(rounds._rest_until_s["rudder"] - before))
    assert rests[:4] == [AWAY_S, 2 * AWAY_S, 4 * AWAY_S, 8 * AWAY_S]
    assert rests[-1] == MOST_AWAY_S
    assert told == ["recipient waits"]
    answers[:] = [Sent(sent=1), Sent(), Unavailable("recipient: expected an address")]
    for _ in range(2):
        await rounds._send("rudder")
    assert told == ["recipient waits", "sent on", "recipient waits"]
    assert round(rounds._rest_until_s["rudder"] - asyncio.get_running_loop().time()) == AWAY_S
