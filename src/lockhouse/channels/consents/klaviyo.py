"""Klaviyo's export of a list or segment: e-mail and SMS apart, each with its state and, as far as it says, its time.

States: `SUBSCRIBED`, `UNSUBSCRIBED`, `NEVER_SUBSCRIBED`, in whatever case and spacing. The last says nothing. A profile
with an entry under `Email Suppressions` (bounced, marked as spam, suppressed by hand) is not written to there: what its
person said stands beside it, and a yes of theirs is not taken over. A yes without its time counts for less than any no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.channels.consents.reading import (
    MAX_VALUE_CHARS,
    UNDATED,
    Sorts,
    cell,
    moment,
)
from lockhouse.errors import Invalid
from lockhouse.model.consents import Silent, Statement
from lockhouse.model.table import Reject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.table import Row

STATES = {"SUBSCRIBED": True, "UNSUBSCRIBED": False, "NEVER_SUBSCRIBED": None}
SUPPRESSED = "Email Suppressions"


class _Sort(NamedTuple):
    value: str
    state: str
    time: str


_EMAIL = _Sort("Email", "Email Marketing Consent", "Email Marketing Consent Timestamp")
_SMS = _Sort("Phone Number", "SMS Marketing Consent", "SMS Marketing Consent Timestamp")


class Klaviyo:
    """See the module."""

    def __init__(self, heads: Sequence[str], sorts: Sorts) -> None:
        """Learn the header.

        Raises:
            Invalid: the file says nothing of consent to e-mail or SMS, or not of whom.
        """
        wanted = [(_EMAIL, sorts.email), (_SMS, sorts.sms)]
        self._sorts = [(one, of) for one, of in wanted if of and one.value in heads and one.state in heads]
        if not self._sorts:
            expected = "columns Email and Email Marketing Consent, or Phone Number and SMS Marketing Consent"
            raise Invalid("line 1", expected, got="others", hint="export a list or segment with all its columns")
        names = [name for one, _ in self._sorts for name in one if name in heads]
        self.columns = (*names, *([SUPPRESSED] if SUPPRESSED in heads else []))
        self._at = {name: place for place, name in enumerate(self.columns)}
        self._as_of = sorts.as_of

    def read(self, row: Row) -> Sequence[Statement] | Silent | Reject:
        """See `Reader`."""
        said: list[Statement] = []
        why = "never-subscribed"
        for one, of in self._sorts:
            state = cell(row, self._at[one.state]).upper().replace(" ", "_")
            value = cell(row, self._at[one.value])
            if not state and not value:
                continue
            if state not in {*STATES, ""}:
                return Reject(row.line, f"SUBSCRIBED, UNSUBSCRIBED or NEVER_SUBSCRIBED under {one.state}")
            granted = STATES.get(state)
            if granted is None:
                continue
            if granted and one is _EMAIL and cell(row, self._at.get(SUPPRESSED)) not in {"", "[]"}:
                why = "suppressed-there"
                continue
            stamp = cell(row, self._at.get(one.time))
            at = moment(stamp, bare_is_utc=True) if stamp else UNDATED if granted else self._as_of
            if at is None:
                return Reject(row.line, f"a time since 1970 under {one.time}, or of a no --as-of")
            if not 0 < len(value) <= MAX_VALUE_CHARS:
                return Reject(row.line, f"a value under {one.value}")
            said.append(
                Statement(
                    line=row.line, field=of.field, value=value, word=of.word, granted=granted, at=at, note="klaviyo"
                )
            )
        return said or Silent(row.line, why)
