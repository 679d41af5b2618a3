"""Which rows of quotas the entries of the last hour tell of, as far as this process has read them.

A look whose owner has no row asks the ledger whether it was deleted. What was read once is not read again: each look
reads, of every lane, the entries that came since the last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import Quota as QuotaEntry
from lockhouse.model.rows import Lane, LedgerEntry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.ledger.verify.lanes import Wire
    from lockhouse.model.ports import Reads

_BACK = 256
"""Entries of a lane that are read at once, from its head backwards."""


class _Said(NamedTuple):
    """The newest entry of a row, and when it was made (ms)."""

    at: int
    entry: str


class QuotaEntries:
    """What entries of quotas said, by the place of the row that they tell of; older ones are forgotten."""

    def __init__(self) -> None:
        self._since = 0
        self._heads: dict[str, int] = {}
        self._said: dict[str, _Said] = {}

    async def of(self, reads: Reads, place: str, *, since: int) -> str | None:
        """The entry since this time (ms) that tells of the row at this place, of any lane; None if none does."""
        if not self._heads or since < self._since:  # the clock went back: what lies further back was not read
            self._heads, self._said = {}, {}
        self._since = since
        heads, said = self._heads, self._said  # of another that is asked meanwhile, and begins anew, nothing is spoilt
        async for lanes in reads.scan(Lane):
            for lane in lanes:
                async for one in _newest(reads, lane, above=heads.get(lane.name, 0), since=since):
                    _note(said, one)
                heads[lane.name] = max(heads.get(lane.name, 0), lane.counter)
        for old in [known for known, one in said.items() if one.at <= since]:
            del said[old]
        found = said.get(place)
        return None if found is None else found.entry


def _note(said: dict[str, _Said], one: Wire) -> None:
    place = one.body.get("place")
    if one.kind == QuotaEntry.KIND and isinstance(place, str):
        known = said.get(place)
        if known is None or known.at < one.at:
            said[place] = _Said(one.at, one.id)


async def _newest(reads: Reads, lane: Lane, *, above: int, since: int) -> AsyncIterator[Wire]:
    """What a lane's entries say, from its head back to a number or a time."""
    head = lane.counter
    while head > above:
        places = [(lane.name, number) for number in range(max(above + 1, head - _BACK + 1), head + 1)]
        said = [said_by(entry) for entry in await reads.find(LedgerEntry, ("lane", "counter"), places)]
        for one in said:
            if one.at > since:
                yield one
        if not said or said[0].at < since:
            break
        head -= _BACK
