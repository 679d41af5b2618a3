"""A file of consents: how it is read, by the columns of who wrote it, and what is said of what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lockhouse.channels.consents import Plain
from lockhouse.channels.table import csv_head, csv_rows
from lockhouse.errors import Invalid
from lockhouse.faces.cli.layout import pairs, table
from lockhouse.gates.heard import CLOSED, ERASED, PUBLIC, SAME, STORED, TIED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lockhouse.channels.consents import Reader
    from lockhouse.flows.hear import Heard
    from lockhouse.model.policy import Policy
    from lockhouse.model.table import Reject, Row
    from lockhouse.wiring import TableFile

SHOWN = 20
WHY = {
    CLOSED: "a suppression of the identifier, or of who has it, closes the purpose",
    ERASED: "whoever had the identifier was erased after it was said",
    PUBLIC: "it is a yes, and anybody can read the channel's key",
    SAME: "it stood already",
    TIED: "it is a yes, and a no of the same moment stands",
}


class ConsentTable(NamedTuple):
    """An open file of consents and how it is read: a `Source` of the flow."""

    file: TableFile
    reader: Reader
    delimiter: str
    heads: Sequence[str]

    def rows(self) -> Iterator[Row | Reject]:
        """Every row, from the beginning."""
        wanted = [self.heads.index(name) for name in self.reader.columns]
        return csv_rows(self.file.text("utf-8"), delimiter=self.delimiter, wanted=wanted, width=len(self.heads))

    def require_same(self, *, whole: bool = False) -> None:
        """See `TableFile`."""
        self.file.require_same(whole=whole)


def consent_table(file: TableFile, path: Path, policy: Policy) -> ConsentTable:
    """The open file, read by its header.

    Raises:
        Invalid: it is no CSV, has not the columns of its form, or the policy has no field that identifies.
    """
    if file.is_parquet:
        raise Invalid("file", "CSV", got="a Parquet file", hint="save it as CSV")
    delimiter = "\t" if path.suffix == ".tsv" else ","
    heads = csv_head(file.text("utf-8"), delimiter=delimiter)
    identifying = [name for name, one in policy.fields.items() if one.identifies is not None]
    return ConsentTable(file, Plain(heads, identifying=identifying), delimiter, heads)


def heard_value(heard: Heard) -> dict[str, Any]:
    """What became of a file, for a script."""
    refused = {name: number for name, number in sorted(heard.words.items()) if name not in {STORED, SAME}}
    return {
        "rows": heard.rows, "stored": heard.words[STORED], "same": heard.words[SAME],
        "refused": sum(refused.values()), "refused_for": refused, "rejected": heard.rejected,
        "silent": dict(sorted(heard.silent.items())),
        "words": [
            {"purpose": purpose, "word": _word(granted), "count": number}
            for (purpose, granted), number in sorted(heard.said.items())
        ],
        "rejects": [
            {"line": one.line, "last": max(one.line, one.last), "expected": one.expected} for one in heard.rejects
        ],
    }  # fmt: skip


def heard_text(heard: Heard) -> list[str]:
    """The same for a person: counts, words by purpose, why others do not stand, and lines that could not be read."""
    value = heard_value(heard)
    names = ("rows", "stored", "same", "refused", "rejected")
    parts = [pairs({name: f"{value[name]:,}" for name in names})]
    if heard.said:
        rows = [(one["purpose"], one["word"], f"{one['count']:,}") for one in value["words"]]
        parts.append(table(("purpose", "word", "words"), rows))
    left = [(name, f"{number:,}", WHY[name]) for name, number in sorted(heard.words.items()) if name in WHY]
    if left:
        parts.append("Not stored\n" + table(("reason", "words", "why"), left))
    if heard.silent:
        parts.append("Say nothing of consent\n" + pairs({why: f"{n:,}" for why, n in sorted(heard.silent.items())}))
    if heard.rejected:
        lines = [(one.line, one.expected) for one in heard.rejects[:SHOWN]]
        more = f"\n… and {heard.rejected - SHOWN:,} more; --rejects FILE writes them out"
        parts.append("Could not be read\n" + table(("line", "expected"), lines) + more * (heard.rejected > SHOWN))
    return parts


def _word(granted: bool) -> str:  # noqa: FBT001  (what the counter holds)
    return "granted" if granted else "denied"
