"""Long work in stretches: the event loop has a turn between two of them, and what the work stands on is looked at.

Reads and opening never wait, so a loop over them would keep the process's beat from going out: it would lose the very
lease that it opens boxes under, and hear of no ending while it does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lockhouse.errors import Conflict, Unavailable
from lockhouse.gates.read_shut import require_readable
from lockhouse.gates.refresh import refresh
from lockhouse.gates.trusted_time import trusted_now

if TYPE_CHECKING:
    from lockhouse.gates.house import House

STRETCH = 20
"""Steps between two breaks: a record that is opened is one (0.1 to 0.5 ms), a person who is decided over is one."""
ROWS_A_STEP = 10
"""Rows that are read, and stay sealed, in the time of one that is opened."""
TURNS = 3
"""Turns of the event loop a break: from a timer to a beat, and from its echo to whoever reads it, takes as many."""
CONFIRM_S, CONFIRM_TRIES = 0.05, 40
"""How long a lease that ran out is waited for: its beat may only have been kept waiting by ourselves."""


class Pace:
    """Counts steps, and gives everybody else their turn when a stretch of them is over."""

    def __init__(self) -> None:
        self._left = STRETCH

    async def step(self, steps: int = 1) -> None:
        """One step, or several, were taken."""
        self._left -= steps
        if self._left <= 0:
            self._left = STRETCH
            for _ in range(TURNS):
                await asyncio.sleep(0)


class Footing(Pace):
    """What a look stands on: the lease, and the policy and the keys as this process had read them when it began."""

    @classmethod
    async def of(cls, house: House) -> Footing:
        """A confirmed lease, a clock that is believed, and read again whatever an epoch's move made stale.

        Raises:
            Unavailable: the lease is lost, the clock is in doubt, or the house is shut for reading.
            Tampered: a row that gives authority was not made by this house.
        """
        await _confirmed(house)
        await trusted_now(house)
        await refresh(house)
        require_readable(house)
        return cls(house)

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self._began = _epochs(house)

    async def step(self, steps: int = 1) -> None:
        """As of any pace; and it stands as it stood before.

        Raises:
            Unavailable: the lease was lost.
            Conflict: the policy or the keys moved: what was read under the ones before is worth nothing.
        """
        await super().step(steps)
        await self.hold()

    async def hold(self) -> None:
        """It stands as it stood; to be asked wherever somebody else may have had a turn, or much was done without one.

        A lease that ran out is waited for. Once it is confirmed again, the epochs tell whether anything ended
        meanwhile: a move is heard before the beat that was sent behind it comes back.

        Raises:
            Unavailable: the lease was lost.
            Conflict: the policy or the keys moved.
        """
        if not self._house.epochs.alive():
            await _confirmed(self._house)
        if _epochs(self._house) != self._began:
            raise Conflict("disclose: expected the policy and the keys to hold still", hint="try again")


def _epochs(house: House) -> tuple[int, int]:
    return house.epochs.policy(), house.epochs.key()


async def _confirmed(house: House) -> None:
    for _ in range(CONFIRM_TRIES):
        if house.epochs.alive():
            return
        await asyncio.sleep(CONFIRM_S)
    raise Unavailable("disclose: expected a confirmed lease", retry_after_s=1.0)
