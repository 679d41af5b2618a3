"""What was set aside comes back to the gate, in the order in which it came in, once the stores are there again.

It passes the same gate as everything else, under the policy, the words and the marks that stand now; message ids make a
repeat harmless, so that whoever is killed while draining begins anew. Nothing passes before what waited earlier is
decided, but for those that pass the gate together. Only what is durably decided is taken out of the spool: the file is
emptied when it has been read to its end. One process drains, since order is what it keeps.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import LockhouseError, Unavailable
from lockhouse.faces import logs
from lockhouse.gates.collect.aside import unpacked
from lockhouse.gates.collect.intake import MAX_GROUP
from lockhouse.gates.trusted_time import remembered_watched_now, trusted_now
from lockhouse.model import codes
from lockhouse.model.ids import DAY_MS
from lockhouse.wiring_spool import START

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from lockhouse.faces.serve.spool import Spool
    from lockhouse.gates.house import House
    from lockhouse.model.event import Batch, Reply
    from lockhouse.wiring_spool import Frame

    Decide = Callable[[Batch], Awaitable[Sequence[Reply]]]
    OnIncident = Callable[[str, BaseException], None]

LOOK_S = 0.25
"""How often a process looks whether something waits."""
CHUNK_BYTES = 1 << 20
TOGETHER = MAX_GROUP
"""So many events are asked of the gate at once, which decides them as one group."""
MOST_TRIES = 60
RETRY_S = 0.5
"""Between tries while a store is away; then another process may take over, from the beginning."""
PAUSE_S = 5.0
"""After an error of our own (s)."""
MOST_CONTESTED = 20
"""Tries of what stays contested: each is four tries of the gate."""
KEPT_MS = 7 * DAY_MS
"""So long may something wait for a store (ms); then it is dropped unread."""
FAILS_FOR_S = 3600.0
"""So long a process tries in vain before it drops: a house that lay still for weeks is first given its stores."""


class Draining:
    """The task of a collecting process that empties the spool.

    Args:
        decide: the gate.
        on_incident: hears of what cannot be decided at all.
    """

    def __init__(self, spool: Spool, house: House, *, decide: Decide, on_incident: OnIncident) -> None:
        self._spool = spool
        self._house = house
        self._decide = decide
        self._on_incident = on_incident
        self._failing_s: float | None = None
        """Since when this process has tried in vain (s)."""

    async def run(self) -> None:
        """Look, and drain what waits, until cancelled."""
        told = ""
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._spool.waits():
                continue
            try:
                await self.look()
                told = ""
            except LockhouseError as error:
                if error.text != told:  # once, not four times a second
                    logs.get().warning("spool waits", bytes=self._spool.size(), **logs.fault(error))
                told = error.text
            except Exception as error:  # noqa: BLE001  # an error of ours: what waits is looked at again
                self._on_incident(self._house.ids.random(8).hex(), error)
                await asyncio.sleep(PAUSE_S)

    async def look(self) -> None:
        """Nothing waits any more, unless another process drains; or what waits cannot be brought back and is not old.

        Raises:
            Tampered: what waits was not made by this house.
            Unavailable: a store is away again, or the clock is in doubt.
        """
        if not await self._spool.take_hold():
            return
        try:
            if self._house.epochs.alive():
                await self.drain()
                self._failing_s = None
                return
        except Exception:
            if not await self._drop_if_old():
                raise
        else:
            await self._drop_if_old()
        finally:
            await self._spool.let_go()

    async def _drop_if_old(self) -> bool:
        """Whether what waited was dropped: too long for a store, and in vain for a while in this process.

        Only of whoever holds the draining: nobody else reads what is dropped. No store is asked: none may be there.

        Raises:
            Unavailable: the clock is in doubt, or nobody has watched it for a day.
        """
        now_s = self._house.clock.monotonic_s()
        if self._failing_s is None:
            self._failing_s = now_s
        if now_s - self._failing_s < FAILS_FOR_S:
            return False
        began_at = await self._spool.began_at()
        if began_at is None or self._house.clock.now_ms() - began_at <= KEPT_MS:
            return False
        remembered_watched_now(self._house)
        size = self._spool.size()
        await self._spool.empty(None)
        logs.get().error("spool dropped", bytes=size)
        return True

    async def drain(self) -> None:
        """Nothing waits any more.

        Raises:
            Tampered: what waits was not made by this house.
            Unavailable: a store is away again, or the clock is in doubt.
        """
        place, did, began_s = START, Counter[str](), self._house.clock.monotonic_s()
        while True:
            chunk = await self._spool.read(place, most_bytes=CHUNK_BYTES)
            if chunk.frames:
                did += await self._through(chunk.frames)
                place = chunk.behind
            elif await self._spool.empty(place):
                break
        took_s = round(self._house.clock.monotonic_s() - began_s, 3)
        logs.get().info("spool drained", events=did["drained"], failed=did["failed"], seconds=took_s)

    async def _through(self, frames: Sequence[Frame]) -> Counter[str]:
        """What became of the events of these frames, once each is decided."""
        late_at, did = await trusted_now(self._house), Counter[str]()
        for group in _groups(_opened(frames, late_at, did)):
            await self._decided(group, did)
        self._spool.counts += did
        return did

    async def _decided(self, batches: list[Batch], did: Counter[str]) -> None:
        """These batches are decided, one gate group of them."""
        for tries in range(MOST_TRIES):
            answers = await asyncio.gather(*map(self._decide, batches), return_exceptions=True)
            left: list[Batch] = []
            for batch, answer in zip(batches, answers, strict=True):
                if isinstance(answer, Unavailable) or (_is_contested(answer) and tries < MOST_CONTESTED):
                    left.append(batch)
                else:
                    did[self._became(answer)] += len(batch.items)
            batches = left
            if not batches:
                return
            await asyncio.sleep(RETRY_S)
        raise Unavailable("spool: expected the stores, got none")

    def _became(self, answer: Sequence[Reply] | BaseException) -> str:
        """What became of a batch: what its own fault or ours keeps from being decided does not hold up the others."""
        if isinstance(answer, BaseException):
            self._on_incident(self._house.ids.random(8).hex(), answer)
            return "failed"
        if _is_contested(answer):
            logs.get().error("spool: contested to the end")
            return "failed"
        return "drained"


def _opened(frames: Sequence[Frame], late_at: int, did: Counter[str]) -> list[Batch]:
    batches = []
    for frame in frames:
        try:
            batches.append(unpacked(frame.plain or b"", late_at=late_at))
        except msgspec.DecodeError:
            did["failed"] += 1
            logs.get().error("spool: a frame does not open")
    return batches


def _groups(batches: Sequence[Batch]) -> Iterator[list[Batch]]:
    """As they pass the gate together, in their order."""
    group: list[Batch] = []
    events = 0
    for batch in batches:
        if group and events + len(batch.items) > TOGETHER:
            yield group
            group, events = [], 0
        group.append(batch)
        events += len(batch.items)
    if group:
        yield group


def _is_contested(answer: Sequence[Reply] | BaseException) -> bool:
    return not isinstance(answer, BaseException) and any(reply.code == codes.UNSETTLED for reply in answer)
