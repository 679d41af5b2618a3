"""A process of the console: the listener that staff sign in to.

It takes nobody's place while it runs: an upgrade ends it and starts the new one, while the listener's queue, which is
the supervisor's, holds whoever asks meanwhile. There may be several: whatever counts for the house stands in its rows,
and of what only a process can count, each has its part.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable
from lockhouse.faces import logs
from lockhouse.faces.api.mounted import mounted
from lockhouse.faces.api.route import Desk
from lockhouse.faces.console.app import Served, console_app
from lockhouse.faces.console.beside import Beside, Log
from lockhouse.faces.serve.beside import HouseBeside
from lockhouse.faces.serve.desk import ask_line
from lockhouse.faces.serve.http import console_tls_of, door_of, server
from lockhouse.faces.serve.roles import FIRST_CONSOLE, desk_of
from lockhouse.faces.serve.tail import recent
from lockhouse.faces.workers.first import first, nobody_yet
from lockhouse.gates.proving import AT_ONCE
from lockhouse.wiring_leaked import leaked_of
from lockhouse.wiring_oidc import provider_of

if TYPE_CHECKING:
    from lockhouse.faces.console.guard import Guard
    from lockhouse.faces.serve.desk import Desk as Handing
    from lockhouse.faces.workers.task import Running


async def console(running: Running, desk: Handing) -> None:
    """Show the console until told to end; requests under way are answered first."""
    house, settings = running.opened.house, running.opened.settings
    provider = house.proving.provider = provider_of(settings, house.clock)
    house.proving.leaked = leaked_of(settings, running.task.folder)
    house.proving.at_once = asyncio.Semaphore(max(1, AT_ONCE // running.task.like))
    door, shared = door_of(settings), running.task.like > 1
    made = server(_app(running), tls=console_tls_of(settings, running.task.folder), door=door, shared=shared)
    with ExitStack() as held:
        numbers = [number for number in (running.task.listener, running.task.too) if number >= 0]
        listeners = [held.enter_context(socket.socket(fileno=number)) for number in numbers]
        serving = asyncio.create_task(made.serve(listeners))
        await made.accepts.wait()
        if running.task.name == FIRST_CONSOLE:  # of several, one says it
            await _say_first(running)
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
            if provider is not None:
                await provider.close()


async def _say_first(running: Running) -> None:
    """Of a house that nobody can sign in to, a terminal is shown what leads into it, and a log that there is nobody."""
    house, settings = running.opened.house, running.opened.settings
    if sys.stderr.isatty():  # never into a file: whoever opens the link becomes the admin
        running.notes.extend(await first(house, folder=running.task.folder, url=settings.console_url))
    elif await nobody_yet(house):
        logs.get().warning("no staff yet: lockhouse staff invite")


def _app(running: Running) -> Guard:
    """The application; whatever else answers on this listener is mounted here."""
    opened, settings = running.opened, running.opened.settings

    def on_incident(number: str, error: BaseException) -> None:
        running.tally.failed()
        logs.get().error("incident", incident=number, **logs.fault(error))

    served = Served(
        house=opened.house, name=settings.name, url=settings.console_url, demo=opened.house.demo,
        reasons=lambda: _reasons(running), on_answer=running.tally.showed, on_incident=on_incident,
        beside=_beside(running),
    )  # fmt: skip
    desk = Desk(
        house=opened.house, sequencer=opened.writer, verifier=opened.verifier, journal=opened.journal,
        beside=HouseBeside(opened),
    )  # fmt: skip
    api = mounted(
        desk, trusted_proxies=settings.trusted_proxies, on_incident=on_incident, processes=running.task.like
    )  # fmt: skip
    return console_app(
        served, mounts=(api,), trusted_proxies=settings.trusted_proxies, behind_proxy=settings.tls == "proxy"
    )


def _beside(running: Running) -> Beside:
    """What pages ask for beside the house."""
    opened, folder = running.opened, running.task.folder

    async def works() -> bool:
        try:
            await ask_line(desk_of(folder, "work"), "state")
        except Unavailable:
            return False
        return True

    log = Log(sequencer=opened.writer, verifier=opened.verifier, lane_key=opened.lane_key, anchors=opened.anchors)
    return Beside(log=log, recent=partial(recent, folder), works=works)


def _reasons(running: Running) -> list[str]:
    if running.opened.house.epochs.alive():
        return []
    return ["the writer process has not confirmed this one within its lease"]
