"""One child process of a house: opened beside the writer, its socket laid out, its work done until told to end."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket

from lockhouse.errors import Unavailable
from lockhouse.faces import logs
from lockhouse.faces.metrics import MetricsApp, Tally
from lockhouse.faces.serve.collector import reasons
from lockhouse.faces.serve.desk import Answers, Desk, State
from lockhouse.faces.serve.http import server
from lockhouse.faces.serve.roles import desk_of
from lockhouse.faces.workers.collect import collect
from lockhouse.faces.workers.console import console
from lockhouse.faces.workers.loaded import load_all
from lockhouse.faces.workers.numbers import page
from lockhouse.faces.workers.task import Running, Task
from lockhouse.faces.workers.work import work
from lockhouse.gates.settings_held import require_strict
from lockhouse.wiring import opened

GC_THRESHOLD = (20_000, 20, 50)
"""A group makes thousands of values and no rings of them: looking for rings cost a twelfth of collecting."""


_WORK = {"collect": collect, "console": console, "work": work}


async def run_process(role: str, task: Task) -> None:
    """Be a collecting process, the console or the worker until SIGTERM or the end of the supervisor.

    Raises:
        Unavailable: the writer is away.
        Refused: a setting by which it would listen or write elsewhere is weaker than what was approved.
    """
    load_all()
    ending, leaving = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    loop.add_signal_handler(signal.SIGUSR1, leaving.set)
    if task.lifeline >= 0:
        loop.add_reader(task.lifeline, ending.set)
    async with opened(task.folder, role=role, lane=task.name) as house:
        if house.alone:
            raise Unavailable("serve: expected the writer process of the house, got none")
        require_strict(house.house)
        if house.house.strict.weakened:
            logs.get().error("settings weaker than approved are not taken", settings=house.house.strict.weakened)
        running = Running(
            task=task, opened=house, tally=Tally(task.name), answers=Answers(), ending=ending, leaving=leaving
        )  # fmt: skip
        served = asyncio.create_task(_serve_metrics(running))
        gc.collect()
        gc.freeze()  # what start-up made lives as long as the process: it is never looked through again
        gc.set_threshold(*GC_THRESHOLD)
        try:
            await _WORK[role](running, _desk(running))
        finally:
            ending.set()
            await served
    logs.get().info("stopped")


def _desk(running: Running) -> Desk:
    house = running.opened.house
    return Desk(
        desk_of(running.task.folder, running.task.name),
        state=lambda: State(process=running.task.name, reasons=tuple(reasons(house)), notes=tuple(running.notes)),
        counts=lambda: running.tally.counts(alive=house.epochs.alive()),
        answers=running.answers,
    )


async def _serve_metrics(running: Running) -> None:
    """Serve `/metrics`, if this is the process that does."""
    if running.task.metrics < 0:
        return
    app = MetricsApp(lambda: page(running))
    made = server(app)
    with socket.socket(fileno=running.task.metrics) as sock:
        serving = asyncio.create_task(made.serve([sock]))
        await running.ending.wait()
        made.should_exit = True
        await serving
