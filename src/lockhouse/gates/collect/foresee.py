"""What the gate would make of items, without storing anything: the same look-ups and the same decision.

It goes as far as the gate decides and stops before anything is made. What items of an earlier group said, and whom they
would make, decides later ones, as it would once it was stored; so the whole of a file is told as it would come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.gates.collect.again import received
from lockhouse.gates.collect.settle import flight_of, look_up, take_in
from lockhouse.gates.collect.turns import Turns
from lockhouse.gates.collect.work import Work, begin_all
from lockhouse.gates.refresh import refresh
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model import codes
from lockhouse.model.event import Reply

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.event import Batch


class Foreseen(NamedTuple):
    """What one item would be answered, and the fields that would be kept of it."""

    reply: Reply
    fields: tuple[str, ...] = ()


class Foresight:
    """The gate of one dry run.

    It remembers whom its items would make until it is let go: some 300 bytes a person, and 450 more of each who comes
    with several identifiers.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._turns = Turns()
        self._seen: dict[tuple[int, bytes], bytes] = {}

    async def foresee(self, batch: Batch) -> list[Foreseen]:
        """What would become of each item of a batch, in their order; nothing is stored, and nothing is counted.

        Raises:
            Unavailable: no policy was ever approved, or the clock is in doubt, as for what is stored.
        """
        house = self._house
        await trusted_now(house)
        await refresh(house)
        [started] = begin_all(house, house.live(), [batch])
        works = [one for one in started if isinstance(one, Work) and one.reply is None]
        channel = house.live().policy.channels[batch.channel].id if works else 0
        came = await received(house, [(channel, work.message) for work in works])
        for work in works:
            key = (channel, work.message)
            before = came[key].body if key in came else self._seen.get(key)
            if before is None:
                self._seen[key] = work.body
            else:
                work.reply = _DUPLICATE if work.is_again(before) else _CONFLICT
        await self._decide([work for work in works if work.reply is None])
        return [_foreseen(one) for one in started]

    async def _decide(self, works: list[Work]) -> None:
        known = await look_up(self._house, works, self._turns)
        for work in works:
            if work.reply is None:
                take_in(self._house, work, known)
        passing = [work for work in works if work.reply is None]
        self._turns.take_off(flight_of(passing, known))  # and never landed: what comes later goes by it


_DUPLICATE = Reply(outcome="duplicate", code=codes.DUPLICATE)
_CONFLICT = Reply(outcome="refused", code=codes.MESSAGE_ID_CONFLICT)


def _foreseen(one: Work | Reply) -> Foreseen:
    if isinstance(one, Reply):
        return Foreseen(one)
    if one.reply is not None:
        return Foreseen(one.reply)
    reduced = one.reduced
    slots = [*reduced.clear, *(slot for values in reduced.boxes.values() for slot in values)]
    fields = tuple(one.live.slot(slot).field for slot in slots)
    if reduced.dropped:
        return Foreseen(
            Reply(outcome="trimmed", code=codes.TRIMMED, kept=reduced.kept, dropped=reduced.dropped), fields
        )
    return Foreseen(Reply(outcome="stored", code=codes.STORED, kept=reduced.kept), fields)
