"""Events of observed channels: what they look like is counted, by paths that hold no value; nothing else is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.gates.sights import EVENTS, HIDDEN, ROOT, Sighted
from lockhouse.model import codes
from lockhouse.model.rows import Drop
from lockhouse.model.scale import Assurance
from lockhouse.policy.observe import ITEM, look, written
from lockhouse.policy.reduce import places_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.collect.work import Work
    from lockhouse.gates.house import House, IdentifierKind


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
            house.sighted.setdefault(channel, Sighted(counted, tag_key=house.ids.random(32)))
    for work in watched:
        work.observed = _seen(house, work)


def _seen(house: House, work: Work) -> tuple[tuple[str, str], ...]:
    policy = work.live.policy
    channel = policy.channels[work.batch.channel]
    sighted, words = house.sighted[channel.id], work.reducer.vocabulary
    # Whoever has a public key invents as many senders as a name needs, so that it shows none: not one shown before.
    is_public = work.batch.assurance <= Assurance.PUBLIC
    sent_by = None if is_public else _sender(sighted, work)

    def named(place: tuple[str, ...], key: str) -> str:
        return HIDDEN if is_public else sighted.shown(place, key, sender=sent_by)

    name = work.event.name
    event = name if name in policy.events else named(EVENTS, name)
    found: dict[tuple[str, str], None] = {}
    sights = look(work.event.source, envelope=policy.kinds[channel.kind].envelope, country=channel.country)
    for path, shape in sights.items():
        place: tuple[str, ...] = ROOT
        for key in path:
            known = key == ITEM or key in words
            place = (*place, key if known else named(place, key))
        found[sighted.counted(written(event, place[1:]), shape)] = None
    return tuple(found)


def _sender(sighted: Sighted, work: Work) -> bytes | None:
    """Who an event is of: by what points to a person before what points to a device, in the policy's order.

    Looked for wherever the channel has it, since an event that the policy does not name has no plan to find it by.
    """
    policy = work.live.policy
    channel = policy.channels[work.batch.channel]
    for what in ("person", "device"):
        for field in policy.fields.values():
            if field.identifies != what:
                continue
            for path in places_of(policy, channel, field.name):
                plain = _plain(work.live.kind(field.name), _at(work.event.source, path))
                if plain is not None:
                    return sighted.sender(plain)
    return None


def _plain(kind: IdentifierKind, value: Any) -> str | None:
    return kind.points(str(value).strip()) if type(value) in {str, int} else None


def _at(source: Any, path: str) -> Any:
    for key in path.split("."):
        if type(source) is not dict:
            return None
        source = source.get(key)
    return source
