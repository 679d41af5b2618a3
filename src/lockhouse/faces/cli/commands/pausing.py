"""`lockhouse channel pause|resume`, `lockhouse recipient pause|resume`: out of service for now, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Call, Here
from lockhouse.faces.cli.layout import Said
from lockhouse.faces.cli.who import now
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
    return await _pause("channel", name, acting, call)


async def resume_channel(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Put a channel that was paused back into service. Noted in the ledger.

    Args:
        name: of the channel.
        acting: the role.
    """
    return await _resume("channel", name, acting, call)


async def pause_recipient(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Take a recipient out of service for now: what is for it waits, in its order. Noted in the ledger.

    Args:
        name: of the recipient.
        acting: the role.
    """
    return await _pause("recipient", name, acting, call)


async def resume_recipient(name: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Put a recipient that was paused back into service: what waited goes out, the oldest first. Noted in the ledger.

    Args:
        name: of the recipient.
        acting: the role.
    """
    return await _resume("recipient", name, acting, call)


async def _pause(what: What, name: str, acting: As | None, call: Call) -> Said:
    async with call.open() as opened:
        actor = allowed(opened.house, f"{what}.pause", (acting or As()).role)
        row = await flow.pause(opened.house, what, name, by=actor.id)
    return moved(what, {what: name, "paused": True, "at": row.at, "entry": row.entry}, call=call)


async def _resume(what: What, name: str, acting: As | None, call: Call) -> Said:
    async with call.open() as opened:
        actor = allowed(opened.house, f"{what}.pause", (acting or As()).role)
        # Whoever is signed in confirmed it in the console (`duties.PROVEN`); a token puts back what it paused itself.
        undoing = flow.Undoing(confirmed=now().kind != "token")
        row = await flow.resume(opened.house, what, name, by=actor.id, undoing=undoing)
    return moved(what, {what: name, "paused": False, "at": row.at, "entry": row.entry}, call=call)


def moved(what: What, told: dict[str, Any], *, call: Call) -> Said:
    """A channel or a recipient that was taken out of service or put back."""
    name = told[what]
    if not told["paused"]:
        return Said(told, f"{name} takes events again." if what == "channel" else f"{name} is sent to again.")
    then = "its senders keep what they have" if what == "channel" else "what is for it waits"
    return Said(told, call.located(f"{name} is paused: {then}. Back: lockhouse {what} resume {name}"))
