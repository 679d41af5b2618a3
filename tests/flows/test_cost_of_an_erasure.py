"""What an erasure costs: as much in a house of many people, records and endings as in one of few."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import Refused
from lockhouse.flows import request
from lockhouse.gates.rings import admit_rings
from lockhouse.model.ids import first_id
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from lockhouse.gates.ending import Case
    from lockhouse.model.change import KeyTuple
    from lockhouse.model.ports import Reads, RowT

ANNA = "anna@example.com"


class Counted:
    """Reads that count the rows of each table that were asked for and came."""

    def __init__(self, inner: Reads) -> None:
        self._inner = inner
        self.rows: Counter[str] = Counter()

    async def get(self, row: type[RowT], keys: Sequence[KeyTuple]) -> dict[KeyTuple, RowT]:
        found = await self._inner.get(row, keys)
        self.rows[row.TABLE] += len(found)
        return found

    async def find(self, row: type[RowT], by: Sequence[str], values: Sequence[KeyTuple], **rest: Any) -> list[RowT]:
        found = await self._inner.find(row, by, values, **rest)
        self.rows[row.TABLE] += len(found)
        return found

    async def scan(self, row: type[RowT], **rest: Any) -> AsyncIterator[list[RowT]]:
        async for rows in self._inner.scan(row, **rest):
            self.rows[row.TABLE] += len(rows)
            yield rows


def _folder(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


async def _shop(folder: Path, *, people: int, orders: int, erased: int) -> World:
    """Anna with three orders among others, some of whom were erased days ago."""
    world = await World.make(folder)
    names = [*(f"p{one}@example.com" for one in range(people)), *(f"gone{one}@example.com" for one in range(erased))]
    for number in range(orders):
        await world.send_all(
            [("backend", "Order Completed", {"email": name, "order_id": f"{name}-{number}"}) for name in names]
        )
    for number in range(3):
        await world.send("backend", "Order Completed", email=ANNA, order_id=f"A-{number}")
    for one in range(erased):
        await world.erase(await world.person(f"gone{one}@example.com"))
        world.clock.pass_days(0.05)
    world.clock.pass_days(3)
    await world.new_epochs()
    return world


async def _read_by_erasing(world: World) -> tuple[Case, Counter[str]]:
    anna = await world.person(ANNA)
    counted = Counted(world.house.reads)
    world.house.reads = counted
    opened = await request.open_erasure(world.house, anna, by="os-user:1000")
    found = await request.find_case(world.house, opened.case.id)
    done = await request.fulfil(world.house, found, journal=world.journal, now=True)
    return done.case, counted.rows


async def test_an_erasure_reads_no_more_in_a_house_of_many_than_in_one_of_few(tmp_path: Path) -> None:
    few = await _shop(_folder(tmp_path, "few"), people=2, orders=1, erased=1)
    many = await _shop(_folder(tmp_path, "many"), people=40, orders=6, erased=12)
    (one, of_few), (other, of_many) = await _read_by_erasing(few), await _read_by_erasing(many)

    assert (one.step, other.step) == ("done", "done")
    assert of_many == of_few
    assert of_few["record"] == 0, "to destroy the keys, no record is read"


async def test_an_erasure_of_a_part_reads_no_more_there_either(tmp_path: Path) -> None:
    seen = []
    for name, people, erased in (("few", 2, 1), ("many", 40, 12)):
        world = await _shop(_folder(tmp_path, name), people=people, orders=3, erased=erased)
        anna = await world.person(ANNA)
        counted = Counted(world.house.reads)
        world.house.reads = counted
        await admit_rings(world.house, [anna])
        number = max(world.house.keyring.serials(anna))
        part = world.house.live().names.name("compartment", number)
        assert (await world.erase(anna, compartment=part)).step == "done"
        seen.append(counted.rows)

    assert seen[0] == seen[1]


async def test_a_burst_is_seen_by_what_was_asked_for_in_the_last_hour_also_behind_many_older_requests(
    tmp_path: Path,
) -> None:
    world = await _shop(_folder(tmp_path, "shop"), people=24, orders=1, erased=5)
    for one in range(20):
        await request.open_erasure(world.house, await world.person(f"p{one}@example.com"), by="os-user:1000")

    with pytest.raises(Refused, match="at most 20 an hour"):
        await request.open_erasure(world.house, await world.person("p20@example.com"), by="os-user:1000")
    world.clock.pass_days(1 / 24)
    last = await request.open_erasure(world.house, await world.person("p20@example.com"), by="os-user:1000")
    assert last.case.step == "shut"


async def test_a_burst_is_seen_also_under_a_clock_that_is_behind_the_ledger(tmp_path: Path) -> None:
    world = await _shop(_folder(tmp_path, "shop"), people=24, orders=1, erased=0)
    await world.send("backend", "Order Completed", email=ANNA, order_id="A-9")
    world.clock.jump_days(-20 / 24)  # ids follow this clock, and the requests' times the ledger's
    world = await world.restarted()
    for one in range(20):
        await request.open_erasure(world.house, await world.person(f"p{one}@example.com"), by="os-user:1000")
    world.clock.jump_days(20 / 24)
    world = await world.restarted()

    with pytest.raises(Refused, match="at most 20 an hour"):
        await request.open_erasure(world.house, await world.person("p20@example.com"), by="os-user:1000")


def test_an_id_stands_behind_the_first_of_its_time_and_before_the_next() -> None:
    assert first_id(5) < first_id(5)[:6] + b"\x70" + bytes(9) < first_id(6)
    assert len(first_id(0)) == len(first_id(1 << 47)) == 16
