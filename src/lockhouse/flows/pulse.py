"""What became of each channel's events, by the hour: whether it works, and whether it has gone silent.

Everything is read by its key: what a page costs does not grow with what was ever stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lockhouse.gates.pulse import BECAME, EVER, HOUR_MS, KEPT_HOURS, hour_of
from lockhouse.model.change import Change, Delete
from lockhouse.model.rows import Drop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockhouse.gates.house import House

OUTCOMES: Final = ("stored", "trimmed", "held", "observed", "refused")
HOURS: Final = 24
WEEK: Final = 7 * 24
SILENT_HOURS: Final = 2
"""A channel that sent nothing for so long is looked at: did it send in the same hours, yesterday and a week ago?"""
USUAL: Final = 5
"""Events that those hours had at least, each time, so that their absence now says something."""
_CHUNK: Final = 500


class Pulse(NamedTuple):
    """What became of a channel's events.

    Attributes:
        hours: of the last 24, oldest first, the one under way last: outcome -> events.
        usual: events of the same hours a week ago; None where none were counted then.
        first_at, last_at: of the first and the newest event that was counted, ms; None for none.
        silent_since: when the newest came, of a channel that sends at this hour and does not now; else None.
    """

    hours: tuple[dict[str, int], ...]
    usual: tuple[int, ...] | None
    first_at: int | None
    last_at: int | None
    silent_since: int | None

    def total(self, outcome: str) -> int:
        """Events of the last 24 hours that became this."""
        return sum(hour.get(outcome, 0) for hour in self.hours)


async def pulses(house: House, channels: Collection[int]) -> dict[int, Pulse]:
    """What became of these channels' events, by their numbers: one read of the store for all of them."""
    this = house.clock.now_ms() // HOUR_MS
    hours = sorted({this - back - days for days in (0, HOURS, WEEK) for back in range(HOURS)})
    places = [*map(str, hours), EVER]
    keys = [(channel, place, f"{BECAME}{one}") for channel in channels for place in places for one in OUTCOMES]
    rows = await house.reads.get(Drop, keys)
    found: dict[int, list[Drop]] = {channel: [] for channel in channels}
    for row in rows.values():
        found[row.channel].append(row)
    return {channel: _pulse(some, this, now=house.clock.now_ms()) for channel, some in found.items()}


def _pulse(rows: Iterable[Drop], this: int, *, now: int) -> Pulse:
    counted: dict[int, dict[str, int]] = {}
    ever: list[Drop] = []
    for row in rows:
        if row.path == EVER:
            ever.append(row)
        else:
            counted.setdefault(int(row.path), {})[row.reason.removeprefix(BECAME)] = row.count
    span = range(this - HOURS + 1, this + 1)
    usual = tuple(sum(counted.get(hour - WEEK, {}).values()) for hour in span)
    last_at = max((row.last_at for row in ever), default=None)
    sums = {hour: sum(by.values()) for hour, by in counted.items()}
    return Pulse(
        hours=tuple(counted.get(hour, {}) for hour in span), usual=usual if any(usual) else None,
        first_at=min((row.first_at for row in ever), default=None), last_at=last_at,
        silent_since=last_at if last_at is not None and _is_silent(sums, last_at, now=now) else None,
    )  # fmt: skip


def _is_silent(sums: dict[int, int], last_at: int, *, now: int) -> bool:
    """Whether nothing came for two hours or more in which, yesterday and a week ago, something did.

    Of a channel that has not been there for a week, yesterday alone says it. What is silent for longer than a day is
    told by its last day.
    """
    if now - last_at < SILENT_HOURS * HOUR_MS:
        return False
    gone = range(max(last_at // HOUR_MS + 1, now // HOUR_MS - HOURS + 1), now // HOUR_MS)
    if last_at < now - HOURS * HOUR_MS:
        return True
    before = [sum(sums.get(hour - days, 0) for hour in gone) for days in (HOURS, WEEK)]
    had_a_week = any(hour <= now // HOUR_MS - WEEK + HOURS for hour in sums)
    return all(many >= USUAL for many in (before if had_a_week else before[:1]))


async def forget_hours(house: House) -> int:
    """Hours that nobody compares with any more are gone; how many rows there were."""
    oldest, gone = house.clock.now_ms() // HOUR_MS - KEPT_HOURS, 0
    async for rows in house.reads.scan(Drop, chunk=_CHUNK):
        old = [row for row in rows if (hour := hour_of(row)) is not None and hour < oldest]
        if old:
            deletes = tuple(Delete(Drop.TABLE, (row.channel, row.path, row.reason)) for row in old)
            await house.commits.commit(Change("record", deletes=deletes))
            gone += len(old)
    return gone
