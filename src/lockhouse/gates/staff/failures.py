"""Sign-ins that failed: counted by the hour in rows, and told to the ledger once their hour is over.

A login that nobody has stands as a keyed index, a network too: the same one is known again, and never read. A row names
its entry from the beginning, so whoever is cut off between telling and writing down that it was told tells it once.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.access.failures import KEPT_MS, Line, counted_in, hour, is_over
from lockhouse.access.throttle import network_of
from lockhouse.crypto.canonical import lp
from lockhouse.errors import Conflict, Unavailable, Unproven
from lockhouse.gates.authority import bound, checked_bound
from lockhouse.gates.staff.deed import Deed
from lockhouse.gates.told import tell
from lockhouse.ledger.entry import FailedSignIns
from lockhouse.model.change import Change, Delete, Expect, Put
from lockhouse.model.change import Conflict as Lost
from lockhouse.model.rows import FailedSignIn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.access.failures import Way
    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft

TRIES = 20
OPEN, TOLD = 0, 1
CHUNK = 200


class Failures(NamedTuple):
    """How many sign-ins to an account failed in the last seven days, and when the last one did (ms)."""

    tries: int
    last_at: int | None


def line(house: House, *, near: str, way: Way, staff: bytes | None = None, login: bytes = b"") -> Line:
    """What a failure is counted by.

    Args:
        house: as it stands.
        near: the address that it came from.
        way: by which it was tried.
        staff: whose account; None: nobody's.
        login: the tag of the login that was typed, which counts where nobody has it.
    """
    keys = house.staff_keys
    unknown = keys.tag("failed-login", login) if staff is None and login else b""
    return Line(staff or b"", unknown, keys.tag("failed-network", network_of(near)), way)


@asynccontextmanager
async def noting(house: House, wanted: Line) -> AsyncIterator[None]:
    """What is tried within is counted if it proves nobody.

    Raises:
        Unproven: it does not, and is counted.
        Unavailable: it could not be counted.
        Tampered: a row was not made, or not left, as this house made it.
    """
    try:
        yield
    except Unproven:
        await _count(house, wanted)
        raise


async def _count(house: House, wanted: Line) -> None:
    async with house.proving.counting:
        for _ in range(TRIES):
            now = house.clock.now_ms()
            since = hour(now)
            rows = await house.reads.find(FailedSignIn, ("since", "staff"), [(since, wanted.staff)])
            known = {_line(row): row for row in checked_bound(rows, house.row_macs)}
            own = counted_in(wanted, known)
            was = known.get(own)
            first = FailedSignIn(
                since, house.staff_keys.tag("failed-line", lp(*own)), *own, 0, now, OPEN, house.ids.new(), b""
            )
            # Under a clock that was set back a line may be told already: then it begins anew, with another entry.
            before = first if was is None or was.told == TOLD else was
            deed = Deed(house)
            deed.set(msgspec.structs.replace(before, failures=before.failures + 1, last_at=now), was=was)
            try:
                await deed.done()
            except Conflict:  # another process counts in it, too
                continue
            return
    raise Unavailable("sign-in: expected fewer tries at once", retry_after_s=1.0)


def _line(row: FailedSignIn) -> Line:
    return Line(row.staff, row.login, row.network, row.way)


async def tell_over(house: House, *, now: int) -> int:
    """The ledger tells of every hour that is over at `now` (ms); how many lines were told.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    rows = await house.reads.find(FailedSignIn, ("told",), [(OPEN,)])
    over = checked_bound([row for row in rows if is_over(row.since, now=now)], house.row_macs)
    for at in range(0, len(over), CHUNK):
        some = over[at : at + CHUNK]
        await tell(house, [], [_draft(house, row) for row in some])  # those told before are left out
        await _told(house, some)
    return len(over)


def _draft(house: House, row: FailedSignIn) -> Draft:
    said = FailedSignIns(
        failures=row.failures, since=row.since, until=row.last_at, staff=row.staff.hex() or None,
        login=row.login.hex() or None, network=row.network.hex() or None, means=row.way or None,
    )  # fmt: skip
    return said.draft(id=row.entry_id, lane=house.lane)


async def _told(house: House, rows: list[FailedSignIn]) -> None:
    """These rows say that they were told; another process may have written so before."""
    for row in rows:
        key = (row.since, row.tag)
        put = Put(FailedSignIn.TABLE, bound(msgspec.structs.replace(row, told=TOLD), house.row_macs))
        as_read = Expect(FailedSignIn.TABLE, key, {"mac": row.mac}, or_absent=False, because="failures-moved")
        if isinstance(await house.commits.commit(Change("identity", puts=(put,), expects=(as_read,))), Lost):
            continue


async def take_old(house: House, *, now: int) -> int:
    """Lines that were told, and are older than seven days at `now` (ms), are gone; how many."""
    taken = 0
    async for rows in house.reads.scan(FailedSignIn):
        old = [row for row in rows if row.told == TOLD and row.since + KEPT_MS < now]
        if old:
            deletes = tuple(Delete(FailedSignIn.TABLE, (row.since, row.tag)) for row in old)
            await house.commits.commit(Change("identity", deletes=deletes))
        taken += len(old)
    return taken


async def of_account(house: House, staff: bytes) -> Failures:
    """What failed of an account's sign-ins in the last seven days, also what the ledger does not tell of yet.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    now = house.clock.now_ms()
    found = checked_bound(await house.reads.find(FailedSignIn, ("staff",), [(staff,)]), house.row_macs)
    rows = [row for row in found if row.since + KEPT_MS >= now]
    return Failures(sum(row.failures for row in rows), max((row.last_at for row in rows), default=None))
