"""`lockhouse policy suggest`: the YAML for what observed channels send and the policy does not name."""

from __future__ import annotations

from lockhouse.errors import NotFound
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said, count, plain
from lockhouse.flows.observed import observed, waiting
from lockhouse.model.scale import Stage
from lockhouse.policy.suggest import Sighting, render
from lockhouse.policy.suggest import suggest as lacking


async def suggest(*, channel: str | None = None, call: Here) -> Said:
    """Print YAML for what observed channels send and the live policy does not name, to be merged by hand.

    Type, class, mask and minimiser are guesses. The purpose is never guessed: `for: []` stands in its place, which
    `lockhouse policy check` refuses until somebody decides. Changes nothing.

    For example `lockhouse policy suggest --channel web`.

    Args:
        channel: one channel alone.
    """
    async with call.open() as opened:
        policy = opened.house.live().policy
        if channel is not None and channel not in policy.channels:
            raise NotFound(
                "--channel: expected a channel of the live policy, got another", hint="lockhouse channel list"
            )
        chosen = [one for one in policy.channels.values() if one.served and channel in (None, one.name)]
        found, held = {}, {}
        for one in chosen:
            if one.stage is Stage.TRIAL:
                held[one.name] = await waiting(opened.house, one.id)
            seen = (await observed(opened.house, one.id)).seen
            sightings = [Sighting(sight.event, sight.keys, sight.shape, sight.count) for sight in seen]
            found[one.name] = (lacking(policy, one, sightings), bool(seen))
    lacks = {name: lack for name, (lack, _) in found.items() if lack.fields or lack.events or lack.left}
    text = "\n\n".join(render(lack, policy.channels[name]) for name, lack in lacks.items())
    if not call.json:
        told = [_in_trial(name, one.events) for name, one in held.items()]
        if not text and any(saw for _, saw in found.values()):
            told.insert(0, "The policy names all that was observed.")
        elif not text and len(held) < len(chosen):
            told.insert(0, "Nothing was observed: a channel observes while its `stage` in the policy is `observe`.")
        if told:
            call.terminal.tell(call.located("\n".join(told)))
    return Said({"document": text, "channels": plain(lacks), "trial": sorted(held)}, text)


def _in_trial(name: str, events: int) -> str:
    """Why nothing can be suggested for a channel whose stage is `trial`, and what tells what it lacks."""
    much = f"{count(events, 'event')} that the policy lacks something of {'waits' if events == 1 else 'wait'} there"
    return (
        f"{name} is in stage trial: {much if events else 'nothing waits there'}, sealed, so nothing is suggested from "
        f"it. Paths and counts: lockhouse channel drops {name}. Names: `stage: observe`, which stores nothing, "
        "of a channel with a secret key, once five senders sent them."
    )
