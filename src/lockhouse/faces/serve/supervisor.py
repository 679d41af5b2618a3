"""The supervisor: starts the writer, then whoever works beside it; restarts what dies; ends all in order.

It holds no key and opens no store. The listeners are its own, handed to the processes that serve them, so that a
process that dies or is replaced leaves senders waiting for a moment instead of refusing them. `succession` says how
all of them are replaced by new code.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse import settings as houses
from lockhouse.errors import Invalid, LockhouseError
from lockhouse.faces import logs
from lockhouse.faces.serve.bell import Bell, failure
from lockhouse.faces.serve.crew import Crew
from lockhouse.faces.serve.http import listen, tls_of
from lockhouse.faces.serve.keeper import Keeper
from lockhouse.faces.serve.listening import CONSOLE_TOO, console_too
from lockhouse.faces.serve.roles import Part, Ready, collect_url, parts
from lockhouse.faces.serve.sole import sole
from lockhouse.faces.serve.succession import become, block, succeed, unblock
from lockhouse.faces.serve.words import say_ended, say_ready, say_stopping

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lockhouse.faces.serve.bell import Restart

PARTS = ("collect", "work", "console")


def serve(
    folder: Path,
    *,
    only: Sequence[str] = PARTS,
    ready: Callable[[Ready], None] | None = None,
    replaceable: bool = False,
) -> int:
    """Serve a house until SIGTERM or Ctrl-C; the exit code.

    Args:
        folder: of the house.
        only: which of `collect`, `work` and `console` run beside the writer.
        ready: called once everything that was asked for is up; prints what is up when None.
        replaceable: `lockhouse restart` may make this process another program: nothing else is done in it.

    Raises:
        Invalid: a setting or a part is unknown, an address is in use, or plain HTTP would leave this machine.
        NotFound: there is no house in this folder.
        Conflict: it is served already.
    """
    return asyncio.run(_until_signalled(folder, only=only, ready=ready or say_ready, replaceable=replaceable))


async def _until_signalled(
    folder: Path, *, only: Sequence[str], ready: Callable[[Ready], None], replaceable: bool
) -> int:
    stop = asyncio.Event()
    on_signals(stop)
    return await supervise(folder, only=only, ready=ready, stop=stop, replaceable=replaceable)


async def supervise(
    folder: Path,
    *,
    stop: asyncio.Event,
    only: Sequence[str] = PARTS,
    ready: Callable[[Ready], None] = say_ready,
    replaceable: bool = False,
) -> int:
    """As `serve`, within a loop of the main thread that is running already, until `stop` is set."""
    unknown = sorted(set(only) - set(PARTS))
    if unknown or not only:
        raise Invalid("serve --only", f"some of {', '.join(PARTS)}", got="another word" if unknown else "none")
    settings = houses.load(folder, os.environ)
    tls_of(settings, folder)
    logs.configure(level=settings.log, process="serve")
    with ExitStack() as held:
        lock = held.enter_context(sole(folder, collect=collect_url(settings) if "collect" in only else ""))
        sockets = {
            name: held.enter_context(_listener(settings, name))
            for name in ("collect", "console", "metrics")
            if name == "metrics" or name in only
        }
        too = console_too(settings) if "console" in only else None
        if too is not None:
            sockets[CONSOLE_TOO] = held.enter_context(too)
        plan = parts(folder, settings, only=only, sockets=sockets)
        crew = Crew(
            folder=folder, settings=settings, only=only, sockets=sockets, lock=lock,
            keepers=[Keeper(part) for part in plan],
        )  # fmt: skip
        what = Ready(folder=folder, settings=settings, parts=plan)
        return await stay(crew, what, ready=ready, stop=stop, replaceable=replaceable)


def on_signals(stop: asyncio.Event) -> None:
    """SIGTERM and Ctrl-C set it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


def _listener(settings: houses.Settings, name: str) -> socket.socket:
    setting = f"listen_{name}"
    host, port = houses.address_of(getattr(settings, setting), where=setting)
    return listen(host, port, name=setting)


async def stay(
    crew: Crew,
    what: Ready,
    *,
    stop: asyncio.Event,
    ready: Callable[[Ready], None] | None = None,
    replaceable: bool = True,
) -> int:
    """Bring up, unless that was done before; keep alive until stopped, or until new code takes over; end in order."""
    stopping = asyncio.create_task(stop.wait())
    bell = Bell(crew.folder)
    try:
        if crew.tasks or await crew.up(stopping):
            if replaceable:
                await bell.open()
            if ready is not None:
                reasons = {reason: None for keeper in crew.keepers if keeper.state for reason in keeper.state.reasons}
                notes = tuple(note for keeper in crew.keepers if keeper.state for note in keeper.state.notes)
                ready(replace(what, reasons=tuple(reasons), notes=notes))
        await _until_ended(crew, bell, stopping)
    finally:
        bell.close()
        stopping.cancel()
        say_stopping()
        code = await crew.end()
        say_ended()
    return code


async def _until_ended(crew: Crew, bell: Bell, stopping: asyncio.Task[bool]) -> None:
    """Returns when it is stopped or a part is at its end for good."""
    while True:
        asked = asyncio.create_task(bell.asked())
        await asyncio.wait({stopping, asked, *crew.tasks}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.done() or not asked.done():
            asked.cancel()
            return
        await _restart(crew, bell, asked.result(), stopping)


async def _restart(crew: Crew, bell: Bell, restart: Restart, stopping: asyncio.Task[bool]) -> None:
    """Returns only if new code does not serve the house, or is not this process's; whoever asked is told why."""
    logs.get().info("restart", python=restart.python)
    try:
        await succeed(crew, restart.python, stopping)
        block()
        try:
            await asyncio.sleep(0)  # a signal that came before has its handler called
            if stopping.done():
                return
            bell.close()
            become(crew, restart)
        finally:
            unblock()
    except LockhouseError as error:
        logs.get().error("not restarted", **logs.fault(error), why=error.text)
        await restart.answer(failure(error))
        await bell.open()


__all__ = ["PARTS", "Part", "Ready", "on_signals", "serve", "stay", "supervise"]
