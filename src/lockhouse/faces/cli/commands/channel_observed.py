"""`lockhouse channel observed`: what a channel sends, by path and shape, before anything of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.errors import NotFound
from lockhouse.faces.cli.call import Here
from lockhouse.faces.cli.held import replay_hint
from lockhouse.faces.cli.layout import Said, clean, count, plain, table, when
from lockhouse.flows import observed as flow
from lockhouse.gates.sights import SENDERS

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.flows.observed import Observed
    from lockhouse.gates.quarantine import Waiting

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
    where = Where(name, channel.stage.name.lower(), is_public=channel.assurance_key == "public")
    return told(where, found, held, call=call)


class Where(NamedTuple):
    """The channel that observes; `stage` in its word."""

    name: str
    stage: str
    is_public: bool


def told(where: Where, found: Observed, held: Waiting, *, call: Call) -> Said:
    """What it sent, and what waits."""
    value = {"channel": where.name, "stage": where.stage, **plain(found), "quarantine": held._asdict()}
    return Said(value, call.located(_told(where, found) + replay_hint(where.name, held)))


def _told(where: Where, found: Observed) -> str:
    name = where.name
    if not found.seen:
        how = "" if where.stage == "observe" else f": {name} does not observe; its `stage` in the policy says so"
        return f"nothing was observed{how}"
    rows = [
        (one.event, one.path, one.shape, f"{one.count:,}", when(one.first_at), when(one.last_at)) for one in found.seen
    ]
    lines = [table(HEADS, rows), "", f"{count(len(found.seen), 'path')}, no value."]
    if any("*" in one.keys or one.event == "*" for one in found.seen):
        lines.append(PUBLIC if where.is_public else HIDDEN)
    if found.more:
        lines.append(f"Beyond the bounds, counted without a path: {found.more:,}.")
    kept = ", ".join(f"{clean(field)} {number:,}" for field, number in found.kept)
    lines += [f"Would be kept: {kept or 'nothing'}.", f"For the policy: lockhouse policy suggest --channel {name}"]
    return "\n".join(lines)
