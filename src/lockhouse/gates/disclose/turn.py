"""One look after the other of those that this process counts to the same owner.

Each would else read the row, decide, and find at its commit that another was first: of many at once each begins anew as
often as there are others. Between processes the commit still tells who was first.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from lockhouse.gates.disclose.hour import EVERYBODY, TRIED, Once, limit_of
from lockhouse.gates.disclose.hours import ceilings_of

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.decision import Ask


class Turn:
    """A look's turn in each of the rows that it is counted in; it lasts until it is released, at the latest at its end.

    Attributes:
        once: what the look has taken already, however often it begins anew.
    """

    def __init__(self, house: House, ask: Ask, *, counts: bool = True) -> None:
        self._house, self._ask, self._counts = house, ask, counts
        self._held = list[asyncio.Lock]()
        self.once = Once()

    async def __aenter__(self) -> Self:
        for owner in sorted(self._owners()):  # all in one order: no two wait for each other
            lock = self._house.turns.get(owner)
            if lock is None:
                lock = self._house.turns[owner] = asyncio.Lock()
            try:
                await lock.acquire()
            except BaseException:
                self.release()
                raise
            self._held.append(lock)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """The next has its turn: what was counted is committed."""
        while self._held:
            self._held.pop().release()

    def _owners(self) -> set[str]:
        if not self._counts or self._house.live_policy is None:
            return set()
        policy, ask = self._house.live_policy.policy, self._ask
        owners = {f"class:{name}" for name in ceilings_of(policy, ask)}
        is_own = limit_of(policy, ask) is not None or ask.action in TRIED
        owners |= {ask.actor.owner or ask.actor.id} if is_own else set()
        return owners | ({EVERYBODY} if ask.action in TRIED else set())
