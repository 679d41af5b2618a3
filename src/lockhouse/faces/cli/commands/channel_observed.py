"""`lockhouse channel observed`: what a channel sends, by path and shape, before anything of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import NotFound
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.layout import Said, clean, count, plain, table, when
from lockhouse.flows import observed as flow
from lockhouse.model.scale import Stage

if TYPE_CHECKING:
    from lockhouse.flows.observed import Observed

HEADS = ("event", "path", "looks like", "count", "since", "last")
HIDDEN = "A * is a key that may be somebody's value, or that came in fewer than three events."


async def observed(name: str, /, *, call: Here) -> Said:
    """What an observed channel sent: paths, what their values look like, and counts; never a value.

    A channel observes while its `stage` in the policy is `observe`. What the policy lacks of it:
    `lockhouse policy suggest --channel NAME`.

    Args:
        name: of the channel.
    """
    async with call.open() as opened:
        channel = opened.house.live().policy.channels.get(name)
        if channel is None:
            raise NotFound("channel: expected a channel of the live policy, got another", hint="lockhouse channel list")
        found = await flow.observed(opened.house, channel.id)
    stage = channel.stage.name.lower()
    value = {"channel": name, "stage": stage, **plain(found)}
    return Said(value, call.located(_told(name, found, observes=channel.stage is Stage.OBSERVE)))


def _told(name: str, found: Observed, *, observes: bool) -> str:
    if not found.seen:
        how = "" if observes else f": {name} does not observe; its `stage` in the policy says so"
        return f"nothing was observed{how}"
    rows = [
        (one.event, one.path, one.shape, f"{one.count:,}", when(one.first_at), when(one.last_at)) for one in found.seen
    ]
    lines = [table(HEADS, rows), "", f"{count(len(found.seen), 'path')}, no value."]
    if any("*" in one.keys or one.event == "*" for one in found.seen):
        lines.append(HIDDEN)
    if found.more:
        lines.append(f"Beyond the bounds, counted without a path: {found.more:,}.")
    kept = ", ".join(f"{clean(field)} {number:,}" for field, number in found.kept)
    lines += [f"Would be kept: {kept or 'nothing'}.", f"For the policy: lockhouse policy suggest --channel {name}"]
    return "\n".join(lines)
