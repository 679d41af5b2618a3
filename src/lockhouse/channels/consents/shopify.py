"""Shopify's export of customers: a yes or no each to e-mail and SMS, as they stood on the day of the export.

The file does not say when anybody agreed: a yes counts for less than any no, and a no from when whoever brings the file
says that it was exported. Its `no` is of whoever left and of whoever was never asked: it is taken as a no, since a
doubt narrows. A phone number may stand behind an apostrophe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.channels.consents.reading import MAX_VALUE_CHARS, UNDATED, Sorts, cell
from lockhouse.errors import Invalid
from lockhouse.model.consents import Silent, Statement
from lockhouse.model.table import Reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.table import Row

STATES = {"yes": True, "no": False, "true": True, "false": False}
_EMAIL = ("Email", "Accepts Email Marketing")
_SMS = ("Phone", "Accepts SMS Marketing")


class Shopify:
    """See the module."""

    def __init__(self, heads: Sequence[str], sorts: Sorts) -> None:
        """Learn the header.

        Raises:
            Invalid: the file is none of customers, or nobody says as of when it is.
        """
        if sorts.as_of is None:
            hint = "such as --as-of 2026-11-01T08:00:00Z, when the file was exported"
            raise Invalid("--as-of", "the time of the export: the file says none", got="none", hint=hint)
        self._as_of = sorts.as_of
        wanted = [(_EMAIL, sorts.email), (_SMS, sorts.sms)]
        self._sorts = [(names, of) for names, of in wanted if of and set(names) <= set(heads)]
        if not self._sorts:
            expected = "columns Email and Accepts Email Marketing, or Phone and Accepts SMS Marketing"
            raise Invalid("line 1", expected, got="others", hint="export customers as CSV for Excel or plain CSV")
        self.columns = tuple(name for names, _ in self._sorts for name in names)

    def read(self, row: Row) -> Sequence[Statement] | Silent | Reject:
        """See `Reader`."""
        said: list[Statement] = []
        for number, ((name, asked), of) in enumerate(self._sorts):
            value, state = cell(row, 2 * number).removeprefix("'"), cell(row, 2 * number + 1).lower()
            if not value or not state:
                continue
            if state not in STATES:
                return Reject(row.line, f"yes or no under {asked}")
            if len(value) > MAX_VALUE_CHARS:
                return Reject(row.line, f"a value under {name}")
            said.append(
                Statement(
                    line=row.line, field=of.field, value=value, word=of.word, granted=STATES[state],
                    at=UNDATED if STATES[state] else self._as_of,
                    note="shopify",
                )
            )  # fmt: skip
        return said or Silent(row.line, "no-answer")
