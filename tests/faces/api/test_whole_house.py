"""Answers for which every person of the house is read: one at a time, and nobody piles them up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lockhouse.gates.one_at_a_time import HOUSE, MOST
from tests.faces.api.world import RETAIL, ApiWorld
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

LINKS = RETAIL + "roles:\n  keeper: {may: [person.link]}\n"
WHOLE = [
    ("/proposal", "keeper"), ("/insight/report?by=channel&purpose=analytics", "analyst"),
    ("/retention/idle", "privacy_officer"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "role"), WHOLE)
async def test_a_token_cannot_have_the_whole_house_read_many_times_at_once(
    tmp_path: Path, path: str, role: str
) -> None:
    api = ApiWorld(await World.make(tmp_path, LINKS))
    api.tokens[role] = await api.token(role)
    assert (await api.call("GET", path, role=role)).status_code == 200
    async with HOUSE.turn():
        asked = [asyncio.create_task(api.call("GET", path, role=role)) for _ in range(MOST + 1)]
        ended = asyncio.as_completed(asked, timeout=10)
        told = [await next(ended), await next(ended)]
        assert [(one.status_code, one.headers["retry-after"]) for one in told] == [(503, "5")] * 2
        waiting = [one for one in asked if not one.done()]
    assert [one.status_code for one in await asyncio.gather(*waiting)] == [200] * (MOST - 1)
