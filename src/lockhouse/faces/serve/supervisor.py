"""The supervisor: starts the writer, then whoever works beside it; restarts what dies; ends all in order.

It holds no key and opens no store. The public listener is its own, handed to the collecting processes, so that a
process that dies or is replaced leaves senders waiting for a moment instead of refusing them.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lockhouse import settings as houses
from lockhouse.errors import Invalid, LockhouseError
from lockhouse.faces import logs
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.faces.serve.http import listen, tls_of
from lockhouse.faces.serve.keeper import Keeper, Stopped
from lockhouse.faces.serve.roles import Part, Ready, collect_url, parts
from lockhouse.faces.serve.sole import sole
from lockhouse.faces.serve.words import say_ended, say_ready, say_stopping

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from pathlib import Path

PARTS = ("collect", "work")


def serve(folder: Path, *, only: Sequence[str] = PARTS, ready: Callable[[Ready], None] | None = None) -> int:
    """Serve a house until SIGTERM or Ctrl-C; the exit code.

    Args:
        folder: of the house.
        only: which of `collect` and `work` run beside the writer.
        ready: called once everything that was asked for is up; prints what is up when None.

    Raises:
        Invalid: a setting or a part is unknown, an address is in use, or plain HTTP would leave this machine.
        NotFound: there is no house in this folder.
        Conflict: it is served already.
    """
    return asyncio.run(_until_signalled(folder, only=only, ready=ready or say_ready))


async def _until_signalled(folder: Path, *, only: Sequence[str], ready: Callable[[Ready], None]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return await supervise(folder, only=only, ready=ready, stop=stop)


async def supervise(
    folder: Path, *, stop: asyncio.Event, only: Sequence[str] = PARTS, ready: Callable[[Ready], None] = say_ready
) -> int:
    """As `serve`, within a loop of the main thread that is running already, until `stop` is set."""
    unknown = sorted(set(only) - set(PARTS))
    if unknown or not only:
        raise Invalid("serve --only", f"some of {', '.join(PARTS)}", got="another word" if unknown else "none")
    settings = houses.load(folder, os.environ)
    tls_of(settings, folder)
    logs.configure(level=settings.log, process="serve")
    with ExitStack() as held:
        held.enter_context(sole(folder, collect=collect_url(settings) if "collect" in only else ""))
        sockets = {
            name: held.enter_context(_listener(settings, name))
            for name in ("collect", "metrics")
            if name == "metrics" or "collect" in only
        }
        plan = parts(folder, settings, only=only, sockets=sockets)
        keepers = [Keeper(part) for part in plan]
        return await _keep(keepers, Ready(folder=folder, settings=settings, parts=plan), ready=ready, stop=stop)


def _listener(settings: houses.Settings, name: str) -> socket.socket:
    setting = f"listen_{name}"
    host, port = houses.address_of(getattr(settings, setting), where=setting)
    return listen(host, port, name=setting)


async def _keep(keepers: list[Keeper], what: Ready, *, ready: Callable[[Ready], None], stop: asyncio.Event) -> int:
    """Start in order, keep alive until stopped, end in the opposite order."""
    stopping = asyncio.create_task(stop.wait())
    tasks: list[asyncio.Task[None]] = []
    code = 0
    try:
        # The writer first: the others need it. They need nothing of each other.
        if await _up(keepers[:1], tasks, stopping) and await _up(keepers[1:], tasks, stopping):
            reasons = {reason: None for keeper in keepers if keeper.state for reason in keeper.state.reasons}
            ready(replace(what, reasons=tuple(reasons)))
        await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        say_stopping()
        code = await _end(keepers, tasks)
        say_ended()
    return code


async def _up(keepers: list[Keeper], tasks: list[asyncio.Task[None]], stopping: asyncio.Task[Any]) -> bool:
    """Start these; whether all of them came up before one ended or everything was stopped."""
    tasks += [asyncio.create_task(keeper.run()) for keeper in keepers]
    up = asyncio.gather(*(keeper.wait_up() for keeper in keepers))
    await asyncio.wait({up, stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    came_up = up.done()
    up.cancel()
    await asyncio.gather(up, return_exceptions=True)
    return came_up and not stopping.done()


async def _end(keepers: list[Keeper], tasks: list[asyncio.Task[None]]) -> int:
    """Collect first, so that nothing more comes in; the writer last, so that all that was taken is durable."""
    for kind in ("collect", "work", "writer"):
        await asyncio.gather(*(keeper.end() for keeper in keepers if keeper.part.kind == kind))
    code = 0
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Stopped):
            code = code or result.code
        elif isinstance(result, LockhouseError):
            code = code or OUTCOMES[type(result)].exit_code
        elif isinstance(result, Exception):
            logs.get().error("supervisor", **logs.fault(result))
            code = code or 1
    return code


__all__ = ["PARTS", "Part", "Ready", "serve", "supervise"]
