"""A child of the supervisor: `python -m lockhouse.faces.workers.child ROLE FOLDER [NAME LISTENER METRICS TOO LIKE]`.

Started by `supervisor.py` alone. It hardens itself before it touches a key, and ends with its parent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import uvloop

from lockhouse import settings as houses
from lockhouse.errors import LockhouseError
from lockhouse.faces import logs
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.faces.serve.bound import harden
from lockhouse.faces.serve.http import raise_open_files
from lockhouse.faces.workers.held import hold
from lockhouse.faces.workers.process import run_process
from lockhouse.faces.workers.task import Task
from lockhouse.wiring import bind_to_parent, serve_writer

_BEFORE_TOO, _BEFORE_LIKE = 5, 6
"""Arguments that supervisors of older code give."""


def main(arguments: list[str]) -> int:
    """Be one process of a house until told to end; its exit code."""
    role, folder = arguments[0], Path(arguments[1])
    name = "writer" if role == "writer" else arguments[2]
    harden()
    raise_open_files()
    signal.signal(
        signal.SIGTTOU, signal.SIG_IGN
    )  # in a group of our own: a terminal may want to stop us for a log line
    try:
        hold(folder, role=role)
        logs.configure(level=houses.load(folder, os.environ).log, process=name)
        if role == "writer":
            serve_writer(folder, tell=_told)
            return 0
        lifeline = bind_to_parent()
        too = int(arguments[5]) if len(arguments) > _BEFORE_TOO else -1
        like = int(arguments[6]) if len(arguments) > _BEFORE_LIKE else 1
        task = Task(
            folder=folder, name=name, listener=int(arguments[3]), metrics=int(arguments[4]), lifeline=lifeline,
            too=too, like=like,
        )  # fmt: skip
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run_process(role, task))
    except LockhouseError as error:
        logs.get().error("ended", **logs.fault(error))
        return OUTCOMES[type(error)].exit_code
    return 0


def _told(what: str, error: LockhouseError | None) -> None:
    if error is None:
        logs.get().warning("writes again", what=what)
    else:
        logs.get().error("cannot write", what=what, **logs.fault(error))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
