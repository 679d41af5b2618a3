"""The month read back: every household through the disclose gate, noted, for the purpose that allows it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from lockhouse.faces.demo.place import actor_id
from lockhouse.faces.demo.real.month import Totals
from lockhouse.flows.look import ask_of
from lockhouse.gates.disclose import Records, disclose
from lockhouse.model.decision import Actor
from lockhouse.model.rows import Person, Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lockhouse.gates.disclose import RecordView, View
    from lockhouse.gates.house import House

MOST_RECORDS = 100_000


class _Sums(msgspec.Struct):
    """What has been read so far."""

    baskets: set[str] = msgspec.field(default_factory=set)
    households: set[str] = msgspec.field(default_factory=set)
    reached: set[str] = msgspec.field(default_factory=set)
    stores: set[str] = msgspec.field(default_factory=set)
    sales: Decimal = Decimal()
    line_sales: Decimal = Decimal()
    lines: int = 0
    units: int = 0
    campaigns: int = 0
    redemptions: int = 0

    def basket(self, record: RecordView) -> None:
        """One sale."""
        fields = record.fields
        self.baskets.add(fields["order_id"].value)
        self.households.add(fields["household_id"].value)
        self.stores.add(fields["store_id"].value)
        self.sales += Decimal(fields["order_total"].value)
        items = fields["items"].value
        self.lines += len(items)
        self.units += sum(item["quantity"] for item in items)
        self.line_sales += sum((Decimal(item["price"]) for item in items), Decimal())


async def read_back(house: House) -> Totals:
    """The totals of everything stored: sales and coupons as a bookkeeper, campaigns as who runs them."""
    sums = _Sums()
    async for view in _views(house, role="bookkeeper"):
        for record in view.timeline:
            if record.event == "Order Completed":
                sums.basket(record)
            elif record.event == "Coupon Redeemed" and "coupon" in record.fields:
                sums.redemptions += 1
    async for view in _views(house, role="campaign_manager"):
        for record in view.timeline:
            if record.event == "Campaign Received" and "campaign_id" in record.fields:
                sums.campaigns += 1
                sums.reached.add(record.fields["household_id"].value)
    return Totals(
        baskets=len(sums.baskets), households=len(sums.households), stores=len(sums.stores), sales=sums.sales,
        lines=sums.lines, line_sales=sums.line_sales, units=sums.units, campaigns=sums.campaigns,
        reached=len(sums.reached), redemptions=sums.redemptions,
    )  # fmt: skip


def _everyone(house: House) -> AsyncIterator[bytes]:
    async def each() -> AsyncIterator[bytes]:
        async for rows in house.reads.scan(Person):
            for row in rows:
                yield row.id

    return each()


async def _views(house: House, *, role: str) -> AsyncIterator[View]:
    actor = Actor(id=actor_id(), kind="os-user", roles=(role,))
    asked = await ask_of(house, actor, action="timeline", purpose=None, mode="full", reason="totals")
    async for view in disclose(house, asked, _everyone(house), records=Records(limit=MOST_RECORDS)):
        yield view


async def record_rows(house: House) -> int:
    """Rows of the record store, counted without opening any."""
    return sum([len(rows) async for rows in house.reads.scan(Record)])
