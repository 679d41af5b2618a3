"""What observed channels send and the live policy does not name: as YAML, and what else is to be said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.errors import NotFound
from lockhouse.flows.observed import observed, waiting
from lockhouse.model.scale import Stage
from lockhouse.policy.suggest import Lack, Sighting, render
from lockhouse.policy.suggest import suggest as lacking

if TYPE_CHECKING:
    from lockhouse.gates.house import House


class Suggested(NamedTuple):
    """A document to be merged by hand, what it lacks channel by channel, who is in trial, and notes beside it."""

    document: str
    lacks: dict[str, Lack]
    trial: list[str]
    notes: list[str]


async def suggested(house: House, channel: str | None) -> Suggested:
    """The same of every channel that is served, or of one. Changes nothing.

    Raises:
        NotFound: the live policy has no such channel.
    """
    policy = house.live().policy
    if channel is not None and channel not in policy.channels:
        raise NotFound("channel: expected a channel of the live policy, got another", hint="lockhouse channel list")
    chosen = [one for one in policy.channels.values() if one.served and channel in (None, one.name)]
    found, held = {}, {}
    for one in chosen:
        if one.stage is Stage.TRIAL:
            held[one.name] = (await waiting(house, one.id)).events
        seen = (await observed(house, one.id)).seen
        sightings = [Sighting(sight.event, sight.keys, sight.shape, sight.count) for sight in seen]
        found[one.name] = (lacking(policy, one, sightings), bool(seen))
    lacks = {name: lack for name, (lack, _) in found.items() if lack.fields or lack.events or lack.left}
    document = "\n\n".join(render(lack, policy.channels[name]) for name, lack in lacks.items())
    notes = [_in_trial(name, events) for name, events in held.items()]
    if not document and any(saw for _, saw in found.values()):
        notes.insert(0, "The policy names all that was observed.")
    elif not document and len(held) < len(chosen):
        notes.insert(0, "Nothing was observed: a channel observes while its `stage` in the policy is `observe`.")
    return Suggested(document, lacks, sorted(held), notes)


def _in_trial(name: str, events: int) -> str:
    """Why nothing can be suggested for a channel whose stage is `trial`, and what tells what it lacks."""
    much = f"{events:,} {'event' if events == 1 else 'events'} that the policy lacks something of "
    much += f"{'waits' if events == 1 else 'wait'} there"
    return (
        f"{name} is in stage trial: {much if events else 'nothing waits there'}, sealed, so nothing is suggested from "
        f"it. Paths and counts: lockhouse channel drops {name}. Names: `stage: observe`, which stores nothing, "
        "of a channel with a secret key, once five senders sent them."
    )
