"""CSV as RFC 4180 has it: quotes doubled, line breaks in quotes, one header line, as many cells in every row.

A cell is text, whatever it begins with: nothing here is evaluated.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from lockhouse.channels.table.lines import MAX_READ_CHARS, Lines
from lockhouse.errors import Invalid
from lockhouse.model.table import Reject, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

QUOTES = "quotes as RFC 4180 has them: closed, and doubled inside"


class _Csv:
    """Rows of cells, or what is wrong with one."""

    def __init__(self, readline: Callable[[int], str], delimiter: str) -> None:
        # A field is bounded by its row, in `Lines`; the module's own bound would lose the place in the file.
        csv.field_size_limit(MAX_READ_CHARS + 1)
        self.lines = Lines(readline)
        self._reader = csv.reader(self.lines, delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[list[str] | str]:
        return self

    def __next__(self) -> list[str] | str:
        self.lines.begin()
        try:
            cells = next(self._reader)
        except csv.Error:
            return QUOTES
        return self.lines.fault() or cells


def csv_head(readline: Callable[[int], str], *, delimiter: str) -> list[str]:
    """The names of the columns.

    Raises:
        Invalid: there is no header line, it cannot be read, or a name stands twice.
    """
    names = next(_Csv(readline, delimiter), [])
    if isinstance(names, str) or not names:
        expected = names if isinstance(names, str) else "a line with the names of the columns"
        raise Invalid("line 1", expected, got="another")
    names = [one.strip() for one in names]
    places: dict[str, int] = {}
    for at, name in enumerate(names, start=1):
        if name and name in places:
            raise Invalid("line 1", "each column once", got=f"columns {places[name]} and {at} of one name")
        places[name] = at
    return names


def csv_rows(
    readline: Callable[[int], str], *, delimiter: str, wanted: Sequence[int], width: int
) -> Iterator[Row | Reject]:
    """Every row behind the header; an empty line is none.

    Args:
        readline: of the whole file as text.
        wanted: which cells are handed on, in this order, counted from 0.
        width: how many columns the header has.
    """
    rows = _Csv(readline, delimiter)
    next(rows, None)
    lines = rows.lines
    for cells in rows:
        if isinstance(cells, str):
            yield Reject(lines.first, cells, lines.line)
        elif len(cells) != width:
            if cells:
                yield Reject(lines.first, f"{width} columns as in the header", lines.line)
        else:
            yield Row(lines.first, tuple([cells[at] or None for at in wanted]))
