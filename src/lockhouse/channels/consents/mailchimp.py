"""Mailchimp's export of an audience: a file each of those subscribed, unsubscribed, cleaned and not subscribed.

No column says which: the file's name does (`subscribed_…`), or whoever brings it. A yes counts from when it was
confirmed (`CONFIRM_TIME`: of a double opt-in, the second step), a no from `UNSUB_TIME`. An address that was cleaned
bounced, which is nobody's word; who is not subscribed never said anything. Times are in UTC, without an offset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from lockhouse.channels.consents.reading import MAX_VALUE_CHARS, Sorts, cell, moment
from lockhouse.errors import Invalid
from lockhouse.model.consents import Silent, Statement
from lockhouse.model.table import Reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.table import Row

Members = Literal["subscribed", "unsubscribed", "cleaned", "nonsubscribed"]
MEMBERS: Final[tuple[Members, ...]] = ("subscribed", "unsubscribed", "cleaned", "nonsubscribed")
EMAIL, CONFIRMED, LEFT, CLEANED = "Email Address", "CONFIRM_TIME", "UNSUB_TIME", "CLEAN_TIME"


def members_of(name: str) -> Members | None:
    """Of whom a file of this name is, as Mailchimp calls its files; None if the name does not say."""
    return next((one for one in MEMBERS if name.startswith(f"{one}_")), None)


class Mailchimp:
    """See the module."""

    def __init__(self, heads: Sequence[str], sorts: Sorts, *, members: Members) -> None:
        """Learn the header.

        Raises:
            Invalid: it has not the columns of such a file, or those of another: a no must not be read as a yes.
        """
        self._members = members
        self._of = sorts.email
        time = {"subscribed": CONFIRMED, "unsubscribed": LEFT}.get(members)
        others = {LEFT, CLEANED} - {time} if members != "cleaned" else {LEFT}
        if self._of is None or EMAIL not in heads or (time is not None and time not in heads) or others & set(heads):
            expected = f"the columns of a file of {members} members: {EMAIL}" + (f" and {time}" if time else "")
            hint = f"--members says which it is: {', '.join(MEMBERS)}"
            raise Invalid("line 1", expected, got="others", hint=hint)
        self.columns: tuple[str, ...] = (EMAIL, time) if time else (EMAIL,)
        self._time = time

    def read(self, row: Row) -> Sequence[Statement] | Silent | Reject:
        """See `Reader`."""
        if self._time is None or self._of is None:
            return Silent(row.line, "cleaned" if self._members == "cleaned" else "never-subscribed")
        value, at = cell(row, 0), moment(cell(row, 1), bare_is_utc=True)
        if not 0 < len(value) <= MAX_VALUE_CHARS:
            return Reject(row.line, f"a value under {EMAIL}")
        if at is None:
            return Reject(row.line, f"a time since 1970 under {self._time}")
        granted = self._members == "subscribed"
        return [
            Statement(
                line=row.line, field=self._of.field, value=value, word=self._of.word, granted=granted, at=at,
                note="mailchimp",
            )
        ]  # fmt: skip
