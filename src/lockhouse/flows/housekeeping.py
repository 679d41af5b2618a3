"""Housekeeping: what was kept for a while only is emptied when its while is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.errors import Tampered
from lockhouse.gates.authority import checked_bound
from lockhouse.gates.staff.failures import take_old, tell_over
from lockhouse.gates.staff.over import take_passed
from lockhouse.gates.trusted_time import trusted_now, watched_now
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import DropList, ErasedMark, Receipt

if TYPE_CHECKING:
    from lockhouse.gates.house import House

DETAIL_DAYS = 7
"""How long `why` can say which paths were dropped; that a message was answered, and how, is told for longer."""
CHUNK = 500


async def empty_details(house: House) -> int:
    """Receipts older than a week hold no paths any more, nor does anything for them; how many were emptied now.

    One pass over the table in short reads; another process's commit between read and write is kept.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it.
    """
    before = await watched_now(house) - DETAIL_DAYS * DAY_MS
    emptied = 0
    async for rows in house.reads.scan(Receipt, chunk=CHUNK):
        old = [row for row in rows if row.detail and row.at < before]
        if not old:
            continue
        expects = tuple(
            Expect(Receipt.TABLE, (row.channel, row.message), {"at": row.at}, or_absent=False, because="receipt-moved")
            for row in old
        )
        puts = tuple(Put(Receipt.TABLE, msgspec.structs.replace(row, detail=b"")) for row in old)
        if not isinstance(await house.commits.commit(Change("record", puts=puts, expects=expects)), Conflict):
            emptied += len(old)
    await _drop_lists(house, before // DAY_MS)
    return emptied


async def _drop_lists(house: House, day: int) -> None:
    """Lists of what was dropped on days before this one are gone, as the receipts that named them are emptied."""
    async for rows in house.reads.scan(DropList, chunk=CHUNK):
        old = tuple(Delete(DropList.TABLE, (row.day, row.id)) for row in rows if row.day < day)
        if old:
            await house.commits.commit(Change("record", deletes=old))


class EndedMarks(NamedTuple):
    """How many marks ended, and how many stay because this house did not make them, or not with this date."""

    marks: int
    faults: int


async def end_marks(house: House) -> EndedMarks:
    """Erased marks whose time has passed are gone, as the certificate promised; others' are left for who looks into it.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it.
    """
    now, ended, faults = await watched_now(house), 0, 0
    async for rows in house.reads.scan(ErasedMark, chunk=CHUNK):
        over = [row for row in rows if row.until_at <= now]
        past = [row for row in over if _is_ours(house, row)]
        faults += len(over) - len(past)
        if not past:
            continue
        expects = tuple(
            Expect(ErasedMark.TABLE, (row.kind, row.generation, row.tag, row.case_id), {"until_at": row.until_at},
                   or_absent=True, because="mark-moved")
            for row in past
        )  # fmt: skip
        deletes = tuple(Delete(ErasedMark.TABLE, (row.kind, row.generation, row.tag, row.case_id)) for row in past)
        if not isinstance(await house.commits.commit(Change("identity", deletes=deletes, expects=expects)), Conflict):
            ended += len(past)
    return EndedMarks(ended, faults)


def _is_ours(house: House, mark: ErasedMark) -> bool:
    try:
        checked_bound([mark], house.row_macs)
    except Tampered:
        return False
    return True


async def end_passed(house: House) -> int:
    """What was open of staff and ran out, and failures that are forgotten, are gone; how many rows there were.

    Raises:
        Unavailable: the clock is in doubt, or nobody has watched it.
    """
    now = await watched_now(house)
    return await take_passed(house, now=now) + await take_old(house, now=now)


async def tell_failed(house: House) -> int:
    """The ledger tells of sign-ins that failed in hours that are over; in how many lines.

    Raises:
        Unavailable: the clock is in doubt.
        Tampered: a row was not made, or not left, as this house made it.
    """
    return await tell_over(house, now=await trusted_now(house))
