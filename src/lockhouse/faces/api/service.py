"""Channels and recipients out of service for now, and back, by the API; each deed names the token that did it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.api import shapes
from lockhouse.faces.api.shapes import answered
from lockhouse.flows import pause as flow
from lockhouse.gates.pauses import PAUSED

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call
    from lockhouse.model.rows import Pause


async def channel_pause(call: Call) -> shapes.ServiceShown:
    """Who sends through a channel is answered that it is paused."""
    name = call.path["channel"]
    return _shown(name, await flow.pause(call.house, "channel", name, by=call.actor.id))


async def channel_resume(call: Call) -> shapes.ServiceShown:
    """A channel takes events again."""
    name = call.path["channel"]
    return _shown(name, await flow.resume(call.house, "channel", name, by=call.actor.id))


async def recipient_pause(call: Call) -> shapes.ServiceShown:
    """What is for a recipient waits."""
    name = call.path["recipient"]
    return _shown(name, await flow.pause(call.house, "recipient", name, by=call.actor.id))


async def recipient_resume(call: Call) -> shapes.ServiceShown:
    """A recipient is sent to again."""
    name = call.path["recipient"]
    return _shown(name, await flow.resume(call.house, "recipient", name, by=call.actor.id))


def _shown(name: str, row: Pause) -> shapes.ServiceShown:
    return answered(shapes.ServiceShown, name=name, paused=row.state == PAUSED, at=row.at, entry=row.entry)
