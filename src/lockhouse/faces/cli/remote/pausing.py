"""`channel pause|resume` and `recipient pause|resume`, asked elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.commands.pausing import moved
from lockhouse.faces.cli.remote.told import plain, require_own_role, without

if TYPE_CHECKING:
    from lockhouse.client.shapes import ServiceShown
    from lockhouse.faces.cli.acting import As
    from lockhouse.faces.cli.call import Call
    from lockhouse.faces.cli.layout import Said
    from lockhouse.gates.pauses import What


def pause_channel(name: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Take a channel out of service for now."""
    require_own_role(acting)
    with call.api() as house:
        return _said("channel", house.channel_pause(name), call)


def resume_channel(name: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Put a channel back into service."""
    require_own_role(acting)
    with call.api() as house:
        return _said("channel", house.channel_resume(name), call)


def pause_recipient(name: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Take a recipient out of service for now."""
    require_own_role(acting)
    with call.api() as house:
        return _said("recipient", house.recipient_pause(name), call)


def resume_recipient(name: str, /, *, acting: As | None = None, call: Call) -> Said:
    """Put a recipient back into service."""
    require_own_role(acting)
    with call.api() as house:
        return _said("recipient", house.recipient_resume(name), call)


def _said(what: What, answer: ServiceShown, call: Call) -> Said:
    return moved(what, {what: answer.name, **without(plain(answer), "name")}, call=call)
