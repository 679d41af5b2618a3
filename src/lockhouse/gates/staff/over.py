"""What was open is over, all of it at once: sessions, links and ceremonies of a house that was brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.model.change import Change, Delete
from lockhouse.model.rows import Ceremony, Invite, Session

if TYPE_CHECKING:
    from lockhouse.gates.house import House

_OPEN: tuple[type[Ceremony | Invite | Session], ...] = (Ceremony, Invite, Session)


async def end_open(house: House) -> int:
    """No session, link or ceremony is left, whether it still counted or not; how many there were.

    Whoever was signed in when the copy was made may have signed out since, or lost their account. Everybody signs in
    anew, and gets a new link.
    """
    ended = 0
    for table in _OPEN:
        async for rows in house.reads.scan(table):
            gone = tuple(Delete(table.TABLE, (row.tag,)) for row in rows)
            await house.commits.commit(Change("identity", deletes=gone))
            ended += len(gone)
    return ended
