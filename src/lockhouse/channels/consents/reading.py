"""What all forms of such a file have in common: a reader of rows, times, and words that are kept as notes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.model.consents import Silent, Statement
    from lockhouse.model.table import Reject, Row

MAX_STAMP_CHARS: Final = 60
MAX_VALUE_CHARS: Final = 320
"""An address has at most 254 characters (RFC 5321, errata 1690); a longer cell is none."""
NOTE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}")
TIME_EXPECTED: Final = "a time since 1970 in ISO 8601, with its offset"
UNDATED: Final = 0
"""From when a yes counts of which nobody says when it was given: before every no, whenever that was said."""


class Of(NamedTuple):
    """What a sort of message is here: the field that its address stands in, and the word for its purpose."""

    field: str
    word: str


class Sorts(NamedTuple):
    """What an export of messages is read as; None: what it says of that sort is not read.

    Attributes:
        as_of: ms; from when a no counts that has no time of its own.
    """

    email: Of | None
    sms: Of | None
    as_of: int | None = None


class Reader(Protocol):
    """How the rows of one file are read.

    Attributes:
        columns: of the file, those that are read, in the order of a row's cells.
    """

    @property
    def columns(self) -> Sequence[str]:
        """See the class."""
        ...

    def read(self, row: Row) -> Sequence[Statement] | Silent | Reject:
        """What the row says: at least one word, nothing, or what was expected."""
        ...


def cell(row: Row, place: int | None) -> str:
    """The text of a cell without the blanks around it; empty where the file has no such column."""
    value = None if place is None else row.cells[place]
    return value.strip() if isinstance(value, str) else ""


def moment(stamp: str, *, bare_is_utc: bool = False) -> int | None:
    """A time in ms; None if it cannot be read, is before 1970, or names no offset where one is needed."""
    if not 0 < len(stamp) <= MAX_STAMP_CHARS:
        return None
    try:
        at = datetime.fromisoformat(stamp)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC) if bare_is_utc else at
        ms = round(at.timestamp() * 1000) if at.tzinfo is not None else -1
    except (ValueError, OverflowError):
        return None
    return ms if ms >= 0 else None
