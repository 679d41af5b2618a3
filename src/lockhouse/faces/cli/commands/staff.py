"""`lockhouse staff …`: who works with the house. What they are given stands in `staff_role`."""

from __future__ import annotations

from lockhouse.errors import Invalid
from lockhouse.faces.cli.acting import As, allowed
from lockhouse.faces.cli.call import Here, Input, noun
from lockhouse.faces.cli.layout import Said, table, when
from lockhouse.faces.cli.staff import (
    as_value,
    by_mail,
    failed,
    handed_or_mailed,
    handing,
    linked,
    page,
    roles_line,
    staff_of,
)
from lockhouse.flows import staff as flow
from lockhouse.gates.staff.called import Called

APP = noun("staff", "Who works here: invited by a link, given roles, disabled, reset.")


@APP.command
async def invite(
    source: Input = None, /, *, language: str = "en", mail: bool = False, acting: As | None = None, call: Here
) -> Said:
    """Invite somebody by a link that opens once, within 24 hours. Login and name are asked for.

    The first one of a house is its admin. For example `lockhouse staff invite`, or, with login and name
    as two lines of a file, `lockhouse staff invite - < FILE`.

    Args:
        source: `-` reads login and name from two lines of standard input; a value is refused here.
        language: of their pages, en or de.
        mail: mail the link to the login, which must be an e-mail address, and do not print it.
        acting: the role.
    """
    login = call.terminal.personal("login", source, example="lockhouse staff invite")
    name = call.terminal.personal("name", source, example="lockhouse staff invite")
    async with call.handed(f"login: {login}", f"name: {name}").open() as opened:
        by = allowed(opened.house, "staff.invite", (acting or As()).role)
        way = by_mail(opened, wanted=mail)
        link = await flow.invite(opened.house, Called(login, name), by=by.id, language=language, mailed=way)
        told = linked(link, console_url=opened.settings.console_url, mail=mail)
        value = told | as_value(await flow.show(opened.house, link.staff))
    role = roles_line(value)
    then = f"lockhouse staff role give {value['staff']} ROLE" if role == "none" else f"they are {role}"
    return Said(value, f"Invited as {value['staff']}; {then}. {handed_or_mailed(value)}")


