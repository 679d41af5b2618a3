"""`lockhouse staff role …`: what somebody may see and do."""

from __future__ import annotations

from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.layout import Said
from lockhouse.faces.cli.staff import ROLE_STATES, as_value, staff_of
from lockhouse.flows import staff as accounts
from lockhouse.flows import staff_roles as flow
from lockhouse.gates.staff.read import PROPOSED

APP = noun("role", "What somebody may see and do.")


@APP.command
async def give(staff: str, role: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Give somebody a role of the policy. One that reads of persons, or has power over staff, is only proposed.

    Somebody else approves it. Roles that the policy keeps apart nobody holds together. `staff role end` undoes it.

    Args:
        staff: an id that `staff list` printed.
        role: a name in the policy.
        acting: the role to act in.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.role", (acting or As()).role)
        row = await flow.give(opened.house, staff_of(staff), role, by=by.id)
        value = as_value(await accounts.show(opened.house, row.staff))
    text = f"{ROLE_STATES[row.state].capitalize()}: {role}, noted as {row.entry.hex()}."
    if row.state == PROPOSED:
        text += (
            " It reads personal data, or has power over staff: a member gives it, too, in the console, and a holder "
        )
        text += (
            "of another role, active for 72 hours and of another line of invitations, approves it. While fewer than "
        )
        text += "two have ever enrolled, or where it begins the second line: "
        text += f"lockhouse staff role approve {value['staff']} {role}"
    else:
        text += f" To undo: lockhouse staff role end {value['staff']} {role}"
    return Said(value, text)


@APP.command
async def approve(staff: str, role: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Approve a role that was proposed, while fewer than two have ever enrolled. Then they do it themselves.

    Where all who hold roles that take two are of one line of invitations, the first role that approves of somebody
    invited here is approved here, too.

    Args:
        staff: an id that `staff list` printed.
        role: that was proposed.
        acting: the role to act in.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.approve", (acting or As()).role)
        row = await flow.approve(opened.house, staff_of(staff), role, by=by.id)
        value = as_value(await accounts.show(opened.house, row.staff))
    undo = f"lockhouse staff role end {value['staff']} {role}"
    return Said(value, f"Given: {role}, noted as {row.entry.hex()}. To undo: {undo}")


@APP.command
async def end(staff: str, role: str, /, *, acting: As | None = None, call: Here) -> Said:
    """End a role that somebody holds or was proposed for. What they are signed in to is over at once.

    Args:
        staff: an id that `staff list` printed.
        role: that they hold.
        acting: the role to act in.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.role", (acting or As()).role)
        row = await flow.end(opened.house, staff_of(staff), role, by=by.id)
        value = as_value(await accounts.show(opened.house, row.staff))
    again = f"lockhouse staff role give {value['staff']} {role}"
    return Said(value, f"Ended: {role}, noted as {row.entry.hex()}. Again: {again}")
