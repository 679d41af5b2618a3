"""`lockhouse channel pause|resume`, `lockhouse recipient pause|resume`: out of service for now, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Call, Here
from lockhouse.faces.cli.layout import Said
from lockhouse.flows import pause as flow

if TYPE_CHECKING:
    from lockhouse.gates.pauses import What


async def pause_channel(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Take a channel out of service for now: who sends is answered LH-1102 and tries again. Noted in the ledger.

    For example `lockhouse channel pause web`.

    Args:
        name: of the channel.
        acting: the role.
    """
    text = f"{name} is paused: its senders keep what they have. Back: lockhouse channel resume {name}"
    return await _pause("channel", name, acting, call, text=text)


async def resume_channel(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Put a channel that was paused back into service. Noted in the ledger.

    Args:
        name: of the channel.
        acting: the role.
    """
    return await _resume("channel", name, acting, call, text=f"{name} takes events again.")


async def pause_recipient(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Take a recipient out of service for now: what is for it waits, in its order. Noted in the ledger.

    Args:
        name: of the recipient.
        acting: the role.
    """
    text = f"{name} is paused: what is for it waits. Back: lockhouse recipient resume {name}"
    return await _pause("recipient", name, acting, call, text=text)


async def resume_recipient(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Put a recipient that was paused back into service: what waited goes out, the oldest first. Noted in the ledger.

    Args:
        name: of the recipient.
        acting: the role.
    """
    return await _resume("recipient", name, acting, call, text=f"{name} is sent to again.")


async def _pause(what: What, name: str, acting: As | None, call: Call, *, text: str) -> Said:
    async with call.open() as opened:
        actor = allowed(opened.house, f"{what}.pause", (acting or As()).role)
        row = await flow.pause(opened.house, what, name, by=actor.id)
    return Said({what: name, "paused": True, "at": row.at, "entry": row.entry}, call.located(text))


async def _resume(what: What, name: str, acting: As | None, call: Call, *, text: str) -> Said:
    async with call.open() as opened:
        actor = allowed(opened.house, f"{what}.pause", (acting or As()).role)
        row = await flow.resume(opened.house, what, name, by=actor.id)
    return Said({what: name, "paused": False, "at": row.at, "entry": row.entry}, text)
