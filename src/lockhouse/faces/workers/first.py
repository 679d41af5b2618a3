"""What leads into a house that nobody can sign in to yet, for whoever sits before it.

Nothing of it is needed to serve: whatever goes wrong here is told in a line, and the house goes on.
"""

from __future__ import annotations

import os
import pwd
import shlex
from typing import TYPE_CHECKING

from lockhouse.access.people import State
from lockhouse.errors import LockhouseError
from lockhouse.faces import logs
from lockhouse.flows import staff
from lockhouse.gates.staff.called import MAX_TEXT, Called

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.flows.staff import Known
    from lockhouse.gates.house import House


async def first(house: House, *, folder: Path, url: str) -> list[str]:
    """A link for the first admin of a house without accounts, called as the user of this machine is.

    Of a house with accounts, none of which can sign in, it is the command that makes a link; of any other, nothing.

    Args:
        house: that is served, from `folder`.
        folder: as a command names it.
        url: the console's one address.
    """
    try:
        return await _first(house, command=f"lockhouse -C {shlex.quote(str(folder))}", url=url)
    except LockhouseError as error:
        logs.get().error("no first link", **logs.fault(error))
        return [f"Nobody was let in: {error.text}. The house is served all the same."]


async def nobody_yet(house: House) -> bool:
    """Whether nobody can sign in; False too where that cannot be told, which is said elsewhere."""
    try:
        return not any(one.row.state == State.ACTIVE for one in await staff.everybody(house))
    except LockhouseError as error:
        logs.get().error("staff", **logs.fault(error))
        return False


async def _first(house: House, *, command: str, url: str) -> list[str]:
    everybody = await staff.everybody(house)
    if any(one.row.state == State.ACTIVE for one in everybody):
        return []
    if everybody:
        return [f"Nobody can sign in yet. {_another(everybody, command)}"]
    if staff.admin_role(house) is None:
        missing = "no role of the policy that rules lets people in and gives them roles (staff.invite, staff.role)"
        return [f"Nobody can sign in yet, and {missing}. Once one does: {command} staff invite"]
    who = machine_user(os.getuid())
    link = await staff.first_link(house, who, by=f"os-user:{os.getuid()}")
    if link is None:
        return []
    address = f"{url}/enrol#{link.token}"
    return [f"Nobody can sign in yet. The first admin, {who.login}, enrols once, within 24 hours:\n  {address}"]


def _another(everybody: Sequence[Known], command: str) -> str:
    """The command that lets in somebody who is there already: who was invited, else who is disabled."""
    waiting = [one.row for one in everybody if one.row.state == State.INVITED]
    waiting.sort(key=lambda row: bool(row.inviter))  # whom the machine's user invited comes first
    if waiting:
        return f"Another link: {command} staff link {waiting[0].id.hex()}"
    return f"Everybody is disabled. Let one in again: {command} staff enable {everybody[0].row.id.hex()}"


def machine_user(number: int) -> Called:
    """What the user of this machine is called; by their number where the machine has no name for them."""
    try:
        user = pwd.getpwuid(number)
    except KeyError:  # as in a container that was told to run under a number of its own
        login = name = f"uid-{number}"
    else:
        login, name = user.pw_name, user.pw_gecos.partition(",")[0]
    login = _shown(login) or f"uid-{number}"
    return Called(login, _shown(name) or login)


def _shown(text: str) -> str:
    return "".join(filter(str.isprintable, text)).strip()[:MAX_TEXT]
