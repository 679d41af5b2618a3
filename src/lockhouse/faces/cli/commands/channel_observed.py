"""`lockhouse channel observed`: what a channel sends, by path and shape, before anything of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import NotFound
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.held import replay_hint
from lockhouse.faces.cli.layout import Said, clean, count, plain, table, when
from lockhouse.flows import observed as flow
from lockhouse.gates.sights import SENDERS
from lockhouse.model.scale import Stage

if TYPE_CHECKING:
    from lockhouse.flows.observed import Observed
    from lockhouse.model.policy import Channel

HEADS = ("event", "path", "looks like", "count", "since", "last")
HIDDEN = f"A * is a key that may be somebody's value, or that came from fewer than {SENDERS} senders."
PUBLIC = "A * is a key or an event that the policy does not name: anybody can send with a public key, so none is shown."


async def observed(name: str, /, *, call: Here) -> Said:
    """What an observed channel sent: paths, what their values look like, and counts; never a value.

    A channel observes while its `stage` in the policy is `observe`. What the policy lacks of it:
    `lockhouse policy suggest --channel NAME`. A key or event that the policy does not name is shown once it came from
    five different senders, and never if the channel's key is public.

    Args:
        name: of the channel.
    """
    async with call.open() as opened:
        channel = opened.house.live().policy.channels.get(name)
        if channel is None:
            raise NotFound("channel: expected a channel of the live policy, got another", hint="lockhouse channel list")
        found, held = await flow.observed(opened.house, channel.id), await flow.waiting(opened.house, channel.id)
    stage = channel.stage.name.lower()
    value = {"channel": name, "stage": stage, **plain(found), "quarantine": held._asdict()}
    return Said(value, call.located(_told(channel, found) + replay_hint(name, held)))


def _told(channel: Channel, found: Observed) -> str:
    name = channel.name
    if not found.seen:
        how = "" if channel.stage is Stage.OBSERVE else f": {name} does not observe; its `stage` in the policy says so"
        return f"nothing was observed{how}"
    rows = [
        (one.event, one.path, one.shape, f"{one.count:,}", when(one.first_at), when(one.last_at)) for one in found.seen
    ]
    lines = [table(HEADS, rows), "", f"{count(len(found.seen), 'path')}, no value."]
    if any("*" in one.keys or one.event == "*" for one in found.seen):
        lines.append(PUBLIC if channel.assurance_key == "public" else HIDDEN)
    if found.more:
        lines.append(f"Beyond the bounds, counted without a path: {found.more:,}.")
    kept = ", ".join(f"{clean(field)} {number:,}" for field, number in found.kept)
    lines += [f"Would be kept: {kept or 'nothing'}.", f"For the policy: lockhouse policy suggest --channel {name}"]
    return "\n".join(lines)
