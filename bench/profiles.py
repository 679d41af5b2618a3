"""A profile of 30 fields, folded from 100 records: how long a look at it takes, alone and beside half a load.

The policy is the retail template with 29 fields of the bench's own beside the e-mail address, in three classes, since
the template has no 30 that one stream of events fills. Each record shows the address and the five or six fields of its
kind, so that it has one box or two. Each look finds another person, by their address, in a process of its own (as a
console or the command line is one), and its ledger entry is durable before anything is opened.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import random
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from bench.house import How, copied, fill, found, rows, served
from bench.intake import CONNECTIONS, Houses, requests_of, run
from bench.load import batched, request, send, send_paced
from bench.mix import Mix
from bench.policy import POLICY
from bench.report import Figure
from lockhouse import wiring
from lockhouse.flows import look
from lockhouse.model.decision import Actor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.house import Founded

RECORDS = 100
CLASSES = ("contact", "transactions", "behaviour", "contact", "transactions")
"""Of the fields of each kind of event."""
KINDS = len(CLASSES)
FIELDS = {f"trait_{number:02}": CLASSES[number % KINDS] for number in range(29)}
"""With the address 30."""
DESK = Actor(id="os-user:0", kind="os-user", roles=("desk",))
FEWEST = 5
"""Looks beside the load: on a slow machine not everybody's turn comes while it lasts."""
_ENCODE = msgspec.json.Encoder().encode


def policy() -> str:
    """The retail template with the bench's own fields, and a role `desk` that sees all of them; roles stand last."""
    fields = "".join(
        f"  {name}: {{type: text, class: {class_}, for: [fulfilment]}}\n" for name, class_ in FIELDS.items()
    )
    events = "".join(f"  Traits {kind}: [email, {', '.join(_shown(kind))}]\n" for kind in range(KINDS))
    desk = '  desk: {for: [fulfilment], see: {"*": full}}\n'
    return f"{POLICY}fields:\n{fields}events:\n{events}roles:\n{desk}"


def _shown(kind: int) -> list[str]:
    """The fields that an event of this kind shows: every one is shown by one kind."""
    return [name for number, name in enumerate(FIELDS) if number % KINDS == kind]


def looks_at_thirty(base: Path, *, looks: int, population: int, load_s: float = 8.0) -> list[Figure]:
    """The figures `profile_30_…`: looks at persons never looked at before, first alone, then beside half the intake.

    Raises:
        SystemExit: a person was not shown whole, or an event was not stored.
    """
    founded = found(base, "thirty", policy=policy())
    fill(founded, "sealed", population=population)
    send_traits(founded, range(2 * looks))
    with copied(founded, base) as folder, served(folder, "sealed"):
        idle, spent = asyncio.run(_look(folder, range(looks), within_s=None))
    busy, per_s = _looks_beside_load(Houses(base, founded, founded, population), range(looks, 2 * looks), load_s)
    said = f"find by e-mail and show 30 fields of {RECORDS} records, entry committed first"
    return [
        *_figures("profile_30", idle, said),
        Figure("profile_30_cpu_ms", tuple(spent), "ms", "CPU of the process that looks, which neighbours move less"),
        *_figures("profile_30_busy", busy, "the same beside half the intake rate"),
        Figure("profile_30_busy_intake_per_s", (per_s,), "events/s", "what came in meanwhile"),
    ]


def _figures(name: str, waits: Sequence[float], said: str) -> list[Figure]:
    slowest = sorted(waits)[int(len(waits) * 0.99)]
    return [
        Figure(f"{name}_p50_ms", tuple(waits), "ms", said),
        Figure(f"{name}_p99_ms", (slowest,), "ms", "slowest hundredth of these"),
    ]


def email_of(person: int) -> str:
    """The address that a person of `send_traits` is found by."""
    return f"thirty.{person}@mail.example"


def send_traits(founded: Founded, persons: range) -> None:
    """A hundred records of each of these persons, their events mixed as they would come."""
    draw = random.Random(30)  # noqa: S311  # traffic, not keys
    raw = [_traits(person, number % KINDS, draw) for number in range(RECORDS) for person in persons]
    with served(founded.folder, "sealed") as running:
        took = send(
            running.port, [request("/v1/batch", body, founded.key) for body in batched(raw, 100)], connections=8
        )
    if took.failed:
        raise SystemExit(f"bench: {took.failed} batches failed")


def _traits(person: int, kind: int, draw: random.Random) -> bytes:
    properties = {name: f"{name} {draw.randrange(10**6)}" for name in _shown(kind)}
    return _ENCODE(
        {
            "type": "track", "event": f"Traits {kind}", "properties": {"email": email_of(person), **properties},
            "messageId": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        }
    )  # fmt: skip


def _looks_beside_load(houses: Houses, persons: range, load_s: float) -> tuple[list[float], float]:
    """As `waits.at_half_load`: the house's processes share core 0; who looks shares the other with the senders."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {0})
    try:
        saturated = Mix(700, population=houses.population).events(min(4_000, 5 * houses.population))
        half = run(houses, "sealed", "single", saturated, How(cpu=0)).per_s / 2
        traffic = Mix(701, population=houses.population).events(int(half * load_s))
        requests = requests_of("single", traffic, houses.sealed.key)
        with copied(houses.sealed, houses.base) as folder:
            before = rows(folder)
            with served(folder, "sealed", How(cpu=0)) as running, _elsewhere() as pool:
                pool.submit(os.getpid).result()  # so that it has begun
                sending = pool.submit(
                    send_paced, running.port, requests, connections=CONNECTIONS["single"], per_s=half, spins=False
                )
                waits, _ = asyncio.run(_look(folder, persons, within_s=load_s * 0.8))
                if sending.done() or len(waits) < FEWEST:
                    raise SystemExit(f"bench: expected looks while the load lasts, got {len(waits)} of them")
                took = sending.result()
            stored = rows(folder) - before
    finally:
        os.sched_setaffinity(0, cores)
    if took.failed or stored != len(traffic):
        raise SystemExit(f"bench: {took.failed} requests failed, {stored} of {len(traffic)} events stored")
    return waits, len(traffic) / took.took_s


def _elsewhere() -> ProcessPoolExecutor:
    """A process for the senders: in this one they would share the interpreter with who looks."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


async def _look(folder: Path, persons: range, *, within_s: float | None) -> tuple[list[float], list[float]]:
    """How long each look took, and its CPU time (ms).

    Args:
        folder: of the house, whose writer runs.
        persons: at whom.
        within_s: they are spread over so many seconds, and none begins behind them; None: one upon the other.
    """
    waits: list[float] = []
    spent: list[float] = []
    async with wiring.opened(folder, role="console") as house:
        gc.collect()
        start = time.perf_counter()
        for number, person in enumerate(persons):
            if within_s is not None:
                await asyncio.sleep(start + within_s * number / len(persons) - time.perf_counter())
            began, used = time.perf_counter(), time.process_time()
            if within_s is not None and began - start > within_s:
                break
            ask = await look.ask_of(house.house, DESK, action="find", purpose=None)
            found = await look.find(house.house, ask, by="email", value=email_of(person))
            waits.append((time.perf_counter() - began) * 1e3)
            spent.append((time.process_time() - used) * 1e3)
            [view] = found.persons
            shown = sum(one.state == "open" for one in view.fields.values())
            if (view.records, shown) != (RECORDS, len(FIELDS) + 1):
                raise SystemExit(f"bench: expected 30 fields of {RECORDS} records, got {shown} of {view.records}")
    return waits, spent
