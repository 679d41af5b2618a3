"""One person: erased whatever their volume, and looked up with a committed entry before anything is shown."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from typing import TYPE_CHECKING

from bench.house import copied, served
from bench.load import batched, request, send
from bench.mix import Mix, Said, device_of
from bench.report import Figure
from lockhouse import wiring
from lockhouse.flows import look
from lockhouse.flows import request as requests
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Identifier, Record

if TYPE_CHECKING:
    from pathlib import Path

    from bench.intake import Houses
    from lockhouse.wiring import Opened

MANY = 10_000
SMALL_EACH = 3
"""Persons of one record erased beside each of many, whose median is the other side. A house erases 20 an hour."""
PAIRS = 5
ROLE = Actor(id="os-user:0", kind="os-user", roles=("support",))


def erase(houses: Houses) -> list[Figure]:
    """Shut and destroyed, both with their ledger entries and in every process: 10,000 records against one."""
    many = [2_000_000 + number for number in range(PAIRS)]
    few = [3_000_000 + number for number in range(PAIRS * SMALL_EACH)]
    mix = Mix(97, population=houses.population)
    traffic = [mix.of_device(person) for person in few]
    traffic += [mix.of_device(person) for person in many for _ in range(MANY)]
    with copied(houses.sealed, houses.base) as folder, served(folder, "sealed") as running:
        _send(running.port, traffic, houses.sealed.key)
        big, small = asyncio.run(_erase(folder, many, few))
    ratio = tuple(one / statistics.median(small[at * SMALL_EACH :][:SMALL_EACH]) for at, one in enumerate(big))
    return [
        Figure("erase_10000_over_1", ratio, "ratio", "time to erase 10,000 records ÷ time to erase one"),
        Figure("erase_10000_ms", tuple(big), "ms", "shut and destroyed, in every process"),
        Figure("erase_1_ms", tuple(small), "ms", "the same for one record"),
    ]


def _send(port: int, traffic: list[Said], key: str) -> None:
    bodies = batched([said.raw for said in traffic], 100)
    run = send(port, [request("/v1/batch", body, key) for body in bodies], connections=16)
    if run.failed:
        raise SystemExit(f"bench: {run.failed} batches failed")


async def _erase(folder: Path, many: list[int], few: list[int]) -> tuple[list[float], list[float]]:
    async with wiring.opened(folder, role="console") as house:
        big, small = [], []
        for devices, records in ((few, 1), (many, MANY)):
            for device in devices:
                await _must_have(house, device, records)
        gc.collect()  # what was read to be sure of that is not to be paid for below
        for at, device in enumerate(many):
            small += [await _erase_one(house, other) for other in few[at * SMALL_EACH :][:SMALL_EACH]]
            big.append(await _erase_one(house, device))
        return big, small


async def _must_have(house: Opened, device: int, records: int) -> None:
    [person] = await _owners(house, device)
    found = await house.house.reads.find(Record, ("person",), [(person,)], limit=records + 1)
    if len(found) != records:
        raise SystemExit(f"bench: expected {records} records, got {len(found)}")


async def _erase_one(house: Opened, device: int) -> float:
    [person] = await _owners(house, device)
    began = time.perf_counter()
    done = await requests.open_erasure(house.house, person, by="os-user:0")
    await requests.fulfil(house.house, done.case, journal=house.journal, now=True)
    return (time.perf_counter() - began) * 1e3


async def _owners(house: Opened, device: int) -> list[bytes]:
    live = house.house.live()
    kind = live.kind("device_id")
    tag = house.house.indexer.tag(kind.number, kind.generation, device_of(device), norm=1)
    by = ("kind", "generation", "tag")
    rows = await house.house.reads.find(Identifier, by, [(kind.number, kind.generation, tag)])
    return [row.person for row in rows]


def profile(houses: Houses, *, looks: int) -> list[Figure]:
    """A person found by e-mail and shown, masked, with the ledger entry of the look committed first."""
    mix = Mix(96, population=houses.population)
    people = mix.customers(looks)
    traffic = [mix.order_of(person) for person in people for _ in range(5)]
    with copied(houses.sealed, houses.base) as folder, served(folder, "sealed") as running:
        _send(running.port, traffic, houses.sealed.key)
        waits = asyncio.run(_look(folder, [mix.email_of(person) for person in people]))
    return [
        Figure("profile_p50_ms", tuple(waits), "ms", "find by e-mail and show six records, entry committed first"),
        Figure("profile_p99_ms", (sorted(waits)[int(len(waits) * 0.99)],), "ms", "the same, slowest hundredth"),
    ]


async def _look(folder: Path, emails: list[str]) -> list[float]:
    waits = []
    async with wiring.opened(folder, role="console") as house:
        for email in emails:
            began = time.perf_counter()
            ask = await look.ask_of(house.house, ROLE, action="find", purpose=None)
            views = (await look.find(house.house, ask, by="email", value=email)).persons
            waits.append((time.perf_counter() - began) * 1e3)
            if len(views) != 1 or views[0].refused:
                raise SystemExit("bench: expected one person to be shown")
    return waits
