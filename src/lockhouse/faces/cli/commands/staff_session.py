"""`lockhouse staff session …`: who is signed in, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.errors import Invalid
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, id_of, noun
from lockhouse.faces.cli.layout import Said, count, table, when
from lockhouse.faces.cli.staff import staff_of
from lockhouse.flows import session as flow

if TYPE_CHECKING:
    from lockhouse.flows.session import Open

APP = noun("session", "Who is signed in, and their end.")


@APP.command(name="list")
async def list_(staff: str | None = None, /, *, acting: As | None = None, call: Here) -> Said:
    """Every session that stands, or those of one account, newest first.

    Args:
        staff: an id that `staff list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, "staff.session", (acting or As()).role)
        found = await flow.list_of(opened.house, None if staff is None else staff_of(staff))
    value = [_told(one) for one in found]
    heads = ("session", "staff", "level", "since", "last used", "until", "network", "browser")
    rows = [
        (one["session"], one["staff"], one["level"], when(one["made_at"]), when(one["seen_at"]), when(one["until"]),
         one["network"], one["agent"])
        for one in value
    ]  # fmt: skip
    return Said(value, table(heads, rows, empty="nobody is signed in"))


@APP.command
async def end(
    session: str | None = None, /, *, staff: str | None = None, acting: As | None = None, call: Here
) -> Said:  # fmt: skip
    """End a session, or all of an account, in every process at once. Whoever it was signs in again.

    Args:
        session: an id that `staff session list` printed.
        staff: every session of this account instead.
        acting: the role.
    """
    if (session is None) == (staff is None):
        raise Invalid("session", "the id of one, or --staff and an account's id", got="both or neither")
    async with call.open() as opened:
        by = allowed(opened.house, "staff.session", (acting or As()).role)
        if staff is not None:
            ended = await flow.end_all(opened.house, staff_of(staff), by=by.id)
        else:
            hint = "lockhouse staff session list"
            await flow.end(opened.house, id_of(session or "", where="session", hint=hint), by=by.id)
            ended = 1
    return Said({"ended": ended}, f"Ended: {count(ended, 'session')}.")


def _told(one: Open) -> dict[str, Any]:
    row = one.session
    return {
        "session": row.id.hex(), "staff": row.staff.hex(), "level": row.level, "made_at": row.made_at,
        "seen_at": row.seen_at, "until": row.until_at, "step_up_at": row.step_up_at or None,
        "network": one.seen.network, "agent": one.seen.agent,
    }  # fmt: skip
