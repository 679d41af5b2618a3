"""`lockhouse accept …`: answer for what the house has closed itself for."""

from __future__ import annotations

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.layout import Said, day
from lockhouse.flows import accept

APP = noun("accept", "Answer for what the house has closed itself for, noted in the ledger.")


@APP.command
async def clock(*, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Say that this machine's clock is right, after the house has rested for long.

    A clock far ahead of the newest ledger entry closes the house, and after any leap of more than a day nothing ends by
    date for a day: so a wrong clock ends nothing. Look at the date before you answer.

    Args:
        yes: do not ask.
        acting: the role.
    """
    async with call.open(purpose="accept") as opened:
        actor = allowed(opened.house, "accept.clock", (acting or As()).role)
        today = day(opened.house.clock.now_ms())
        call.sure(f"This machine says that it is {today}.", today, yes=yes)
        await accept.clock(opened.house, by=actor.id)
    return Said({"accepted": "clock", "by": actor.id}, f"Accepted: it is {today}. A house that runs goes on by itself.")


@APP.command
async def restore(*, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """Let a house be read that was brought back without its journal of destroyed keys, or with endings changed by hand.

    Whatever was destroyed after the backup was made may be readable in it. If the journal turns up, or a backup from
    before the change, bring the house back with it instead.

    Args:
        yes: do not ask.
        acting: the role.
    """
    async with call.open() as opened:
        actor = allowed(opened.house, "accept.restore", (acting or As()).role)
        call.sure("What was destroyed since the backup may be readable again.", "readable", yes=yes)
        await accept.restore(opened.house, by=actor.id)
    return Said({"accepted": "restore", "by": actor.id}, "Accepted: the house is read again.")
