"""`channel …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.commands import channel
from lockhouse.faces.cli.remote.told import plain
from lockhouse.gates.quarantine import Waiting

if TYPE_CHECKING:
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


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
