"""The year read back: everybody through the disclose gate, noted, once in each of three roles."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from bench.journey.archive import Totals
from lockhouse.flows.look import ask_of
from lockhouse.gates.disclose import Records, disclose
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Person
from lockhouse.wiring import opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lockhouse.gates.disclose import RecordView
    from lockhouse.gates.house import House
    from lockhouse.model.ports import Clock

MOST_RECORDS = 1_000_000
TOGETHER = 20
"""Persons: all that is shown of those whom one look is at is in memory at once, and they have hundreds of records."""


class _Sums(msgspec.Struct):
    """What has been read so far."""

    lines: int = 0
    households: set[str] = msgspec.field(default_factory=set)
    priced: int = 0
    paid: Decimal = Decimal()
    units: int = 0
    redeemed: int = 0
    stocked: int = 0
    stores: set[str] = msgspec.field(default_factory=set)
    campaigns: int = 0
    coupons: int = 0
    reached: set[str] = msgspec.field(default_factory=set)

    def bookkeeper(self, record: RecordView) -> None:
        """A line of a receipt, or a coupon."""
        if record.event == "Coupon Redeemed":
            self.redeemed += _value(record, "coupon") is not None
            return
        household, price = _value(record, "household_id"), _value(record, "price")
        if record.event != "Product Bought" or household is None:
            return
        self.lines += 1
        self.households.add(household)
        if price is not None:
            self.priced += 1
            self.paid += Decimal(price)
            self.units += int(_value(record, "quantity"))

    def buyer(self, record: RecordView) -> None:
        """What a store sold."""
        store = _value(record, "store_id")
        if store is not None:
            self.stocked += 1
            self.stores.add(store)

    def campaign_manager(self, record: RecordView) -> None:
        """A campaign, or a coupon of one."""
        self.campaigns += record.event == "Campaign Received" and _value(record, "campaign_id") is not None
        self.coupons += _value(record, "offered_coupon") is not None
        if record.event in {"Campaign Received", "Coupon Received"}:
            self.reached.add(_value(record, "household_id"))


def _value(record: RecordView, field: str) -> Any:
    found = record.fields.get(field)
    return None if found is None else found.value


async def read_back(folder: Path, clock: Clock) -> Totals:
    """The totals of everything that the house shows."""
    sums = _Sums()
    async with opened(folder, role="console", clock=clock) as one:
        for role in ("bookkeeper", "buyer", "campaign_manager"):
            take = getattr(sums, role)
            async for record in _records(one.house, role):
                take(record)
    return Totals(
        lines=sums.lines, households=len(sums.households), priced=sums.priced, paid=sums.paid, units=sums.units,
        redeemed=sums.redeemed, stocked=sums.stocked, stores=len(sums.stores), campaigns=sums.campaigns,
        coupons=sums.coupons, reached=len(sums.reached - {None}),
    )  # fmt: skip


async def _records(house: House, role: str) -> AsyncIterator[RecordView]:
    actor = Actor(id="os-user:0", kind="os-user", roles=(role,))
    asked = await ask_of(house, actor, action="timeline", purpose=None, mode="full", reason="totals")
    async for rows in house.reads.scan(Person, chunk=TOGETHER):
        async for view in disclose(house, asked, _ids(rows), records=Records(limit=MOST_RECORDS)):
            for record in view.timeline:
                yield record


async def _ids(rows: list[Person]) -> AsyncIterator[bytes]:
    for row in rows:
        yield row.id
