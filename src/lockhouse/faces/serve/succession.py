"""A restart: new code takes the place of the old, process by process, and the listener is never let go.

First the new processes are started and held: they try what can be tried, and whatever stops them leaves the old ones
as they were. Then the old collecting processes take nobody new (senders wait in the listener's queue, which is the
supervisor's), the old writer ends, the new one begins, and the new collecting processes take whoever waits. The old
ones answer whoever is still connected, through the new writer. Last, the supervisor itself becomes the new program,
under its old process id: the listener, the lock and the children stay its own.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, NoReturn

import msgspec

from lockhouse import settings as houses
from lockhouse.errors import Conflict, Unavailable
from lockhouse.faces import logs
from lockhouse.faces.serve.keeper import Keeper
from lockhouse.faces.serve.listening import CONSOLE_TOO
from lockhouse.faces.serve.roles import parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.faces.serve.bell import Restart
    from lockhouse.faces.serve.crew import Crew
    from lockhouse.faces.serve.roles import Part

START_WITHIN_S = 30.0
"""New processes have so long to come up; then the old code is started again."""
MODULE = "lockhouse.faces.serve.successor"
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A child as it is handed on: its part's name, and the open end of its lifeline."""

    name: str
    pid: int
    lifeline: int


class Inheritance(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor's new program is told by its old one. Numbers of open files, and who runs."""

    folder: str
    only: tuple[str, ...]
    sockets: dict[str, int]
    lock: int
    answer: int
    children: tuple[Left, ...]
    leaving: tuple[Left, ...] = ()


async def succeed(crew: Crew, python: str, stopping: asyncio.Task[bool]) -> None:
    """The house is served by new processes, with the code of `python`.

    Raises:
        LockhouseError: it is not; the old processes go on, or processes of the old code have taken their place again.
    """
    settings = houses.load(crew.folder, os.environ)
    for name in crew.sockets.keys() - {CONSOLE_TOO}:
        if getattr(settings, f"listen_{name}") != getattr(crew.settings, f"listen_{name}"):
            raise Conflict(
                f"restart: expected the listen_{name} that is served now, got another",
                hint="another address needs an end and a start",
            )
    plan = parts(crew.folder, settings, only=crew.only, sockets=crew.sockets)
    fresh = [Keeper(part, python=python) for part in plan]
    await _hold(fresh)
    before = [keeper.part for keeper in crew.keepers]
    await crew.part()
    crew.keepers = fresh
    late = asyncio.create_task(asyncio.wait({stopping}, timeout=START_WITHIN_S))
    try:
        if await crew.up(late):
            crew.settings = settings
            return
    finally:
        late.cancel()
    for keeper in fresh:
        keeper.drop()
    await crew.end_parts()
    await _come_back(crew, before, stopping)
    raise Unavailable(
        "restart: expected new processes that come up, got their end",
        hint="the old code serves again; serve's log says why",
    )


async def _hold(fresh: list[Keeper]) -> None:
    """All are held, or none is there."""
    holds = [asyncio.create_task(keeper.hold()) for keeper in fresh]
    try:
        await asyncio.gather(*holds)
    except BaseException:
        for hold in holds:
            hold.cancel()
        # Who still listens lets go first: the loop would keep the number of a socket that is closed under it.
        await asyncio.gather(*holds, return_exceptions=True)
        for keeper in fresh:
            keeper.drop()
        raise


async def _come_back(crew: Crew, before: list[Part], stopping: asyncio.Task[bool]) -> None:
    """The old code's processes are up again, however often they must be tried; or the house is stopped."""
    logs.get().error("the new processes did not come up: the old code is started again")
    crew.keepers, crew.tasks = [Keeper(part, lasting=True) for part in before], []
    await crew.up(stopping)


def become(crew: Crew, restart: Restart, *, execute: Callable[[str, list[str]], NoReturn] = os.execv) -> NoReturn:
    """This process goes on as the supervisor of the new code. Its signals are blocked; the new program lets them in.

    Raises:
        Unavailable: it could not be executed; this program goes on over the new processes.
    """
    told = Inheritance(
        folder=str(crew.folder),
        only=tuple(crew.only),
        sockets={name: sock.fileno() for name, sock in crew.sockets.items()},
        lock=crew.lock,
        answer=restart.fd,
        children=_left(crew.keepers),
        leaving=_left([keeper for keeper, life in crew.leaving if not life.done()]),
    )
    lifelines = [one.lifeline for one in (*told.children, *told.leaving)]
    handed = [*told.sockets.values(), told.lock, told.answer, *lifelines]
    theirs = -1
    try:
        theirs = os.memfd_create("inheritance", 0)
        os.write(theirs, msgspec.json.encode(told))
        os.lseek(theirs, 0, os.SEEK_SET)
        for fd in handed:
            os.set_inheritable(fd, True)  # noqa: FBT003  # by position only
        execute(restart.python, [restart.python, "-P", "-m", MODULE, str(theirs)])
    except OSError as err:
        for fd in handed:
            os.set_inheritable(fd, False)  # noqa: FBT003  # by position only
        if theirs >= 0:
            os.close(theirs)
        raise Unavailable(
            "restart: expected a Python to go on with, got none",
            hint="the new processes serve under the old supervisor",
        ) from err


def _left(keepers: list[Keeper]) -> tuple[Left, ...]:
    children = [(keeper.part.name, keeper.child) for keeper in keepers]
    return tuple(Left(name=name, pid=one.pid, lifeline=one.lifeline) for name, one in children if one is not None)


def block() -> None:
    """Signals to end wait, so that none is lost while one program follows the other."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def unblock() -> None:
    """Signals to end are heard again; no child must be started before, as it would be deaf to them."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


__all__ = ["Inheritance", "Left", "become", "block", "succeed", "unblock"]
