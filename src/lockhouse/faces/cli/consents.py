"""A file of consents: how it is read, by the columns of who wrote it, and what is said of what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from cyclopts import Parameter

from lockhouse.channels.consents import (
    MEMBERS,
    Klaviyo,
    Mailchimp,
    Members,
    Of,
    Plain,
    Shopify,
    Sorts,
    members_of,
    moment,
)
from lockhouse.channels.table import csv_head, csv_rows
from lockhouse.errors import Invalid
from lockhouse.faces.cli.layout import pairs, table
from lockhouse.gates.heard import CLOSED, ERASED, PUBLIC, SAME, STORED, TIED
from lockhouse.model.consents import Form

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
    TIED: "it is a yes, and a no of that moment or since stands",
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


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What an export of another system is to be read as."""

    form: Annotated[Form, Parameter(name="--from")] = "csv"
    """who wrote the file"""
    email: str | None = None
    """of an export: purpose of its e-mails, or a word of `consent.names`"""
    sms: str | None = None
    """of an export: the same of its SMS; what is not named is not read"""
    as_of: str | None = None
    """of an export: when it was made, such as 2026-11-01T08:00:00Z; a no without a time counts from then"""
    members: Members | None = None
    """of Mailchimp: of whom the file is; else its name says so"""

    def named(self) -> str:
        """How the file is read, as its batch is known by."""
        return "/".join([self.form, self.email or "", self.sms or "", self.as_of or "", self.members or ""])


def consent_table(file: TableFile, path: Path, policy: Policy, export: Export) -> ConsentTable:
    """The open file, read by its header.

    Raises:
        Invalid: it is no CSV, has not the columns of its form, or the policy has no field that identifies.
    """
    if file.is_parquet:
        raise Invalid("file", "CSV", got="a Parquet file", hint="save it as CSV")
    delimiter = "\t" if path.suffix == ".tsv" else ","
    heads = csv_head(file.text("utf-8"), delimiter=delimiter)
    identifying = [name for name, one in policy.fields.items() if one.identifies is not None]
    reader = Plain(heads, identifying=identifying) if export.form == "csv" else _reader(path, heads, policy, export)
    return ConsentTable(file, reader, delimiter, heads)


def _reader(path: Path, heads: Sequence[str], policy: Policy, export: Export) -> Reader:
    as_of = None if export.as_of is None else moment(export.as_of)
    if export.as_of is not None and as_of is None:
        raise Invalid("--as-of", "a time in ISO 8601 with its offset", got="another form")
    if export.email is None and export.sms is None:
        raise Invalid("--email", "the purpose of its e-mails, or --sms that of its SMS", got="neither")
    sorts = Sorts(_of(policy, "email", export.email), _of(policy, "phone", export.sms), as_of)
    if export.form == "klaviyo":
        return Klaviyo(heads, sorts)
    if export.form == "shopify":
        return Shopify(heads, sorts)
    members = export.members or members_of(path.name)
    if members is None:
        expected = f"of whom the file is: {', '.join(MEMBERS)}"
        raise Invalid("--members", expected, got="a file whose name does not say")
    return Mailchimp(heads, sorts, members=members)


def _of(policy: Policy, kind: str, word: str | None) -> Of | None:
    """The field that addresses of this kind stand in, and the word for what is sent there."""
    if word is None:
        return None
    refusable = [one.name for one in policy.purposes if one.refusable]
    if policy.consent_names.get(word, word) not in refusable:
        sort = "--email" if kind == "email" else "--sms"
        raise Invalid(sort, f"a purpose that can be refused, or a word for one: {', '.join(refusable)}", got="another")
    named = (name for name, one in policy.fields.items() if one.identifies is not None and one.type == kind)
    field = next(named, None)
    if field is None:
        raise Invalid("policy", f"a field of type {kind} that identifies", got="none")
    return Of(field, word)


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
