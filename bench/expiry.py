"""Ending a month of a million records: one key, whatever lies under it; and what is done before and after.

What is real: records with five boxes each, sealed by the product's keyring under a month that has passed, stored by its
own writer with their leaves in the ledger, of devices whose rings it minted; the house's processes, all of them, while
a month's key is shut and destroyed. What is not: the records came through no channel and have no receipts, and a
device's hundred were stored one after the other. The house was filled by a clock that stands 70 days back, and somebody
accepted the machine's own afterwards, as after a long rest.

Of a month that has ended no rows are deleted (docs/design/ending.md): who, when and which event stay until the person
ends. So the sweep is measured on persons who were erased. Before a run that ends a month a house that is no demo counts
what it would end; that reads every record, and is measured apart as well.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

from bench.footprint import serving
from bench.house import found, served
from bench.report import Figure
from bench.stalled import until_ready
from lockhouse import wiring
from lockhouse.adapters.clock import SystemClock
from lockhouse.crypto.canonical import pack_fields
from lockhouse.crypto.keyring import Plain
from lockhouse.crypto.seal import encode_boxes
from lockhouse.flows import accept
from lockhouse.flows import request as requests
from lockhouse.flows.sweep import sweep
from lockhouse.gates.authority import bound_all
from lockhouse.gates.collect.write import leaf_of
from lockhouse.gates.ending import Ends, begin_epoch, carry_on, extent_of
from lockhouse.gates.ending.epoch import BY_KEEP
from lockhouse.gates.epochs import epoch_at
from lockhouse.gates.rings import admit_rings
from lockhouse.model.change import Change, Put
from lockhouse.model.ids import DAY_MS
from lockhouse.model.rows import KeyRing, Person, Record
from lockhouse.model.scale import Assurance, PersonState, Proof

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.house import Founded
    from lockhouse.crypto.seal import SealedBox
    from lockhouse.gates.house import House
    from lockhouse.wiring import Opened

CLASSES = ("behaviour", "identity", "location", "profile", "transactions")
"""Each is a compartment with a key of its own for the month, so that five months' keys can be ended in one house."""
POLICY = f"""
policy: 1
controller: {{name: Northwind, contact: privacy@northwind.example, regulations: [gdpr],
  region: {{from: [country], unknown: strictest}}}}
purposes:
  analytics: {{about: Understand our shops, basis: legitimate_interest, keep: 13 months after event}}
fields:
  country: {{type: country, class: location, for: [analytics], clear: true}}
  device_id: {{type: id, class: identity, for: [analytics], identifies: device}}
{"".join(f"  seen_{name}: {{type: text, class: {name}, for: [analytics]}}{chr(10)}" for name in CLASSES)}
events:
  page: [device_id, country, {", ".join(f"seen_{name}" for name in CLASSES)}]
channels:
  shop: {{kind: segment, key: secret, stage: live}}
"""
BACK_MS = 70 * DAY_MS
EACH = 100
"""Records of a device."""
GROUP = 100
"""Devices a commit."""
SWEPT = 5
ROUNDS = 3


class _Past(SystemClock):
    """The machine's clock, 70 days ago."""

    def now_ms(self) -> int:
        return super().now_ms() - BACK_MS


class _Months(NamedTuple):
    """What there is to end."""

    epoch: int
    compartments: tuple[int, ...]


def of_a_month(base: Path, *, records: int, each_swept: int) -> list[Figure]:
    """The figures `expire_…` and `sweep_…`: a month of so many records, and persons of so many each.

    Raises:
        SystemExit: a record or a row is not where it should be.
    """
    founded = found(base, "month", policy=POLICY, clock=_Past())
    began = time.perf_counter()
    months, heavy = asyncio.run(_fill(founded, records, each_swept))
    took = time.perf_counter() - began
    asyncio.run(_accept_clock(founded))
    counted = asyncio.run(_count(founded, months, records))
    with serving(founded.folder):
        ended = asyncio.run(_end(founded, months))
    swept = asyncio.run(_sweep(founded, heavy, each_swept))
    return [
        Figure("expire_1m_ms", tuple(ended), "ms", f"a month of {records:,} records ends, in every process"),
        Figure("expire_count_per_s", tuple(counted), "records/s", "counted before a run that ends a month"),
        Figure("sweep_rows_per_s", tuple(swept), "rows/s", f"of erased persons of {each_swept:,} records each"),
        Figure("seal_rows_per_s", (records / took,), "records/s", "in which the house was filled, five boxes each"),
    ]


async def _fill(founded: Founded, records: int, each_swept: int) -> tuple[_Months, list[bytes]]:
    """The records are there, and behind them the persons who are to be swept."""
    async with wiring.opened(founded.folder, role="console", clock=_Past()) as opening:
        house = opening.house
        parts = tuple(part.id for part in house.live().policy.compartments)
        months = _Months(epoch_at(house.clock.now_ms(), daily=False), parts)
        for _ in range(0, records, EACH * GROUP):
            await _store(house, months, await _devices(house, GROUP), EACH)
        heavy = await _devices(house, SWEPT)
        for person in heavy:
            await _store(house, months, [person], each_swept)
        return months, heavy


