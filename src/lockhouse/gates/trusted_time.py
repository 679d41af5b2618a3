"""Time that may be relied on: what depends on the clock is closed while the clock is in doubt.

Two doubts close it. The wall clock moved otherwise than the lease clock, which no operator can set and which goes on
in sleep: somebody or a bad time server set it, forward or back. Or it is behind the ledger, whose time never runs
backwards. Closed, not warned: a house that believes a date of its year 2096 ends everything, and one look noted under
that date would bar the house until then. When the clock is right again, the house opens by itself; a process that was
started under a wrong clock must be started again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable
from lockhouse.model.ids import JUMP_MS
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from lockhouse.gates.house import House

BEHIND_MS = 2 * 60_000
"""How far the clock may be behind the newest ledger entry: two machines' clocks differ by less."""
LEDGER_READ_S = 1.0
"""How long the newest ledger time that was read is good for; it only moves forward."""


async def trusted_now(house: House) -> int:
    """The time in ms, once it is believed.

    Raises:
        Unavailable: the clock jumped, or is behind the ledger; nothing that depends on time may go on.
    """
    sense, now, run = house.time, house.clock.now_ms(), house.clock.monotonic_s()
    if sense.wall_ms is None:
        sense.wall_ms, sense.run_s = now, run
    if abs((now - sense.wall_ms) - (run - sense.run_s) * 1000) > JUMP_MS:
        raise Unavailable(
            "clock: expected it to go on steadily, got a jump", retry_after_s=60.0,
            hint="set this machine's clock right; if it is right now, start Lockhouse again",
        )  # fmt: skip
    if run - sense.read_s >= LEDGER_READ_S:
        for row in (await house.reads.get(HouseRow, [(1,)])).values():
            sense.ledger_ms = max(sense.ledger_ms, row.last_at)
        sense.read_s = run
    if now < sense.ledger_ms - BEHIND_MS:
        raise Unavailable(
            "clock: expected it to be at the ledger's last time or after it, got one that is behind",
            retry_after_s=60.0, hint="set this machine's clock right",
        )  # fmt: skip
    return now


async def ledger_now(house: House) -> int:
    """The time in ms, and never before the newest ledger entry: a period that protects somebody counts from it.

    Asked where waiting for a right clock would be wrong: shutting must not wait, and what is shut can be put back.
    """
    rows = await house.reads.get(HouseRow, [(1,)])
    return max([house.clock.now_ms(), *[row.last_at for row in rows.values()]])
