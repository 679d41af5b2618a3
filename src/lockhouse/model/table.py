"""How the rows of a table become events: a mapping, read and checked, and what a row that cannot be read is told."""

from __future__ import annotations

from typing import Literal

import msgspec

Form = Literal["csv", "json-lines", "parquet"]
ISO, SECONDS, MILLIS = "iso", "seconds", "milliseconds"


class Column(msgspec.Struct, frozen=True):
    """A column of the file by its name (of JSON and Parquet: a dotted path), and where the mapping says so."""

    name: str
    where: str


class Time(msgspec.Struct, frozen=True, kw_only=True):
    """When a row happened.

    Attributes:
        form: `iso`, `seconds` or `milliseconds` since 1970, or a form of `strptime`.
        zone: IANA name of the zone of times that name no offset; None: such a time is none.
    """

    column: Column
    form: str = ISO
    zone: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A column that says yes or no to one of the banner's words; an empty cell says nothing."""

    word: str
    column: Column
    yes: tuple[str, ...]
    no: tuple[str, ...]


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """What each column of a file is.

    Attributes:
        event: name of every row's event, or the column that has it.
        time: None: rows happened when they are brought in.
        message_id: the column by which a row is known again; None: the file's hash and the row's line.
        fields: field of the policy -> its column.
        places: field -> where the channel looks for it in an event.
    """

    event: str | Column
    time: Time | None
    fields: dict[str, Column]
    places: dict[str, tuple[str, ...]]
    message_id: Column | None = None
    consent: tuple[Answer, ...] = ()
    form: Form | None = None
    delimiter: str = ","
    encoding: str = "utf-8"

    def columns(self) -> tuple[Column, ...]:
        """Every column that is read, each once."""
        own = [one for one in (self.event, self.message_id) if isinstance(one, Column)]
        own += [self.time.column] if self.time is not None else []
        found = [*own, *self.fields.values(), *(one.column for one in self.consent)]
        return tuple({one.name: one for one in found}.values())

    def fingerprint(self) -> bytes:
        """The same bytes for mappings that read a file alike, wherever their words stand in their files."""
        bare = {
            "event": self.event.name if isinstance(self.event, Column) else self.event,
            "from": isinstance(self.event, Column),
            "time": None if self.time is None else (self.time.column.name, self.time.form, self.time.zone),
            "id": None if self.message_id is None else self.message_id.name,
            "fields": {field: column.name for field, column in self.fields.items()},
            "form": (self.form, self.delimiter, self.encoding),
            "consent": [(one.word, one.column.name, one.yes, one.no) for one in self.consent],
        }
        return _ENCODE(bare)


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of a file.

    Attributes:
        line: where it begins, from 1; of a Parquet file the row's number.
        cells: its values in the order of `Mapping.columns`; None where there is none.
    """

    line: int
    cells: tuple[object, ...]


class Reject(msgspec.Struct, frozen=True, gc=False):
    """A row that cannot be read: where, until where, and what was expected there. Never what stood there."""

    line: int
    expected: str
    last: int = 0


_ENCODE = msgspec.msgpack.Encoder(order="deterministic").encode
