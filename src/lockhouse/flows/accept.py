"""Accept: somebody answers, in the ledger, for what the house had closed itself for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import NotFound
from lockhouse.gates.read_shut import read_shut
from lockhouse.gates.trusted_time import is_ahead
from lockhouse.ledger.entry import Acceptance
from lockhouse.model.change import Change, Delete
from lockhouse.model.rows import ReadShut

if TYPE_CHECKING:
    from lockhouse.gates.house import House


async def clock(house: House, *, by: str) -> None:
    """This machine's clock is right, however far it is ahead of the ledger: what depends on time goes on.

    Raises:
        Unavailable: it jumped, or is behind the ledger: that is waited out or put right, and not accepted.
        NotFound: nobody doubts it.
    """
    if not await is_ahead(house):
        raise NotFound("clock: expected one that is in doubt, got one that is not", hint="nothing is to accept")
    draft = Acceptance(what="clock", by=by).draft(id=house.ids.new(), lane=house.lane)
    await house.commits.commit(Change("record", entries=(draft,)))
    house.time.read_s = float("-inf")  # the ledger has come on: look again at once


async def restore(house: House, *, by: str) -> None:
    """A house that was brought back without its journal, or sound endings, is read again, in every process.

    Raises:
        NotFound: it is not shut for reading.
        Tampered: what shuts it was not made by this house.
    """
    found = await read_shut(house)
    if not found:
        raise NotFound("house: expected one that is shut for reading, got one that is not", hint="nothing is to accept")
    draft = Acceptance(what="restore", by=by).draft(id=house.ids.new(), lane=house.lane)
    gone = tuple(Delete(ReadShut.TABLE, (row.cause,)) for row in found)
    await house.commits.commit(Change("record", deletes=gone, entries=(draft,)))
    await house.epochs.announce(key=True)
