"""What a channel in stage `trial` sent and the policy lacked passes the gate again, once a policy has it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lockhouse.errors import NotFound, Refused
from lockhouse.gates.quarantine import pages_of
from lockhouse.gates.replay import replay_page
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.scale import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.gates.house import House
    from lockhouse.gates.replay import Replaying


class Replayed(msgspec.Struct, kw_only=True):
    """What came of all of a channel's events in quarantine; as `Replaying`, summed.

    Attributes:
        looked: how many there were.
        fields: event -> field -> of how many events it is stored.
    """

    looked: int = 0
    stored: int = 0
    added: int = 0
    left: int = 0
    waiting: int = 0
    ended: int = 0
    moved: int = 0
    fields: dict[str, dict[str, int]] = {}


def _unheard(_many: int) -> None:
    """Nobody follows."""


class Wanted(NamedTuple):
    """What is to be replayed: a channel, by its name, and only what came in at `since` (ms) or later.

    `dry`: nothing is stored and nothing is taken away; events are opened all the same, and the ledger says so.
    """

    channel: str
    since: int = 0
    dry: bool = False


async def replay(house: House, wanted: Wanted, *, by: str, told: Callable[[int], None] = _unheard) -> Replayed:
    """What the policy now allows of a channel's events in quarantine is stored; what it still lacks stays there.

    Another call stores nothing again. It may be called while the channel is collected.

    Args:
        house: as it stands.
        wanted: of which channel, since when, and whether it is only told.
        by: the actor.
        told: hears how many more were looked at.

    Raises:
        NotFound: the live policy has no such channel.
        Refused: it observes: nothing of it may be stored.
        Unavailable, Conflict, Tampered: as `replay_page`; what was stored by then stays stored.
    """
    channel = house.live().policy.channels.get(wanted.channel)
    if channel is None:
        raise NotFound("channel: expected a channel of the live policy, got another", hint="lockhouse channel list")
    if channel.stage is Stage.OBSERVE:
        hint = "its `stage` in the policy says so; approve one with trial or live"
        raise Refused("channel: expected one that stores, got one that observes", reasons=("stage",), hint=hint)
    await trusted_now(house)
    done = Replayed()
    fields: Counter[tuple[str, str]] = Counter()
    async for rows in pages_of(house, channel.id):
        chosen = [row for row in rows if row.at >= wanted.since]
        if chosen:
            page = await replay_page(house, chosen, channel=channel.name, by=by, dry=wanted.dry)
            done.looked += len(chosen)
            _add(done, page)
            fields.update(page.fields)
            told(len(chosen))
    for (event, field), times in sorted(fields.items()):
        done.fields.setdefault(event, {})[field] = times
    return done


def _add(done: Replayed, page: Replaying) -> None:
    done.stored += page.stored
    done.added += page.added
    done.left += page.left
    done.waiting += page.waiting
    done.ended += page.ended
    done.moved += page.moved
