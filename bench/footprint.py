"""What a house takes: bytes on the disk for what it keeps, and memory of its real `serve` under load."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench.house import copied, served
from bench.intake import BATCH, CONNECTIONS, requests_of
from bench.load import send
from bench.mix import NEVER_SEEN, Mix
from bench.report import Figure
from bench.trees import STORES, grown, trees
from lockhouse import wiring
from lockhouse.channels import segment
from lockhouse.model.decision import PersonFacts
from lockhouse.model.event import Fault
from lockhouse.policy.live import purposes_open

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.house import Founded
    from bench.intake import Houses
    from bench.mix import Said
    from bench.trees import Tree
    from lockhouse.gates.house import LivePolicy

LINES = {200: 0, 1_000: 12}
"""Lines of an order (none: a product view) whose minimised JSON is about so many bytes."""
START_S = 30.0
_MB = 1 << 20
_ENCODE = msgspec.json.Encoder().encode


def sizes(houses: Houses, *, events: int, by_tree: bool = False) -> list[Figure]:
    """Bytes that the stores grow by, ÷ the minimised JSON of what was sent; and, if asked for, what each table takes.

    The stores are counted whole: rows, indexes, keys, lanes and ledger. Minimised JSON is the event as a plain store
    would keep it: its name, time, message id and the fields that the policy keeps, under their names.

    Raises:
        SystemExit: a batch was not answered well.
    """
    live = asyncio.run(_policy(houses.sealed))
    figures = []
    for size, lines in LINES.items():
        for never_seen, ending in ((NEVER_SEEN, ""), (0.0, "_known")):
            traffic = Mix(500 + lines, population=houses.population).sized(events, lines=lines, never_seen=never_seen)
            plain = sum(minimised(live, said) for said in traffic)
            took, before, after = _filled(houses, traffic)
            about = f"{took / events:.0f} bytes stored for {plain / events:.0f}, {never_seen:.0%} of persons new"
            figures.append(Figure(f"stored_over_json_{size}{ending}", (took / plain,), "ratio", about))
            if by_tree:
                figures += grown(before, after, events=events, size=f"{size}{ending}")
    return figures


def minimised(live: LivePolicy, said: Said) -> int:
    """Bytes of an event as JSON that holds what the policy keeps of it, and nothing else.

    Raises:
        SystemExit: the channel would refuse the event.
    """
    raw = b'{"batch":[' + said.raw + b"]}"
    parsed = segment.parse_batch(raw, path="batch", received_at=time.time_ns() // 1_000_000, remote_network=None)
    if isinstance(parsed, Fault) or isinstance(event := parsed.items[0], Fault):
        raise SystemExit("bench: expected an event, got one that is refused")
    kept = live.reducer("shop").reduce(event, purposes_open(live.policy, PersonFacts()))
    names = {(slot.compartment, slot.id): slot.field for slot in live.policy.slots}
    clear = {slot.id: slot.field for slot in live.policy.slots}
    fields = {names[box, slot]: value for box, held in kept.boxes.items() for slot, value in held.items()}
    fields |= {clear[slot]: value for slot, value in kept.clear.items()}
    around = {name: event.source[name] for name in ("timestamp", "messageId")}
    return len(_ENCODE({"event": event.name, **around, **fields}))


async def _policy(house: Founded) -> LivePolicy:
    async with wiring.opened(house.folder, role="console") as opening:
        return opening.house.live()


def _filled(houses: Houses, traffic: list[Said]) -> tuple[int, dict[str, Tree], dict[str, Tree]]:
    """Bytes that both stores grew by, and their trees before and after."""
    with copied(houses.sealed, houses.base) as folder:
        before, trees_before = sum(_used(folder / name) for name in STORES), trees(folder)
        with served(folder, "sealed") as running:
            requests = requests_of("batch", traffic, houses.sealed.key)
            took = send(running.port, requests, connections=CONNECTIONS["batch"])
        after, trees_after = sum(_used(folder / name) for name in STORES), trees(folder)
    if took.failed:
        raise SystemExit(f"bench: {took.failed} batches failed")
    return after - before, trees_before, trees_after


def _used(store: Path) -> int:
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        pages, free, page = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
    finally:
        connection.close()
    return (pages - free) * page


def memory(houses: Houses, *, events: int) -> list[Figure]:
    """The most that all processes of the real `serve` took while batches came in, looked at ten times a second.

    What processes share is counted once (the sum of their proportional set sizes).

    Raises:
        SystemExit: a batch failed, or the house did not come up.
    """
    traffic = Mix(600, population=houses.population).events(events)
    requests = requests_of("batch", traffic, houses.sealed.key)
    with copied(houses.sealed, houses.base) as folder, serving(folder) as (pid, port):
        idle = _pss(pid)
        seen: list[int] = []
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(pid, seen, over))
        watch.start()
        took = send(port, requests, connections=CONNECTIONS["batch"])
        over.set()
        watch.join()
    if took.failed:
        raise SystemExit(f"bench: {took.failed} batches failed")
    return [
        Figure("serve_mb", (max(seen) / _MB,), "MiB", f"most memory of all its processes, {events // BATCH} batches"),
        Figure("serve_idle_mb", (idle / _MB,), "MiB", "before the first of them"),
    ]


def _watch(pid: int, seen: list[int], over: threading.Event) -> None:
    while not over.wait(0.1):
        seen.append(_pss(pid))


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(one for child in children for one in family(int(child)))]


def _pss(pid: int) -> int:
    total = 0
    for one in family(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1_024
    return total


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, int]]:
    """The house under its real `serve`: the parent's process id, and the port that it collects on.

    Raises:
        SystemExit: it did not come up.
    """
    with serving_all(folder) as (pid, port, _):
        yield pid, port


@contextmanager
def serving_all(folder: Path, *, consoles: int = 1) -> Iterator[tuple[int, int, int]]:
    """The same, and the port of its console, which answers under `localhost` by so many processes.

    Raises:
        SystemExit: it did not come up.
    """
    ports = [_free_port() for _ in range(3)]
    listens = {
        f"LOCKHOUSE_LISTEN_{name}": f"127.0.0.1:{port}"
        for name, port in zip(("COLLECT", "METRICS", "CONSOLE"), ports, strict=True)
    }
    listens["LOCKHOUSE_CONSOLE_URL"] = f"http://localhost:{ports[2]}"
    listens["LOCKHOUSE_CONSOLE_PROCESSES"] = str(consoles)
    argv = [sys.executable, "-m", "lockhouse", "serve", "--house", str(folder)]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(argv, env=os.environ | listens, stdin=subprocess.DEVNULL, stdout=log, stderr=log)  # noqa: S603  # our own command
    try:
        _wait_for(process, ports[0])
        yield process.pid, ports[0], ports[2]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("bench: expected `serve` to listen, got none")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
