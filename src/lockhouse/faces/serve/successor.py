"""The supervisor's new program: `python -P -m lockhouse.faces.serve.successor INHERITANCE`, under the old process id.

Executed by `succession.become` alone. The number is of an open file that says what this process holds already.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import msgspec

from lockhouse import __version__
from lockhouse import settings as houses
from lockhouse.errors import LockhouseError
from lockhouse.faces import logs
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.faces.serve.bell import Outcome
from lockhouse.faces.serve.bound import Child, adopt, harden
from lockhouse.faces.serve.crew import Crew
from lockhouse.faces.serve.keeper import Keeper
from lockhouse.faces.serve.roles import Part, Ready, collect_url, parts
from lockhouse.faces.serve.sole import write_holder
from lockhouse.faces.serve.succession import Inheritance, Left, unblock
from lockhouse.faces.serve.supervisor import on_signals, stay


def main(number: str) -> int:
    """Go on as the supervisor of a house until told to end; its exit code."""
    harden()
    with os.fdopen(int(number), "rb") as file:
        told = msgspec.json.decode(file.read(), type=Inheritance)
    for fd in (*told.sockets.values(), told.lock, told.answer):
        os.set_inheritable(fd, False)  # noqa: FBT003  # by position only
    try:
        return asyncio.run(_go_on(told))
    except LockhouseError as error:
        logs.get().error("ended", **logs.fault(error))
        return OUTCOMES[type(error)].exit_code


async def _go_on(told: Inheritance) -> int:
    stop = asyncio.Event()
    on_signals(stop)
    unblock()
    folder = Path(told.folder)
    settings = houses.load(folder, os.environ)
    logs.configure(level=settings.log, process="serve")
    write_holder(told.lock, collect=collect_url(settings) if "collect" in told.only else "")
    sockets = {name: socket.socket(fileno=fd) for name, fd in told.sockets.items()}
    plan = parts(folder, settings, only=told.only, sockets=sockets)
    crew = Crew(
        folder=folder, settings=settings, only=told.only, sockets=sockets, lock=told.lock,
        keepers=[_kept(part, told.children) for part in plan],
    )  # fmt: skip
    crew.tasks = [asyncio.create_task(keeper.run()) for keeper in crew.keepers]
    for one in told.leaving:
        leaver = Keeper(next(part for part in plan if part.kind == "collect"), child=_child(one))
        leaver.expect_end()
        crew.let_go(leaver, asyncio.create_task(leaver.run()))
    ready = Ready(folder=folder, settings=settings, parts=plan)
    logs.get().info("restarted", version=__version__, parts=[part.name for part in plan], leaving=len(told.leaving))
    with socket.socket(fileno=told.answer) as asker:
        asker.settimeout(1.0)
        _tell(asker)
    return await stay(crew, ready, stop=stop)


def _kept(part: Part, children: tuple[Left, ...]) -> Keeper:
    """A part whose process died in between is started again."""
    running = next((one for one in children if one.name == part.name), None)
    return Keeper(part, child=None if running is None else _child(running), lasting=True)


def _child(left: Left) -> Child:
    return adopt(left.pid, lifeline=left.lifeline)


def _tell(asker: socket.socket) -> None:
    try:
        asker.sendall(msgspec.json.encode(Outcome(version=__version__)) + b"\n")
    except OSError:
        logs.get().info("whoever asked for the restart has gone")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
