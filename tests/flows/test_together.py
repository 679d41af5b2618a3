"""Steps that are taken at once are all over before the first one's error goes on."""

from __future__ import annotations

import asyncio

import pytest

from lockhouse.errors import Conflict, Tampered
from lockhouse.gates.together import each


async def test_what_each_gives_comes_in_their_order() -> None:
    async def slow(number: int) -> int:
        await asyncio.sleep(0.01 * (3 - number))
        return number

    assert await each(slow(number) for number in range(3)) == [0, 1, 2]


async def test_nothing_is_left_running_when_one_fails() -> None:
    over: list[int] = []

    async def step(number: int) -> None:
        await asyncio.sleep(0.01 * number)
        over.append(number)
        if number == 0:
            raise Conflict("step: expected it to hold still")
        if number == 1:
            raise Tampered("step: expected what was made here")

    with pytest.raises(Conflict):
        await each(step(number) for number in range(3))
    assert over == [0, 1, 2]
