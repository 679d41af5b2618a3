"""Steps that come round: each in a task of its own, so that one that waits or fails never keeps the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from lockhouse.faces import logs

LONGEST_PAUSE_S = 60.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Work that comes round.

    Attributes:
        name: stands in the log.
        every_s: between the end of one round and the next.
        first_s: before the first.
        act: one round.
        woken: set to begin the next round at once; cleared by it.
    """

    name: str
    every_s: float
    act: Callable[[], Awaitable[object]]
    first_s: float = 0.0
    woken: asyncio.Event | None = None


async def come_round(steps: Sequence[Step], *, ending: asyncio.Event) -> None:
    """Every step, again and again, until `ending` is set; a round under way is cut off then, and safe to be."""
    tasks = [asyncio.create_task(_again_and_again(step)) for step in steps]
    try:
        await ending.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _again_and_again(step: Step) -> None:
    """A round that fails is logged by its error's type and place, and tried again after a longer pause each time."""
    failures = 0
    await _pause(step, step.first_s)
    while True:
        try:
            await step.act()
        except Exception as error:  # noqa: BLE001  # the edge: whatever one round meets, the next one comes
            failures += 1
            again_in_s = min(step.every_s * 2**failures, LONGEST_PAUSE_S)
            logs.get().warning("step failed", step=step.name, again_in_s=again_in_s, **logs.fault(error))
            await asyncio.sleep(again_in_s)
        else:
            failures = 0
            await _pause(step, step.every_s)


async def _pause(step: Step, seconds: float) -> None:
    if step.woken is None:
        await asyncio.sleep(seconds)
        return
    try:
        await asyncio.wait_for(step.woken.wait(), seconds)
    except TimeoutError:
        return
    finally:
        step.woken.clear()
