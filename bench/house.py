"""Houses to measure: founded once, filled once, copied for each run, served by real processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.load import batched, request, send
from bench.mix import Mix
from bench.policy import CHANNEL, POLICY
from lockhouse import wiring
from lockhouse.adapters.writer_protocol import SOCKET_FILE
from lockhouse.channels import segment
from lockhouse.flows import approve
from lockhouse.flows.channel import make_credential
from lockhouse.policy.document import parse
from lockhouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.model.ports import Clock

Mode = Literal["sealed", "unsealed", "hello", "alone"]
"""`alone` is sealed, with the writer in a thread of the collect process."""
ROOTS = "roots"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Founded:
    """A house that can be copied, with the write key of its channel."""

    folder: Path
    key: str


@dataclass(slots=True)
class Served:
    """A house with its processes."""

    folder: Path
    port: int
    writer: subprocess.Popen[bytes] | None
    collect: list[subprocess.Popen[bytes]]

    def cpu_s(self) -> tuple[float, float]:
        """CPU seconds that the writer and the collect processes have used."""
        return (_cpu_s(self.writer.pid) if self.writer else 0.0), sum(_cpu_s(one.pid) for one in self.collect)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a house is served.

    Attributes:
        cpu: the core that all its processes are pinned to; -1 for any.
        collectors: how many collect processes share the listener.
        profile: folder for a profile of each process, None for none.
        count: file that the collect process writes its counts of keys to, None for none.
    """

    cpu: int = -1
    collectors: int = 1
    profile: Path | None = None
    count: Path | None = None


PLAINLY = How()


def cpu_s_of(pids: list[int]) -> float:
    """CPU time that these processes took so far, all together (s)."""
    return sum(map(_cpu_s, pids))


def _cpu_s(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / _TICKS


def found(base: Path, name: str, *, policy: str = POLICY, clock: Clock | None = None) -> Founded:
    """A house with the bench's policy, or another of its own, and one channel; by the machine's clock, or this one."""
    folder = base / name
    roots = base / ROOTS
    roots.mkdir(exist_ok=True)

    async def make() -> str:
        await wiring.found(folder, Settings(root=str(roots / f"{name}.root"), demo=True), clock=clock)
        async with wiring.opened(folder, role="console", clock=clock) as house:
            document = parse({"policy.yaml": policy}, templates=wiring.template)
            draft = await approve.draft_of(house.house, document, {"segment": segment.KIND})
            await approve.approve(house.house, draft, policy.encode(), by="os-user:0")
            return (await make_credential(house.house, CHANNEL, by="os-user:0")).reveal().decode()

    return Founded(folder, asyncio.run(make()))


def fill(house: Founded, mode: Mode, *, population: int) -> None:
    """One event of each person of the population, so that they are there before the clock starts."""
    raw = [said.raw for said in Mix(0, population=population).first()]
    with served(house.folder, mode) as running:
        run = send(running.port, [request("/v1/batch", body, house.key) for body in batched(raw, 100)], connections=8)
    if run.failed:
        raise SystemExit(f"bench: {run.failed} of the first events failed")


@contextmanager
def copied(house: Founded, base: Path) -> Iterator[Path]:
    """A copy of the house's folder, for one run; what a house keeps outside of it is put back afterwards.

    A house remembers its newest checkpoint beside its root key, and rightly takes an older copy for a roll-back.
    """
    folder, kept = base / "run", base / "roots.kept"
    shutil.copytree(house.folder, folder, ignore=shutil.ignore_patterns("*.sock"))
    shutil.copytree(base / ROOTS, kept)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(base / ROOTS)
        kept.rename(base / ROOTS)


def _spawn(what: str, folder: Path, how: How, *, number: int = 0, listener: int = -1) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "bench.server", what, str(folder), "--cpu", str(how.cpu), "--number", str(number)]
    if how.profile is not None:
        argv += ["--profile", str(how.profile / f"{what}-{number}.prof")]
    if how.count is not None:
        argv += ["--count", str(how.count)]
    if listener >= 0:
        argv += ["--listener", str(listener)]
    root = Path(__file__).resolve().parent.parent
    handed = (listener,) if listener >= 0 else ()
    return subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=root, pass_fds=handed)  # noqa: S603  # our own command


@contextmanager
def served(folder: Path, mode: Mode, how: How = PLAINLY) -> Iterator[Served]:
    """The house with its writer and its collect processes, which share a listener as under `serve`."""
    running: list[subprocess.Popen[bytes]] = []
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        try:
            writer = None
            if mode not in {"hello", "alone"}:
                writer = _spawn("writer", folder, how)
                running.append(writer)
                _wait_for(folder / SOCKET_FILE, writer)
            collect = [
                _spawn("sealed" if mode == "alone" else mode, folder, how, number=number, listener=listener.fileno())
                for number in range(how.collectors)
            ]
            running += collect
            for process in collect:
                if process.stdout is None or not process.stdout.readline():
                    raise SystemExit("bench: expected a listening collect process, got one that ended")
            yield Served(folder, listener.getsockname()[1], writer, collect)
        finally:
            for process in reversed(running):
                process.send_signal(signal.SIGTERM)
                process.wait(20)
                if process.stdout is not None:
                    process.stdout.close()


def _wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while not path.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit("bench: expected the writer to listen, got none")
        time.sleep(0.01)


def rows(folder: Path, table: str = "record") -> int:
    """How many rows a table of the record store has; the processes must have ended."""
    connection = sqlite3.connect(f"file:{folder / 'record.db'}?mode=ro", uri=True)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # our own names
    finally:
        connection.close()
