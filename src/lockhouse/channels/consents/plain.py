"""Our own CSV: `email` or `phone` (any field that identifies), or `kind` and `value`; `purpose`, `state`, `time`.

`source` may say in one word where it was said. Any system can be made to write it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.channels.consents.reading import MAX_VALUE_CHARS, NOTE, TIME_EXPECTED, cell, moment
from lockhouse.errors import Invalid
from lockhouse.model.consents import Statement
from lockhouse.model.table import Reject

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.model.table import Row

STATES = {"granted": True, "denied": False}
KIND, VALUE, PURPOSE, STATE, TIME, SOURCE = "kind", "value", "purpose", "state", "time", "source"


class Plain:
    """See the module."""

    def __init__(self, heads: Sequence[str], *, identifying: Collection[str]) -> None:
        """Learn the header.

        Args:
            heads: names of the file's columns.
            identifying: fields of the policy that identify somebody.

        Raises:
            Invalid: a column that is needed is not there, or none says of whom a row is.
        """
        self._fields = [name for name in identifying if name in heads]
        by_kind = [KIND, VALUE] if KIND in heads and VALUE in heads else []
        lacking = [name for name in (PURPOSE, STATE, TIME) if name not in heads]
        if lacking or not (self._fields or by_kind):
            expected = "columns purpose, state and time, and of whom: kind and value, or " + ", ".join(identifying)
            raise Invalid("line 1", expected, got="others", hint="docs/operations/consents.md shows such a file")
        source = [SOURCE] if SOURCE in heads else []
        self.columns: tuple[str, ...] = (PURPOSE, STATE, TIME, *source, *self._fields, *by_kind)
        self._at = {name: place for place, name in enumerate(self.columns)}
        self._identifying = frozenset(identifying)

    def read(self, row: Row) -> list[Statement] | Reject:
        """The words of a row: one of each identifier that it has."""
        of = self._of_whom(row)
        word, state, source = (cell(row, self._at.get(name)) for name in (PURPOSE, STATE, SOURCE))
        at = moment(cell(row, self._at[TIME]))
        if not of or not all(0 < len(value) <= MAX_VALUE_CHARS for _, value in of):
            return Reject(row.line, "an identifier: a field of the policy that identifies, and its value")
        if state not in STATES or not word:
            return Reject(row.line, "a purpose, and granted or denied")
        if at is None:
            return Reject(row.line, TIME_EXPECTED)
        if source and not NOTE.fullmatch(source):
            return Reject(row.line, "a source of one word, such as checkout or double-opt-in, or none")
        note = source or None
        return [
            Statement(line=row.line, field=field, value=value, word=word, granted=STATES[state], at=at, note=note)
            for field, value in of
        ]

    def _of_whom(self, row: Row) -> list[tuple[str, str]]:
        """The row's identifiers as (field, value); none where its kind is no field that identifies."""
        found = [(name, value) for name in self._fields if (value := cell(row, self._at[name]))]
        if KIND in self._at and (kind := cell(row, self._at[KIND])):
            found.append((kind if kind in self._identifying else "", cell(row, self._at[VALUE])))
        return found if all(field for field, _ in found) else []
