"""A house served by real processes on loopback, and what a test needs to send to it, look at it and break it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import msgspec

from lockhouse.adapters.spool_file import FILE as SPOOL
from lockhouse.flows.approve import approve, draft_of
from lockhouse.flows.channel import make_credential
from lockhouse.model.rows import Receipt, Record
from lockhouse.policy.document import parse
from lockhouse.settings import FILE, Settings, write
from lockhouse.wiring import KINDS, found, opened, template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.model.ports import RowT

POLICY = """
policy: 1
controller: {name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {from: [country], unknown: strictest}}
purposes:
  fulfilment: {about: Deliver what you ordered, basis: contract, keep: 24 months after last_activity}
fields:
  email: {type: email, class: contact, for: [fulfilment], identifies: person}
  country: {type: country, class: location, for: [fulfilment], clear: true}
  order_id: {type: id, class: transactions, for: [fulfilment]}
events:
  Order Completed: [email, country, order_id]
channels:
  web: {kind: segment, key: public, origins: [https://shop.example]}
  backend: {kind: segment, key: secret}
roles:
  support: {for: [fulfilment], see: {contact: masked}}
"""
START_S = 60.0
"""A machine that others work on too takes its time."""
SERVE = """
import sys
from pathlib import Path
from lockhouse.errors import LockhouseError
from lockhouse.faces.outcomes import OUTCOMES
from lockhouse.faces.serve.supervisor import serve
try:
    sys.exit(serve(Path(sys.argv[1]), only=tuple(sys.argv[2].split(",")), replaceable=True))
except LockhouseError as error:
    print(error.text, file=sys.stderr)
    sys.exit(OUTCOMES[type(error)].exit_code)
"""


@dataclass
class Place:
    """A founded house in a folder; nothing of it runs."""

    folder: Path
    settings: Settings
    key: str = ""

    @property
    def url(self) -> str:
        """Where the collect listener is."""
        scheme = "https" if self.settings.tls == "files" else "http"
        return f"{scheme}://{self.settings.listen_collect}"

    @property
    def metrics(self) -> str:
        """Where metrics are read."""
        return f"http://{self.settings.listen_metrics}/metrics"

    def set(self, **settings: Any) -> None:
        """Change its settings."""
        self.settings = replace(self.settings, **settings)
        (self.folder / FILE).write_text(write(self.settings), encoding="utf-8")

    async def approve(self, policy: str = POLICY) -> None:
        """A policy rules; beside whatever runs."""
        async with opened(self.folder, role="console") as house:
            document = parse({"policy.yaml": policy}, templates=template)
            await approve(house.house, await draft_of(house.house, document, KINDS), policy.encode(), by="os-user:0")

    async def make_key(self, channel: str = "backend") -> str:
        """A write key of a channel."""
        async with opened(self.folder, role="console") as house:
            made = await make_credential(house.house, channel, by="os-user:0")
            return made.reveal().decode()  # house: allow no-reveal: the test is the one it is shown to

    async def rows(self, row: type[RowT]) -> list[RowT]:
        """A whole table; beside whatever runs."""
        async with opened(self.folder, role="console") as house:
            return [one async for chunk in house.house.reads.scan(row) for one in chunk]


async def make_place(tmp_path: Path, *, policy: str | None = POLICY) -> Place:
    """A house with an approved policy and a key of its `backend` channel, on free ports."""
    console = free_port()
    chosen = Settings(
        root=str(tmp_path / "root" / "house.root"),
        demo=True,
        listen_collect=f"127.0.0.1:{free_port()}",
        listen_console=f"127.0.0.1:{console}",
        console_url=f"http://localhost:{console}",
        listen_metrics=f"127.0.0.1:{free_port()}",
    )
    folder = tmp_path / "house"
    place = Place(folder=folder, settings=await found(folder, chosen))
    if policy is not None:
        await place.approve(policy)
        place.key = await place.make_key()
    return place


def free_port() -> int:
    """A port that was free a moment ago, outside the range from which a system takes those of outgoing connections."""
    for port in random.SystemRandom().sample(range(10_000, 32_000), k=1_000):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("expected a free port among a thousand")


@dataclass
class Served:
    """A served house."""

    place: Place
    process: subprocess.Popen[bytes]
    log_file: Path
    log_from: int

    @property
    def log(self) -> str:
        """Everything that any of its processes wrote."""
        return self.log_file.read_bytes()[self.log_from :].decode()

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Log lines of one event."""
        whole, _, _ = self.log.rpartition("\n")
        found = [msgspec.json.decode(line) for line in whole.splitlines() if line.startswith("{")]
        return [line for line in found if line["event"] == event]

    def pids(self) -> dict[str, int]:
        """Process ids of its children by name."""
        named = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and (parts := _command(entry)) and str(self.place.folder) in parts:
                at = parts.index("lockhouse.faces.workers.child") if "lockhouse.faces.workers.child" in parts else -1
                if at >= 0:
                    named[parts[at + 1] if parts[at + 1] == "writer" else parts[at + 3]] = int(entry.name)
        return named

    def kill(self, name: str) -> int:
        """Send one child SIGKILL; its process id."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def post(self, *events: dict[str, Any], key: str | None = None, **more: Any) -> httpx.Response:
        """A batch."""
        return httpx.post(
            f"{self.place.url}/v1/batch",
            json={"batch": events},
            auth=(self.place.key if key is None else key, ""),
            headers={"Prefer": "return=representation"},
            timeout=10,
            **more,
        )

    def get(self, path: str) -> httpx.Response:
        """A page of the collect listener."""
        return httpx.get(f"{self.place.url}{path}", timeout=10)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, job: bool = False) -> int:
        """End it and wait; its exit code. As a `job` of a shell: the signal goes to its whole process group."""
        if self.process.poll() is None:
            (os.killpg if job else os.kill)(self.process.pid, number)
        return self.process.wait(15)


def _command(entry: Path) -> list[str]:
    try:
        return (entry / "cmdline").read_text(encoding="utf-8").split("\0")
    except OSError:
        return []


@contextmanager
def served(place: Place, *, only: str = "collect,work", wait: bool = True) -> Iterator[Served]:
    """The house, served for as long as the block runs."""
    log_file = place.folder.parent / "log"
    with log_file.open("ab") as log:
        log_from = log.tell()
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(place.folder), only],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
        )
    running = Served(place, process, log_file, log_from)
    try:
        if wait:
            until(lambda: bool(running.lines("ready")) or process.poll() is not None, START_S)
            assert process.poll() is None, running.log
        yield running
    finally:
        running.stop()


def set_aside(place: Place) -> int:
    """How many bytes wait in its spool."""
    file = place.folder / SPOOL
    return file.stat().st_size if file.exists() else 0


def brought_in(place: Place) -> None:
    """What a house that is gone had set aside stands in its stores: one that is served for so long brings it there."""
    if set_aside(place):
        with served(place):
            until(lambda: set_aside(place) == 0, START_S)


class Senders(ABC):
    """Threads that send to a served house until the block ends."""

    def __init__(self, house: Served, *, senders: int) -> None:
        self._house = house
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(senders)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    @abstractmethod
    def _send(self, sender: int) -> None:
        """What one of them does, until `_stop` is set."""


def until(holds: Any, seconds: float = 10.0) -> None:
    """Wait until something holds; fail if it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to hold in time"
        time.sleep(0.02)


def order(number: int | str, **more: Any) -> dict[str, Any]:
    """An event that the policy takes."""
    own = {"email": f"person-{number}@example.com", "order_id": f"o-{number}", **more}
    return {"type": "track", "event": "Order Completed", "messageId": f"m-{number}", "properties": own}


async def stored(place: Place) -> tuple[int, int]:
    """How many records and how many receipts there are."""
    return len(await place.rows(Record)), len(await place.rows(Receipt))


def run(awaitable: Any) -> Any:
    """Run to its end, in a test that waits for processes."""
    return asyncio.run(awaitable)
