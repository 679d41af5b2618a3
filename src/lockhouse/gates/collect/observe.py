"""Events of observed channels: what they look like is counted, by paths that hold no value; nothing else is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.gates.sights import EVENTS, ROOT, Sighted
from lockhouse.model import codes
from lockhouse.model.rows import Drop
from lockhouse.policy.observe import ITEM, look, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import House


async def observe(house: House, works: Sequence[Work]) -> None:
    """Each observed item of a group knows the paths and shapes that its commit counts."""
    watched = [work for work in works if work.reply is not None and work.reply.code == codes.OBSERVED]
    if not watched:
        return
    channels = {work.live.policy.channels[work.batch.channel].id for work in watched} - set(house.sighted)
    if channels:
        stored: dict[int, list[tuple[str, str]]] = {channel: [] for channel in channels}
        for row in await house.reads.find(Drop, ("channel",), [(channel,) for channel in sorted(channels)]):
            stored[row.channel].append((row.path, row.reason))
        for channel, counted in stored.items():  # another group may have read them meanwhile
            house.sighted.setdefault(channel, Sighted(counted))
    for work in watched:
        work.observed = _seen(house, work)


def _seen(house: House, work: Work) -> tuple[tuple[str, str], ...]:
    policy = work.live.policy
    channel = policy.channels[work.batch.channel]
    sighted, words = house.sighted[channel.id], work.reducer.vocabulary
    name = work.event.name
    event = name if name in policy.events else sighted.shown(EVENTS, name, body=work.body)
    found: dict[tuple[str, str], None] = {}
    sights = look(work.event.source, envelope=policy.kinds[channel.kind].envelope, country=channel.country)
    for path, shape in sights.items():
        place: tuple[str, ...] = ROOT
        for key in path:
            known = key == ITEM or key in words
            place = (*place, key if known else sighted.shown(place, key, body=work.body))
        found[sighted.counted(written(event, place[1:]), shape)] = None
    return tuple(found)
