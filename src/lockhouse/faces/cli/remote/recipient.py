"""`recipient …`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.faces.cli.commands import recipient
from lockhouse.faces.cli.commands.channel import kind_of
from lockhouse.faces.cli.remote.told import plain, require_own_role, without
from lockhouse.flows.forward import Delay

if TYPE_CHECKING:
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said


def list_(*, call: Call) -> Said:
    """Every recipient."""
    with call.api() as house:
        found = house.recipient_list().recipients
    return recipient.listed([
        (
            one.name, kind_of(one.kind, served=one.served), one.role, one.waiting, one.sent, one.held, one.dead,
            one.fault or "-",
        )
        for one in found
    ])  # fmt: skip


def show(name: str, /, *, call: Call) -> Said:
    """One recipient."""
    with call.api() as house:
        told = plain(house.recipient_show(name))
    late = None if told["oldest"] is None else msgspec.convert(told["oldest"], Delay)
    said = recipient.waits(late, works=told["works"], now=told["at"])
    return recipient.whole(without(told, "fault", "works", "at") | {"said": said}, call=call)


def replay(name: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Let a recipient's dead letters wait again."""
    require_own_role(acting)
    with call.api() as house:
        told = house.recipient_replay(name)
    return recipient.again(told.recipient, told.requeued)
