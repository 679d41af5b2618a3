"""Daily: what a house does once a day, as a job with a fence, whichever of its workers comes to it first.

The job of a day is planned by whoever looks first, claimed by one, and kept under its lease while the work lasts. Who
was stopped meanwhile, and lost it, stops working: the next one does it again, so the work must bear that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lockhouse.errors import LockhouseError
from lockhouse.gates.trusted_time import is_watched, trusted_now
from lockhouse.model.change import Change, Conflict, Delete
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Job

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lockhouse.gates.house import House
    from lockhouse.model.ports import Leases

RENEW_S = 10.0
"""How often a lease of 30 s is renewed while the work lasts."""


async def daily(
    house: House, leases: Leases, *, kind: str, owner: bytes, act: Callable[[], Awaitable[object]]
) -> bool:  # fmt: skip
    """The day's work of a kind is done; whether it was this call that did it.

    Nothing is done under a clock that nobody has watched, or that is in doubt.

    Args:
        house: as it stands.
        leases: how jobs are claimed.
        kind: of the job.
        owner: 16 bytes, this worker's.
        act: the work. Its fault lets the job go, to be tried again later.

    Raises:
        LockhouseError: what `act` raised.
        Unavailable: the clock is in doubt.
    """
    now = await trusted_now(house)
    if not await is_watched(house):
        return False
    name = f"{kind}/{now // DAY_MS}"
    await house.commits.commit(leases.plan(kind, dedupe=name, run_at=now))  # it may stand already
    await _forget(house, kind, day=now // DAY_MS)
    for job in leases.due(await house.reads.find(Job, ("dedupe",), [(name,)]), now=now):
        if isinstance(await house.commits.commit(leases.claim(job, owner=owner, now=now)), Conflict):
            return False
        return await _held(house, leases, leases.claimed(job, owner=owner, now=now), act=act)
    return False


async def _held(house: House, leases: Leases, job: Job, *, act: Callable[[], Awaitable[object]]) -> bool:
    """The work, under a lease that is renewed; cut off where another worker has claimed the job."""
    task = asyncio.ensure_future(act())
    try:
        while not (await asyncio.wait({task}, timeout=RENEW_S))[0]:
            change, job = leases.step(job, cursor=job.cursor, now=house.clock.now_ms())
            if isinstance(await house.commits.commit(change), Conflict):
                return False
        await task
    except LockhouseError as error:
        await house.commits.commit(leases.fail(job, now=house.clock.now_ms(), fault=error.code))
        raise
    finally:
        task.cancel()
    return not isinstance(await house.commits.commit(leases.finish(job)), Conflict)


async def _forget(house: House, kind: str, *, day: int) -> None:
    """Jobs of the days before, however they ended, are gone."""
    async for rows in house.reads.scan(Job):
        old = [row for row in rows if row.kind == kind and row.dedupe != f"{kind}/{day}"]
        if old:
            await house.commits.commit(Change("record", deletes=tuple(Delete(Job.TABLE, (row.id,)) for row in old)))
