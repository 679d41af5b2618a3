"""What collecting does to an event without storing it: parse, decide, reduce, match, and on one side seal.

One thread, no HTTP. The gate runs whole, over copies of the filled houses, and the CPU time of its look-ups and commits
is taken out: what is counted is this thread's time outside of every call of a store. So both sides match against the
same persons, keys are as cold as in the traffic, and no disk and no row is in the figure.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import time
from typing import TYPE_CHECKING, Any

from bench.commits import as_batch
from bench.house import copied
from bench.intake import BATCH
from bench.load import batched
from bench.mix import Mix
from bench.report import Figure
from bench.server import counted
from bench.unsealed import UnsealedIntake
from lockhouse import wiring
from lockhouse.faces.workers.process import GC_THRESHOLD
from lockhouse.gates.collect import Intake

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.house import Mode
    from bench.intake import Houses


class _Apart:
    """A store whose calls are not counted: CPU seconds of this thread inside of them."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.inside_s = 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def call(*args: Any, **more: Any) -> Any:
            began = time.thread_time()
            try:
                return await found(*args, **more)
            finally:
                self.inside_s += time.thread_time() - began

        setattr(self, name, call)
        return call


def measure(houses: Houses, *, pairs: int, events: int) -> list[Figure]:
    """So many interleaved pairs, and what they are made of from a run of its own that is not timed."""
    sealed: list[float] = []
    unsealed: list[float] = []
    traffic = Mix(1_400, population=houses.population).events(events)
    keys: dict[str, int] = {}
    _one(houses, "sealed", [said.raw for said in traffic], keys)
    for pair in range(pairs):
        raw = [said.raw for said in Mix(1_401 + pair, population=houses.population).events(events)]
        sides: tuple[Mode, Mode] = ("sealed", "unsealed") if pair % 2 else ("unsealed", "sealed")
        for side in sides:
            (sealed if side == "sealed" else unsealed).append(_one(houses, side, raw))
    ratio = tuple(other / one for one, other in zip(sealed, unsealed, strict=True))
    known = sum(not said.never_seen for said in traffic) / events
    return [
        Figure("transform_cpu", ratio, "ratio", "CPU of an event before it is stored, unsealed ÷ sealed"),
        Figure("transform_us", tuple(sealed), "us/event", "that CPU, sealed"),
        Figure("transform_us_unsealed", tuple(unsealed), "us/event", "that CPU, unsealed"),
        Figure("transform_known", (known,), "of the mix", "of these events: by somebody who was there before"),
        Figure("transform_boxes", (keys["asked"] / events,), "of the mix", "sealed boxes of an event"),
        Figure("transform_key_hits", (keys["hits"] / keys["asked"],), "of the mix", "of these: the key was at hand"),
    ]


def _one(houses: Houses, mode: Mode, raw: Sequence[bytes], keys: dict[str, int] | None = None) -> float:
    """CPU time an event (us)."""
    bodies = batched(raw, BATCH)
    with copied(houses.of(mode), houses.base) as folder:
        return asyncio.run(_through(folder, mode, bodies, keys)) / len(raw) * 1e6


async def _through(folder: Path, mode: Mode, bodies: Sequence[bytes], keys: dict[str, int] | None) -> float:
    async with wiring.opened(folder, role="collect", lane="collect-0") as opening:
        house = opening.house
        count = counted(house.keyring) if keys is not None else {}
        stores = house.reads, house.commits = _Apart(house.reads), _Apart(house.commits)
        gate = Intake(house) if mode == "sealed" else UnsealedIntake(house)
        usual = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)
        try:
            began = time.thread_time()
            for body in bodies:
                replies = await gate.collect(as_batch(body, house))
                if any(reply.outcome == "refused" for reply in replies):
                    raise SystemExit("bench: expected every event to be stored, got a refusal")
            took = time.thread_time() - began
        finally:
            gc.set_threshold(*usual)
            gc.unfreeze()
        if keys is not None:
            keys.update(count)
        return took - sum(one.inside_s for one in stores)
