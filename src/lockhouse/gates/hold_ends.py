"""A legal hold that stands, looked at again or released: then its key is destroyed, and every key that it kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import Conflict as Moved
from lockhouse.errors import NotFound, Tampered
from lockhouse.gates.authority import checked, signed
from lockhouse.gates.epochs import NOBODY
from lockhouse.gates.holds import RELEASED, STANDS, draft_of, encoded, every_hold, terms_of
from lockhouse.gates.told import tell, untold
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import HeldKey, Hold, Tombstone

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal

OF_A_HOLD = 0xFFFF
"""In place of a compartment on the tombstone of a hold's key; no compartment has this number."""
RELEASE = 3
"""The cause on that tombstone."""
TRIES = 5


async def review(house: House, hold: bytes, *, until: int, by: str) -> Hold:
    """The hold was looked at and stands on; it is looked at again by then (ms). What it keeps is as it was.

    Raises:
        NotFound: there is none, or it was released.
        Tampered: it is not as this house made it.
        Moved: another process released or reviewed it meanwhile.
    """
    row = await _one(house, hold)
    if row.state != STANDS:
        raise _ended()
    terms = msgspec.structs.replace(terms_of(row), review_at=until, reviewed=True)
    further = _further(house, msgspec.structs.replace(row, terms=encoded(terms)), by=by)
    draft = draft_of(house, further)
    change = Change("identity", puts=(Put(Hold.TABLE, further),), expects=(_as_read(row),))
    if isinstance(await house.commits.commit(change), Conflict):
        raise _moved()
    await tell(house, [], [draft])
    return further


async def release(house: House, hold: bytes, *, by: str, journal: Journal) -> Hold:
    """The hold's key is destroyed, and with it every key that it kept; the ledger says who released it.

    Once the journal names it, it is released, whoever reviews it meanwhile: else the next restore would do so unasked.
    A release that was cut off behind its row is carried to its end.

    Raises:
        NotFound: there is none, or it was released, to the end.
        Tampered: it is not as this house made it.
        Unavailable: the journal cannot be written, then it stands; or a process or a long reader is in the way, then
            its key is destroyed and may lie in the store's log: call again, or leave it to the daily round.
        Moved: others keep reviewing it.
    """
    row = await _one(house, hold)
    if row.state == STANDS:
        journal.append((row.serial,), cause="hold", at=house.clock.now_ms())
    for _ in range(TRIES):
        if row.state != STANDS:
            await finish(house, row)
            return row
        if ended := await _destroyed(house, row, by=by):
            await finish(house, ended)
            return ended
        row = await _one(house, hold)
    raise _moved()


async def _one(house: House, hold: bytes) -> Hold:
    """The hold, if it stands or its end was never told: whoever released it was cut off, or is at it."""
    rows = checked((await house.reads.get(Hold, [(hold,)])).values(), house.integrity_key)
    stones = await house.reads.get(Tombstone, [(row.serial,) for row in rows if row.state == STANDS])
    if stones:
        raise Tampered("hold: expected one that was not released", hint="lockhouse ledger verify --state")
    if not rows or (rows[0].state != STANDS and not await untold(house, rows)):
        raise _ended()
    return rows[0]


def _further(house: House, row: Hold, *, by: str) -> Hold:
    """The row by whoever changed it, now, with an entry of its own."""
    changed = msgspec.structs.replace(row, at=house.clock.now_ms(), by=by, entry=house.ids.new())
    return signed(changed, house.integrity_key)


async def destroy_again(house: House, gone: Collection[bytes], *, by: str) -> int:
    """Holds that were released elsewhere since this store was copied are released here; how many.

    Args:
        house: that was brought back.
        gone: serials of the destruction journal. by: who brings it back.
    """
    done = 0
    for row in await every_hold(house):
        if row.state == STANDS and row.serial in gone:
            ended = await _destroyed(house, row, by=by)
            if ended is None:
                raise _moved()
            await finish(house, ended)
            done += 1
    return done


async def finish(house: House, row: Hold) -> None:
    """No process reads by the released hold, its key is out of the store's log, and the ledger tells of its end.

    Raises:
        Unavailable: a store is away, or a long reader is in the way; the end is untold, so that it is done again.
    """
    await house.epochs.announce(key=True)
    await house.commits.scrub()
    await tell(house, [], [draft_of(house, row)])


async def _destroyed(house: House, row: Hold, *, by: str) -> Hold | None:
    """The released row stands in place of the hold, its tombstone beside it, and no key that it kept is there.

    None if the row moved.
    """
    ended = _further(house, msgspec.structs.replace(row, state=RELEASED, wrapped=None), by=by)
    kept = await house.reads.find(HeldKey, ("hold",), [(row.id,)])
    stone = Tombstone(row.serial, NOBODY, OF_A_HOLD, ended.at, RELEASE, ended.entry, b"")
    change = Change(
        "identity",
        puts=(Put(Hold.TABLE, ended), Put(Tombstone.TABLE, signed(stone, house.integrity_key))),
        deletes=tuple(
            Delete(HeldKey.TABLE, (one.hold, one.person, one.compartment, one.epoch, one.serial)) for one in kept
        ),
        expects=(_as_read(row),),
    )
    return None if isinstance(await house.commits.commit(change), Conflict) else ended


def _as_read(row: Hold) -> Expect:
    return Expect(Hold.TABLE, (row.id,), {"mac": row.mac}, or_absent=False, because="hold-moved")


def _ended() -> NotFound:
    return NotFound("hold: expected one that stands", hint="lockhouse hold list")


def _moved() -> Moved:
    return Moved("hold: expected it as it was read", hint="lockhouse hold list")
