"""The console's process: the listener that staff sign in to.

It takes nobody's place while it runs: an upgrade ends it and starts the new one, while the listener's queue, which is
the supervisor's, holds whoever asks meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import sys
from typing import TYPE_CHECKING

from lockhouse.access.people import State
from lockhouse.faces import logs
from lockhouse.faces.console.app import Served, console_app
from lockhouse.faces.serve.http import console_tls_of, door_of, server
from lockhouse.flows import staff
from lockhouse.gates.staff.called import Called

if TYPE_CHECKING:
    from lockhouse.faces.console.guard import Guard
    from lockhouse.faces.serve.desk import Desk
    from lockhouse.faces.workers.task import Running


async def console(running: Running, desk: Desk) -> None:
    """Show the console until told to end; requests under way are answered first."""
    settings = running.opened.settings
    made = server(_app(running), tls=console_tls_of(settings, running.task.folder), door=door_of(settings))
    with socket.socket(fileno=running.task.listener) as sock:
        serving = asyncio.create_task(made.serve([sock]))
        await made.accepts.wait()
        if sys.stderr.isatty():  # never into a file: whoever opens the link becomes the admin
            running.notes.extend(await _first(running))
        await desk.open()
        logs.get().info("console", url=settings.console_url)
        try:
            ended = asyncio.create_task(running.ending.wait())
            await asyncio.wait({serving, ended}, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
        finally:
            await desk.close()
            made.should_exit = True
            await serving


def _app(running: Running) -> Guard:
    """The application; whatever else answers on this listener is mounted here."""
    opened, settings = running.opened, running.opened.settings

    def on_incident(number: str, error: BaseException) -> None:
        running.tally.failed()
        logs.get().error("incident", incident=number, **logs.fault(error))

    served = Served(
        house=opened.house, name=settings.name, url=settings.console_url, demo=opened.house.demo,
        reasons=lambda: _reasons(running), on_answer=running.tally.showed, on_incident=on_incident,
    )  # fmt: skip
    return console_app(
        served, mounts=(), trusted_proxies=settings.trusted_proxies, behind_proxy=settings.tls == "proxy"
    )


def _reasons(running: Running) -> list[str]:
    if running.opened.house.epochs.alive():
        return []
    return ["the writer process has not confirmed this one within its lease"]


async def _first(running: Running) -> list[str]:
    """What leads into a house that nobody can sign in to yet, for whoever sits before it; nothing for any other.

    Of a house without accounts that is a link for its first admin, called as the user of this machine is.
    """
    house = running.opened.house
    everybody = await staff.everybody(house)
    if any(one.row.state == State.ACTIVE for one in everybody):
        return []
    if everybody:
        return [f"Nobody can sign in yet. Another link: lockhouse staff link {everybody[0].row.id.hex()}"]
    user = pwd.getpwuid(os.getuid())
    name = user.pw_gecos.partition(",")[0].strip() or user.pw_name
    link = await staff.first_link(house, Called(user.pw_name, name), by=f"os-user:{os.getuid()}")
    if link is None:
        return []
    address = f"{running.opened.settings.console_url}/enrol#{link.token}"
    return [f"Nobody can sign in yet. The first admin, {user.pw_name}, enrols once, within 24 hours:\n  {address}"]