async def _devices(house: House, many: int) -> list[bytes]:
    """So many devices have rows and rings, as `gates.collect.write` makes them."""
    ids = [house.ids.new() for _ in range(many)]
    now, kind = house.clock.now_ms(), house.live().kind("device_id")
    parts = set(house.live().ring_for(frozenset([kind.number])))
    rows = bound_all([Person(one, PersonState.NONE, None, 1, now, now, b"") for one in ids], house.row_macs)
    rings = house.keyring.mint_all([(one, parts) for one in ids])
    puts = [Put(Person.TABLE, row) for row in rows]
    puts += [Put(KeyRing.TABLE, KeyRing(one.person, one.generation, one.version, one.blob)) for one in rings]
    await house.commits.commit(Change("identity", puts=tuple(puts)))
    return ids


async def _store(house: House, months: _Months, persons: Sequence[bytes], each: int) -> None:
    """So many records of each of these are durable, sealed in the month, in one commit."""
    slots = {slot.compartment: slot.id for slot in house.live().policy.slots if slot.field.startswith("seen_")}
    await admit_rings(house, persons)
    plains = [
        Plain(
            person, house.ids.new(),
            [(part, months.epoch, pack_fields({slots[part]: f"seen {number}"})) for part in months.compartments],
        )
        for person in persons
        for number in range(each)
    ]  # fmt: skip
    rows = []
    for plain, boxes in zip(plains, house.keyring.seal_group(plains), strict=True):
        if not isinstance(boxes, list):
            raise SystemExit("bench: expected a record to be sealed, got one that is not")
        rows.append(_record(house, plain, boxes))
    puts, leaves = tuple(Put(Record.TABLE, row) for row in rows), tuple(leaf_of(house, row) for row in rows)
    await house.commits.commit(Change("record", puts=puts, leaves=leaves))


def _record(house: House, plain: Plain, boxes: Sequence[SealedBox]) -> Record:
    live, now = house.live(), house.clock.now_ms()
    channel, event = live.policy.channels["shop"].id, live.policy.events["page"].id
    return Record(
        plain.record, plain.person, channel, event, now, now, Assurance.SECRET, Proof.CLAIMED, live.version,
        house.ids.random(16), b"", encode_boxes(boxes),
    )  # fmt: skip


async def _accept_clock(founded: Founded) -> None:
    async with wiring.opened(founded.folder, role="console", purpose="accept") as opening:
        await accept.clock(opening.house, by="os-user:0")


async def _count(founded: Founded, months: _Months, records: int) -> list[float]:
    """Records a second of the count that a run makes in a house that is no demo."""
    first = months.compartments[0], months.epoch
    per_s = []
    async with wiring.opened(founded.folder, role="console") as opening:
        opening.house.demo = False  # only for the count, which a demo house leaves out
        for _ in range(ROUNDS):
            looked: list[int] = []
            began = time.perf_counter()
            extent = await extent_of(opening.house, _ends(first), told=looked.append)
            per_s.append(sum(looked) / (time.perf_counter() - began))
            if sum(looked) < records or not extent or extent.boxes != sum(looked):
                raise SystemExit("bench: expected every record of the month to be counted")
    return per_s


def _ends(month: tuple[int, int]) -> Ends:
    def is_of(_row: Record, box: SealedBox) -> bool:
        return (box.compartment, box.epoch) == month

    return Ends(run=is_of, due=is_of)


async def _end(founded: Founded, months: _Months) -> list[float]:
    """Each of the month's keys is shut and destroyed, and every process of the house has heard of both (ms)."""
    await until_ready(founded)
    waits = []
    async with wiring.opened(founded.folder, role="console") as opening:
        for compartment in months.compartments:
            began = time.perf_counter()
            done = await _end_one(opening, compartment, months.epoch)
            waits.append((time.perf_counter() - began) * 1e3)
            if done != "done":
                raise SystemExit(f"bench: expected a month whose key is destroyed, got {done}")
    return waits


async def _end_one(opening: Opened, compartment: int, epoch: int) -> str:
    """As `flows.retain` ends an epoch at once, as a demo house may."""
    house, now = opening.house, opening.house.clock.now_ms()
    case = await begin_epoch(house, compartment, epoch, by="os-user:0", reason=BY_KEEP, destroy_at=now)
    return (await carry_on(house, case, journal=opening.journal, now=True)).case.step


async def _sweep(founded: Founded, heavy: Sequence[bytes], each: int) -> list[float]:
    """Rows a second that leave the record store, each with its deletion, behind the erasure of one person."""
    per_s = []
    with served(founded.folder, "sealed"):
        async with wiring.opened(founded.folder, role="console") as opening:
            house, owner = opening.house, opening.house.ids.random(16)
            for person in heavy:
                asked = await requests.open_erasure(house, person, by="os-user:0")
                await requests.fulfil(house, asked.case, journal=opening.journal, now=True)
                began = time.perf_counter()
                done = await sweep(house, wiring.jobs, owner=owner)
                per_s.append(done.records / (time.perf_counter() - began))
                if done.records != each:
                    raise SystemExit(f"bench: expected {each} rows to be swept, got {done.records}")
    return per_s
