"""The processes that are measured: `python -m bench.server (writer|sealed|unsealed|hello) FOLDER [options]`.

The writer is the product's own. The collect process is the product's listener, collector and gate under uvicorn,
without the door and the counting that `serve` puts around it: both sides of a pair lack them. `unsealed` changes the
gate alone, `hello` answers at once. It says when it listens.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import os
import signal
import socket
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import uvicorn

from bench.unsealed import UnsealedIntake
from lockhouse.crypto import seal
from lockhouse.faces.collect import CollectApp
from lockhouse.faces.serve.collector import HouseCollector
from lockhouse.faces.serve.desk import Answers
from lockhouse.faces.serve.joined import Connection
from lockhouse.faces.workers.process import GC_THRESHOLD
from lockhouse.wiring import opened, serve_writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.crypto import Keyring
    from lockhouse.gates.house import House

_HELLO = b'{"success":true}'


class Counts:
    """What was answered, by outcome."""

    def __init__(self) -> None:
        self.answers: dict[str, int] = {}

    def on_answer(self, channel: str, outcome: str, code: str, count: int) -> None:  # noqa: ARG002  # the port's shape
        """Count it."""
        self.answers[outcome] = self.answers.get(outcome, 0) + count

    def on_incident(self, incident: str, error: BaseException) -> None:
        """Say where it was: the bench must not measure failures."""
        print(f"bench: {incident}: {error!r}", file=sys.stderr, flush=True)


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and answer: what the server itself costs."""
    if scope["type"] != "http":
        return
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"16")]})
    await send({"type": "http.response.body", "body": _HELLO})


class _Server(uvicorn.Server):
    """Ends when told and returns: uvicorn's own way is to be killed again, before a profile is written."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the loop."""
        yield

    def end(self) -> None:
        """Stop listening and return."""
        self.should_exit = self.force_exit = True


async def _serve(app: Any, listener: int) -> None:
    listening = socket.socket(fileno=listener)
    config = uvicorn.Config(
        app, loop="uvloop", http=Connection, ws="none", lifespan="off", access_log=False, proxy_headers=False,
        server_header=False, date_header=False, log_level="warning", timeout_keep_alive=60,
    )  # fmt: skip
    server = _Server(config)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.end)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    print("ready", flush=True)
    await server.serve(sockets=[listening])


def _app(mode: str, house: House) -> CollectApp:
    collector = HouseCollector(house, Answers())
    if mode == "unsealed":
        collector._intake = UnsealedIntake(house)  # noqa: SLF001  # the one difference between the two sides
    return CollectApp(collector, clock=house.clock, watch=Counts(), incident_ids=lambda: house.ids.random(4).hex())


async def _collect(chosen: argparse.Namespace) -> None:
    if chosen.what == "hello":
        await _serve(hello, chosen.listener)
        return
    async with opened(chosen.folder, role="collect", lane=f"collect-{chosen.number}") as opening:
        house = opening.house
        keys = counted(house.keyring) if chosen.count else {}  # in a run of its own, which is not timed
        await _serve(_app(chosen.what, house), chosen.listener)
        if chosen.count:
            chosen.count.write_bytes(msgspec.json.encode(keys))


def counted(keyring: Keyring) -> dict[str, int]:
    """How often a box key is asked for, and how often it was at hand; counts from now on."""
    keys = {"asked": 0, "hits": 0}
    of, derive = keyring._box_keys.of, seal.box_keys  # noqa: SLF001  # what is counted

    def ask(wanted: Any) -> Any:
        keys["asked"] += len(wanted)
        keys["hits"] += len(wanted)
        return of(wanted)

    def make(prefix: bytes, wanted: Any) -> list[bytes]:
        keys["hits"] -= len(wanted)
        return derive(prefix, wanted)

    keyring._box_keys.of, seal.box_keys = ask, make  # type: ignore[method-assign]  # noqa: SLF001
    return keys


def main() -> None:
    """Be one of the processes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("writer", "sealed", "unsealed", "hello"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cpu", type=int, default=-1)
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--listener", type=int, default=-1)
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--count", type=Path)
    chosen = parser.parse_args()
    if chosen.cpu >= 0:
        os.sched_setaffinity(0, {chosen.cpu})
    profile = cProfile.Profile() if chosen.profile else None
    if profile:
        profile.enable()
    try:
        if chosen.what == "writer":
            serve_writer(chosen.folder)
        else:
            uvloop_run(_collect(chosen))
    finally:
        if profile:
            profile.disable()
            profile.dump_stats(chosen.profile)


def uvloop_run(main_coroutine: Any) -> None:
    """Run on the loop that `serve` uses."""
    import uvloop  # noqa: PLC0415  # only this process needs it

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main_coroutine)


if __name__ == "__main__":
    main()
