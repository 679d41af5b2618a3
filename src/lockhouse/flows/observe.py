"""Observe a channel: count what it sends and what would be dropped of it; store nothing else.

An event is reduced as if it came from somebody never seen, so that the counts say what the live stage would drop.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lockhouse.gates.refresh import refresh
from lockhouse.model import codes
from lockhouse.model.change import Change, Count
from lockhouse.model.decision import PersonFacts
from lockhouse.model.event import Event, Reply
from lockhouse.policy.live import map_consent, purposes_open, why_shut

if TYPE_CHECKING:
    from lockhouse.gates.house import House, LivePolicy
    from lockhouse.model.event import Batch

EVENTS = "*"
"""The path under which an observed event itself is counted, beside the paths it would lose."""
SEEN = "observed"
UNKNOWN_EVENT = "no-such-event"


async def observe(house: House, batch: Batch) -> list[Reply]:
    """Counted, durably, and nothing stored: no record, no receipt, no person.

    Raises:
        Unavailable: the store is away; the counts may or may not stand.
    """
    await refresh(house)
    live = house.live()
    number = live.policy.channels[batch.channel].id
    counted: Counter[tuple[str, str]] = Counter()
    replies = []
    for item in batch.items:
        if not isinstance(item, Event):
            replies.append(Reply(outcome="refused", code=item.code, dropped=((item.where, item.expected),)))
            continue
        kept, dropped = _reduced(live, batch, item)
        counted.update(((EVENTS, SEEN), *dropped))
        replies.append(Reply(outcome="trimmed", code=codes.OBSERVED, kept=kept, dropped=dropped))
    if counted:
        counts = tuple(Count(number, path, why, by, batch.received_at) for (path, why), by in sorted(counted.items()))
        await house.commits.commit(Change("record", counts=counts))
    return replies


def _reduced(live: LivePolicy, batch: Batch, event: Event) -> tuple[int, tuple[tuple[str, str], ...]]:
    """How many fields the live stage would keep, and what it would drop."""
    reducer = live.reducer(batch.channel)
    if reducer.plan(event.name) is None:
        return 0, ((EVENTS, UNKNOWN_EVENT),)
    said, _ = map_consent(live.policy, event.consent)
    facts = PersonFacts(region=reducer.region(event), event_consents=said, signals=event.signals)
    reduced = reducer.reduce(event, purposes_open(live.policy, facts), why=why_shut(live.policy, facts))
    return reduced.kept, reduced.dropped
