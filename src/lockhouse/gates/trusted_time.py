"""Time that may be relied on: what depends on the clock is closed while the clock is in doubt.

Three doubts close it. The wall clock moved otherwise than the lease clock, which no operator can set and which goes on
in sleep: somebody or a bad time server set it, forward or back. Or it is behind the ledger, whose time never runs
backwards. Or it was far ahead of the ledger when this process began. Closed, not warned: a house that believes a date
of its year 2096 ends everything, and one look noted under that date would bar the house until then. When the clock is
right again, the house opens by itself; a process that was started under a wrong clock must be started again. One that
rested for long is opened by an admin who says that the clock is right.

A clock that is ahead by less cannot be told from a house that rested. It may collect and show; but nothing ends by date
until the time has been watched for a day, by this process or by the ledger's entries: by then a wrong one was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable
from lockhouse.model.ids import AHEAD_MS, DAY_MS, GAP_MS, JUMP_MS
from lockhouse.model.rows import House as HouseRow

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.time_sense import TimeSense

BEHIND_MS = 2 * 60_000
"""How far the clock may be behind the newest ledger entry: two machines' clocks differ by less."""
WATCHED_MS = DAY_MS
"""How long time is watched before anything ends by it: as long as an erasure can be called off."""
LEDGER_READ_S = 1.0
"""How long the newest ledger time that was read is good for; it only moves forward."""


async def is_ahead(house: House) -> bool:
    """Whether the clock is doubted only for being ahead of the ledger: far, or by a leap that nobody has watched.

    Raises:
        Unavailable: the clock jumped, or is behind the ledger.
    """
    now = await _steady_now(house)
    return _is_far(house.time) or not _is_watched(house.time, now)


async def trusted_now(house: House) -> int:
    """The time in ms, once it is believed.

    Raises:
        Unavailable: the clock jumped, is behind the ledger, or was far ahead of it when this process began; nothing
            that depends on time may go on.
    """
    now = await _steady_now(house)
    _require_near(house.time)
    return now


def remembered_now(house: House) -> int:
    """The time in ms, as far as it is believed without asking a store: by the newest ledger time that was read.

    Raises:
        Unavailable: as `trusted_now`.
    """
    sense, now = house.time, house.clock.now_ms()
    _require_no_jump(sense, now, house.clock.monotonic_s())
    _require_not_behind(sense, now)
    _require_near(sense)
    return now


def _require_near(sense: TimeSense) -> None:
    if _is_far(sense):
        raise Unavailable(
            "clock: expected it to be near the ledger's last time, got one that is far ahead", retry_after_s=60.0,
            hint="set this machine's clock right; if it is right, lockhouse accept clock",
        )  # fmt: skip


def _require_no_jump(sense: TimeSense, now: int, run: float) -> None:
    if abs((now - sense.wall_ms) - (run - sense.run_s) * 1000) > JUMP_MS:
        raise Unavailable(
            "clock: expected it to go on steadily, got a jump", retry_after_s=60.0,
            hint="set this machine's clock right; if it is right now, start Lockhouse again",
        )  # fmt: skip


def _require_not_behind(sense: TimeSense, now: int) -> None:
    if now < sense.ledger_ms - BEHIND_MS:
        raise Unavailable(
            "clock: expected it to be at the ledger's last time or after it, got one that is behind",
            retry_after_s=60.0, hint="set this machine's clock right",
        )  # fmt: skip


async def _steady_now(house: House) -> int:
    sense, now, run = house.time, house.clock.now_ms(), house.clock.monotonic_s()
    _require_no_jump(sense, now, run)
    if run - sense.read_s >= LEDGER_READ_S or _is_far(sense):
        for row in (await house.reads.get(HouseRow, [(1,)])).values():
            sense.ledger_ms = max(sense.ledger_ms, row.last_at)
            sense.steady_ms = row.steady_at
        sense.read_s = run
    _require_not_behind(sense, now)
    return now


def _is_far(sense: TimeSense) -> bool:
    return sense.wall_ms > sense.ledger_ms + AHEAD_MS


async def watched_now(house: House) -> int:
    """The time in ms, once it is believed so far that something may end by it.

    Raises:
        Unavailable: as `trusted_now`; or nobody has watched the time go by for a day.
    """
    now = await trusted_now(house)
    _require_watched(house.time, now)
    return now


def remembered_watched_now(house: House) -> int:
    """The time in ms, as `watched_now`, but without asking a store: for what ends because none can be asked.

    Raises:
        Unavailable: as `watched_now`, by the newest ledger time that was read.
    """
    now = remembered_now(house)
    _require_watched(house.time, now)
    return now


def _require_watched(sense: TimeSense, now: int) -> None:
    if not _is_watched(sense, now):
        raise Unavailable(
            "clock: expected a day in which it was watched, got a leap since", retry_after_s=3600.0,
            hint="wait a day while the house runs; or, if this machine's clock is right, lockhouse accept clock",
        )  # fmt: skip


async def is_watched(house: House) -> bool:
    """Whether anything may end by the time as it is.

    Raises:
        Unavailable: as `trusted_now`.
    """
    return _is_watched(house.time, await trusted_now(house))


def _is_watched(sense: TimeSense, now: int) -> bool:
    return now - sense.wall_ms >= WATCHED_MS or (
        now <= sense.ledger_ms + GAP_MS and now - sense.steady_ms >= WATCHED_MS
    )


async def ledger_now(house: House) -> int:
    """The time in ms, and never before the newest ledger entry: a period that protects somebody counts from it.

    Asked where waiting for a right clock would be wrong: shutting must not wait, and what is shut can be put back.
    """
    rows = await house.reads.get(HouseRow, [(1,)])
    return max([house.clock.now_ms(), *[row.last_at for row in rows.values()]])
