"""`channel …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.client import shapes
from lockhouse.errors import Invalid
from lockhouse.faces.cli.commands import channel, channel_observed, channel_replay, channel_rotate
from lockhouse.faces.cli.remote.told import plain, require_own_role
from lockhouse.faces.cli.times import since_of
from lockhouse.flows.observed import Observed
from lockhouse.flows.replay import Replayed
from lockhouse.gates.credentials import OVERLAP_HOURS, overlap_ms
from lockhouse.gates.quarantine import Waiting
from lockhouse.wiring import SystemClock

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def add(  # noqa: PLR0913  (options of one command)
    name: str, secret: str | None = None, /, *, kind: str | None = None, given: bool = False, wait: int | None = None,
    acting: As | None = None, call: Call,
) -> Said:  # fmt: skip
    """Make a write key for a channel.

    Raises:
        Invalid: a provider's secret is to be given, the draft changed, or an event waited for, which is done on the
            house's machine.
    """
    require_own_role(acting)
    if secret is not None or given or kind is not None:
        raise Invalid("secret", "a channel with write keys: a provider's secret is given on the house's machine")
    if wait is not None:
        raise Invalid("--wait", "a wait on the house's machine, which sees what comes in", got="one elsewhere")
    with call.api() as house:
        return channel.made(plain(house.channel_add(name)), call=call)


def rotate(  # noqa: PLR0913  (options of one command)
    name: str, secret: str | None = None, /, *, overlap_hours: int = OVERLAP_HOURS, given: bool = False,
    acting: As | None = None, call: Call,
) -> Said:  # fmt: skip
    """Make a write key for a channel; those before it end by themselves.

    Raises:
        Invalid: a provider's secret is to be given, which is done on the house's machine; or as of the flow.
    """
    require_own_role(acting)
    if secret is not None or given:
        raise Invalid("secret", "a channel with write keys: a provider's secret is given on the house's machine")
    overlap_ms(overlap_hours)
    with call.api() as house:
        found = house.channel_rotate(name, shapes.OverlapAsked(overlap_hours=overlap_hours))
        return channel_rotate.rotated(plain(found), call=call)


def list_(*, call: Call) -> Said:
    """Every channel."""
    with call.api() as house:
        found = house.channel_list().channels
    return channel.listed([
        (
            one.name, channel.kind_of(one.kind, served=one.served), one.assurance, one.stage, one.keys, one.dropped,
            one.unknown_events,
        )
        for one in found
    ])  # fmt: skip


def show(name: str, /, *, call: Call) -> Said:
    """One channel."""
    with call.api() as house:
        return channel.whole(plain(house.channel_show(name)), call=call)


def drops(name: str, /, *, call: Call) -> Said:
    """What a channel sent that was not kept."""
    with call.api() as house:
        told = plain(house.channel_drops(name))
    value = [one | {"channel": name} for one in told["drops"]]
    return channel.left_out(name, value, Waiting(**told["quarantine"]), call=call)


def observed(name: str, /, *, call: Call) -> Said:
    """What an observed channel sent."""
    with call.api() as house:
        told = plain(house.channel_observed(name))
    found = msgspec.convert({part: told[part] for part in ("seen", "kept", "more")}, Observed)
    where = channel_observed.Where(name, told["stage"], is_public=told["assurance"] == "public")
    return channel_observed.told(where, found, Waiting(**told["quarantine"]), call=call)


def revoke(name: str, begins: str, /, *, yes: bool = False, acting: As | None = None, call: Call) -> Said:
    """End a write key for good."""
    require_own_role(acting)
    with call.api() as house:
        living = [one for one in house.channel_show(name).keys if one.live]
        if len(living) == 1 and living[0].begins.startswith(begins):
            call.sure(channel.last_one(name), name, yes=yes)
        return channel.ended(plain(house.channel_revoke(name, shapes.KeyAsked(begins=begins))), call=call)


def replay(
    name: str, /, *, since: str | None = None, dry_run: bool = False, acting: As | None = None, call: Call
) -> Said:  # fmt: skip
    """Store what the policy lacked of a channel in stage trial, as far as it has it now."""
    require_own_role(acting)
    begin = 0 if since is None else max(0, since_of(since, now=(call.clock or SystemClock()).now_ms()))
    with call.api() as house:
        told = plain(house.channel_replay(name, shapes.ReplayAsked(since=begin, dry_run=dry_run)))
    done = msgspec.convert({part: told[part] for part in Replayed.__struct_fields__}, Replayed)
    where = channel_replay.Where(name, told["stage"], dry_run)
    return channel_replay.replayed(where, done, Waiting(**told["quarantine"]), call=call)
