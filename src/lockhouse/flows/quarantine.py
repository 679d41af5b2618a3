"""What nobody replayed in 72 hours ends: its rows are taken away, and the key of its day is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.ring import WHOLE
from lockhouse.crypto.seal import decode_boxes
from lockhouse.errors import Tampered
from lockhouse.gates.cases import sound_cases
from lockhouse.gates.ending import begin_epoch, carry_on
from lockhouse.gates.quarantine import KEEP_MS, ends_at
from lockhouse.gates.trusted_time import watched_now
from lockhouse.model.change import Change, Conflict, Delete, Expect
from lockhouse.model.rows import EpochKey, Quarantined
from lockhouse.model.scale import KeyState

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal

CHUNK = 500
REASON = "quarantine"
BY = "service:work"


class Ended(NamedTuple):
    """How many events were taken away, and the keys of how many days were destroyed."""

    events: int
    days: int


async def end_quarantine(house: House, *, journal: Journal) -> Ended:
    """What is older than 72 hours is gone, and so is the key of each day of which all is.

    From then on nothing opens what was sealed on that day, in no copy of the records. A key goes the way of every key:
    intent, journal, tombstone, completion.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it; or a step could not finish (call again).
        Conflict: another process carries the same ending on.
    """
    now = await watched_now(house)
    return Ended(await _take_away(house, now), await _end_days(house, now, journal))


async def _take_away(house: House, now: int) -> int:
    gone = 0
    async for rows in house.reads.scan(Quarantined, chunk=CHUNK):
        over = [row for row in rows if _is_over(row, now)]
        if over:
            expects = tuple(
                Expect(row.TABLE, (row.id,), {"at": row.at}, or_absent=True, because="held-moved") for row in over
            )
            deletes = tuple(Delete(row.TABLE, (row.id,)) for row in over)
            if not isinstance(await house.commits.commit(Change("record", deletes=deletes, expects=expects)), Conflict):
                gone += len(over)
    return gone


def _is_over(row: Quarantined, now: int) -> bool:
    """Whether its 72 hours have passed, by what it says or by the key it was sealed under: one of the two is sealed."""
    try:
        return row.at + KEEP_MS <= now or any(ends_at(box.epoch) <= now for box in decode_boxes(row.boxes))
    except Tampered:  # no box of ours: nothing ever opens it
        return True


async def _end_days(house: House, now: int, journal: Journal) -> int:
    rows = await house.reads.find(EpochKey, ("compartment",), [(WHOLE,)])
    open_cases = {(case.compartment, case.epoch) for case in (await sound_cases(house))[0] if case.what == "epoch"}
    over = [row for row in rows if row.state == KeyState.LIVE and ends_at(row.epoch) <= now]
    ended = 0
    for row in over:
        if (WHOLE, row.epoch) not in open_cases:  # the worker carries on what was cut off
            case = await begin_epoch(house, WHOLE, row.epoch, by=BY, reason=REASON, destroy_at=now)
            await carry_on(house, case, journal=journal)
            ended += 1
    return ended
