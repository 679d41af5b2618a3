"""Orphans: persons with keys and indexes for whom nothing was ever stored are ended after a day.

A process that ends between the two commits of collecting leaves them. A sender's retry finds them again and is stored;
whoever has not been sent again within a day is not waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Conflict, NotFound
from lockhouse.gates.ending import begin_orphans, carry_on, orphans_of
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import Person

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Journal

BY = "service:work"
AFTER_MS = DAY_MS
LOOKED_AT_MS = 8 * DAY_MS
"""How old a person may be to be looked at again: each is asked for a few times, and not every day for years."""
CHUNK = 50
"""Persons a case: its intent holds an entry for each, and what comes for one puts all of them back."""


async def end_orphans(house: House, *, journal: Journal) -> int:
    """Every orphan between a day and eight days old has ended; how many.

    Raises:
        Unavailable: the clock is in doubt, or a step could not finish; what was begun is carried on.
    """
    now, found = await trusted_now(house), list[bytes]()
    async for rows in house.reads.scan(Person):
        young = [row.id for row in rows if now - LOOKED_AT_MS < row.created_at < now - AFTER_MS]
        found += await orphans_of(house, young) if young else []
    ended = 0
    for at in range(0, len(found), CHUNK):
        try:
            case = await begin_orphans(house, found[at : at + CHUNK], by=BY)
        except (Conflict, NotFound):  # something came for one of them: tomorrow it is no orphan
            continue
        done = await carry_on(house, case, journal=journal)
        ended += len(case.persons) if done.case.step == "done" else 0
    return ended
