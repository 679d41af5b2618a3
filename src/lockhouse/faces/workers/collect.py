"""A collecting process: the public listener over the collect gate."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from lockhouse.faces import logs
from lockhouse.faces.collect import CollectApp
from lockhouse.faces.serve.around import Around
from lockhouse.faces.serve.collector import HouseCollector
from lockhouse.faces.serve.desk import Answer
from lockhouse.faces.serve.draining import LOOK_S, Draining
from lockhouse.faces.serve.http import door_of, server, tls_of
from lockhouse.faces.serve.spool import Spool
from lockhouse.wiring import SystemClock
from lockhouse.wiring_hooks import hook_http
from lockhouse.wiring_spool import spool_file

if TYPE_CHECKING:
    from lockhouse.faces.serve.desk import Desk
    from lockhouse.faces.serve.http import Server
    from lockhouse.faces.workers.task import Running
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Clock


class Watching:
    """`Watch` of the listener: counted, read along, logged."""

    def __init__(self, running: Running, clock: Clock) -> None:
        self._tally = running.tally
        self._answers = running.answers
        self._clock = clock

    def on_answer(self, channel: str, outcome: str, code: str, count: int) -> None:
        """See the port. Events are read along with their shapes from the collector; whole requests from here."""
        self._tally.answered(channel, outcome, code, count)
        if outcome == "rejected":
            at = self._clock.now_ms()
            self._answers.add(Answer(at=at, channel=channel, event="*", outcome=outcome, code=code, count=count))

    def on_incident(self, incident: str, error: BaseException) -> None:
        """See the port."""
        self._tally.failed()
        logs.get().error("incident", incident=incident, **logs.fault(error))


async def collect(running: Running, desk: Desk) -> None:
    """Collect until told to end; requests under way are answered first.

    Told to leave, it accepts nobody any more, takes its desk away, and ends when nobody is connected.
    """
    house, settings, clock = running.opened.house, running.opened.settings, SystemClock()
    watch, spool = Watching(running, clock), _spool(running, clock)
    way_out = hook_http()
    collector = HouseCollector(house, running.answers, public_url=settings.public_url, spool=spool, ask=way_out.ask)
    app = CollectApp(
        collector,
        clock=clock,
        watch=watch,
        incident_ids=lambda: house.ids.random(8).hex(),
        trusted_proxies=settings.trusted_proxies,
    )
    around = Around(app, settings=settings, tally=running.tally, clock=clock)
    door, shared = door_of(settings), running.task.like > 1
    made = server(around, tls=tls_of(settings, running.task.folder), door=door, shared=shared)
    with socket.socket(fileno=running.task.listener) as sock:
        serving = asyncio.create_task(made.serve([sock]))
        await made.accepts.wait()
        await desk.open()
        logs.get().info("collecting", reasons=collector.ready())
        draining = asyncio.create_task(_drain(spool, collector, house, watch))
        try:
            leaving = asyncio.create_task(_leave(made, running, desk))
            ended = asyncio.create_task(running.ending.wait())
            await asyncio.wait({serving, ended, leaving}, return_when=asyncio.FIRST_COMPLETED)
            for waiting in (ended, leaving):
                waiting.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
        finally:
            collector.patience.end()
            await desk.close()
            made.should_exit = True
            await serving
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)
            await way_out.close()
            if spool is not None:
                spool.close()


def _spool(running: Running, clock: Clock) -> Spool | None:
    """This process's side of the spool, counted; None where the settings want none and nothing waits."""
    opened = running.opened
    file = spool_file(opened.folder, opened.house, most_bytes=opened.settings.spool_mb << 20)
    if file is None:
        return None
    spool = Spool(file, clock)
    running.tally.of_spool = lambda: (dict(spool.counts), spool.size())
    return spool


async def _drain(spool: Spool | None, collector: HouseCollector, house: House, watch: Watching) -> None:
    """Set aside who waits for a writer that stands still, and bring back, for as long as this process collects."""
    if spool is not None:
        drains = Draining(spool, house, decide=collector.decide, on_incident=watch.on_incident)
        await asyncio.gather(drains.run(), _watch_lease(house, collector))


async def _watch_lease(house: House, collector: HouseCollector) -> None:
    """Looked at twice: a process that was itself held up finds its lease run out, and the writer's word behind it."""
    was_alive = True
    while True:
        await asyncio.sleep(LOOK_S)
        is_alive = house.epochs.alive()
        if not is_alive and not was_alive:
            collector.give_up()
        was_alive = is_alive


async def _leave(made: Server, running: Running, desk: Desk) -> None:
    """Returns once another process has taken this one's place and nobody is connected here any more."""
    await running.leaving.wait()
    made.turn_away()
    await desk.close()
    logs.get().info("leaving", connections=len(made.server_state.connections))
    await made.wait_empty()
