"""The file that `consent export` writes, and what is said of it.

CSV as `consent import` reads it. A cell that a spreadsheet would take for a formula has a quote before it (OWASP, CSV
injection): what somebody entered as their address is not to run on the machine of who opens the file. A number with its
country code begins with a plus as well, is digits behind it, and stays as it is.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from lockhouse.channels.consents.reading import NOTE
from lockhouse.faces.cli.layout import count, pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.flows.spoken import Spoken, Told

_FORMULA: Final = re.compile(r"\s*[=+\-@\t\r|]")
_NUMBER: Final = re.compile(r"\+[0-9]{1,15}")


class Written:
    """Lines of the file, and what was counted of them.

    Attributes:
        words: lines. `whole`: those with an identifier in full, `masked`: with masked ones only; `guarded`: cells.
    """

    def __init__(self, identifying: Sequence[str]) -> None:
        """Learn the columns: fields of the policy that identify somebody."""
        self._fields = identifying
        self.words = self.whole = self.masked = self.guarded = 0

    def head(self) -> bytes:
        """The first line."""
        masked = [f"{name} (masked)" for name in self._fields]
        return _line(["person", *self._fields, "purpose", "state", "time", "source", "channel", "notice", *masked])

    def line(self, word: Spoken) -> bytes:
        """A word."""
        self.words += 1
        self.whole += bool(word.identifiers)
        self.masked += bool(word.masked) and not word.identifiers
        at = datetime.fromtimestamp(word.at / 1000, UTC).isoformat(timespec="milliseconds")
        source = word.source if NOTE.fullmatch(word.source) else ""
        cells = [
            word.person.hex(), *(word.identifiers.get(name, "") for name in self._fields), word.purpose,
            "granted" if word.granted else "denied", at, source, word.channel, word.notice or "",
            *(word.masked.get(name, "") for name in self._fields),
        ]  # fmt: skip
        return _line([self._guarded(one) for one in cells])

    def _guarded(self, cell: str) -> str:
        if not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
            return cell
        self.guarded += 1
        return f"'{cell}"


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def text(told: Told, written: Written) -> str:
    """What a person reads of it."""
    seen = pairs({"persons": f"{told.persons:,}", "words": f"{written.words:,}",
                  "with an identifier": f"{written.whole:,}", "masked": f"{written.masked:,}"})  # fmt: skip
    notes = [
        f"{count(told.by_hash, 'person')} known by a keyed hash only: their words have an id and no identifier."
        if told.by_hash else "",
        f"{count(told.unseen, 'person')} left out: your role may see nothing of them now." if told.unseen else "",
        f"{count(written.guarded, 'cell')} of what a spreadsheet would run got a quote before them."
        if written.guarded else "",
    ]  # fmt: skip
    return "\n".join([seen, *filter(None, notes)])