@APP.command
async def link(staff: str, /, *, mail: bool = False, acting: As | None = None, call: Here) -> Said:
    """Another link for somebody who has not enrolled. The one before does not open any more.

    Args:
        staff: an id that `staff list` printed.
        mail: mail it to the login, which must be an e-mail address, and do not print it.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.invite", (acting or As()).role)
        way = by_mail(opened, wanted=mail)
        made = await flow.link_anew(opened.house, staff_of(staff), by=by.id, mailed=way)
        value = linked(made, console_url=opened.settings.console_url, mail=mail)
    return Said(value, handed_or_mailed(value))


@APP.command(name="list")
async def list_(*, acting: As | None = None, call: Here) -> Said:
    """Every account: how it stands, its roles and factors, and when it was last used."""
    async with call.open() as opened:
        allowed(opened.house, "staff.list", (acting or As()).role)
        value = [as_value(one) for one in await flow.everybody(opened.house)]
    rows = [
        (one["staff"], one["login"], one["name"], one["state"], roles_line(one), ", ".join(one["factors"]) or "none",
         when(one["used_at"]))
        for one in value
    ]  # fmt: skip
    heads = ("staff", "login", "name", "state", "roles", "factors", "used")
    return Said(value, table(heads, rows, empty="nobody has an account: lockhouse staff invite"))


@APP.command
async def show(staff: str, /, *, acting: As | None = None, call: Here) -> Said:
    """One account: who invited it, its roles and factors, and what was done last.

    Args:
        staff: an id that `staff list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        allowed(opened.house, "staff.list", (acting or As()).role)
        which = staff_of(staff)
        value = as_value(await flow.show(opened.house, which)) | failed(await flow.failed(opened.house, which))
    return Said(value, page(value))


@APP.command
async def disable(staff: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Let somebody in no more. What they are signed in to is over at once. `staff enable` undoes it.

    Args:
        staff: an id that `staff list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.disable", (acting or As()).role)
        row = await flow.disable(opened.house, staff_of(staff), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    return Said(value, f"Disabled, noted as {row.entry.hex()}. To undo: lockhouse staff enable {value['staff']}")


@APP.command
async def enable(staff: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Let somebody in again, with the roles and factors they have. `staff disable` undoes it.

    Args:
        staff: an id that `staff list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.enable", (acting or As()).role)
        row = await flow.enable(opened.house, staff_of(staff), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    text = f"Enabled, noted as {row.entry.hex()}. To undo: lockhouse staff disable {value['staff']}"
    if value["state"] == "invited":
        text += f"\nThey have not enrolled yet: lockhouse staff link {value['staff']}"
    return Said(value, text)


@APP.command
async def reset(staff: str, /, *, approve: bool = False, acting: As | None = None, call: Here) -> Said:
    """Begin a reset of somebody's factors, for somebody else to approve within 24 hours.

    Nothing changes for them until then. Approved, their factors and sessions are over, and a link enrols anew.
    While fewer than two have ever enrolled, whoever has this machine approves: `--approve`.

    Args:
        staff: an id that `staff list` printed.
        approve: approve a reset that was begun.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.reset", (acting or As()).role)
        if approve:
            made = await flow.approve_reset(opened.house, staff_of(staff), by=by.id)
            told = linked(made, console_url=opened.settings.console_url)
            return Said(told, f"Their factors are over. The link:\n{handing(told, again='reset')}")
        row = await flow.reset(opened.house, staff_of(staff), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    text = "A reset has begun, and waits 24 hours. A member begins it, too, in the console, and somebody else approves "
    text += f"it. While fewer than two have ever enrolled: lockhouse staff reset {value['staff']} --approve"
    return Said(value, text)


@APP.command
async def recover(staff: str, /, *, yes: bool = False, acting: As | None = None, call: Here) -> Said:
    """The only admin enrols anew by a link, on this machine. Noted, and `doctor` says so until it is reviewed.

    Where there is another admin, that one begins a reset instead.

    Args:
        staff: an id that `staff list` printed.
        yes: do not ask.
        acting: the role.
    """
    if not call.local:
        raise Invalid("recover", "--local, as it is done with this machine's root key", got="none")
    async with call.open() as opened:
        by = allowed(opened.house, "staff.recover", (acting or As()).role)
        found = as_value(await flow.show(opened.house, staff_of(staff)))
        call.sure("Every factor and session of the only admin will be over.", found["staff"][:8], yes=yes)
        made = await flow.recover_local(opened.house, staff_of(staff), by=by.id)
        value = linked(made, console_url=opened.settings.console_url)
    text = f"Their factors are over. The link:\n{handing(value, again='recover --local')}\n"
    text += "Once they are in, somebody of another line looks into it, in the console"
    text += f"; while fewer than two have ever enrolled: lockhouse staff review {found['staff']}"
    return Said(value, text)


@APP.command
async def review(staff: str, /, *, acting: As | None = None, call: Here) -> Said:
    """Say that a recovery on the machine was looked into, while fewer than two have ever enrolled. Who did is noted.

    Then somebody of another line of invitations who may `staff.approve` does so, in the console.

    Args:
        staff: an id that `staff list` printed.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "staff.review", (acting or As()).role)
        row = await flow.review_recovery(opened.house, staff_of(staff), by=by.id)
        value = as_value(await flow.show(opened.house, row.id))
    return Said(value, f"Reviewed, noted as {row.entry.hex()}.")


APP.command("lockhouse.faces.cli.commands.staff_access:APP", name="access", help="Who holds which role, reviewed.")
APP.command("lockhouse.faces.cli.commands.staff_import:import_", name="import")
APP.command("lockhouse.faces.cli.commands.staff_role:APP", name="role", help="What somebody may see and do.")
APP.command("lockhouse.faces.cli.commands.staff_session:APP", name="session", help="Who is signed in, and their end.")
APP.command(
    "lockhouse.faces.cli.commands.staff_identifier:APP", name="identifier",
    help="By what somebody is a customer themselves, kept as a keyed hash alone.",
)  # fmt: skip
