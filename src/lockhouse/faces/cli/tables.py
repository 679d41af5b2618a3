"""What is imported, a file or a query: of which form it is, which of its columns are read, and its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lockhouse.channels.table import csv_head, csv_rows, json_heads, json_rows, tree_rows
from lockhouse.errors import Conflict, Invalid
from lockhouse.faces.cli.files import named
from lockhouse.policy.mapping import parse_mapping, plain_mapping
from lockhouse.policy.shown import shown
from lockhouse.wiring import Parquet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from lockhouse.model.policy import Channel, Policy
    from lockhouse.model.table import Form, Mapping, Reject, Row
    from lockhouse.wiring import TableFile

MAX_MAPPING = 1 << 20
_SUFFIXES: dict[str, Form] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "json-lines", ".ndjson": "json-lines",
    ".parquet": "parquet",
}  # fmt: skip


class Table(NamedTuple):
    """An open file and how it is read.

    Attributes:
        heads: of CSV and Parquet, the names of its columns.
        unread: of those, columns that the mapping does not name, counted from 1: a name may be somebody's.
    """

    file: TableFile
    form: Form
    mapping: Mapping
    heads: Sequence[str] = ()
    unread: tuple[int, ...] = ()

    def rows(self) -> Iterator[Row | Reject]:
        """Every row, from the beginning."""
        wanted = [column.name for column in self.mapping.columns()]
        if self.form == "parquet":
            return tree_rows(
                Parquet(self.file).trees(sorted({_top(name, self.heads) for name in wanted})), wanted=wanted
            )
        readline = self.file.text(self.mapping.encoding)
        if self.form == "json-lines":
            return json_rows(readline, wanted=wanted)
        places = [self.heads.index(name) for name in wanted]
        return csv_rows(readline, delimiter=self.mapping.delimiter, wanted=places, width=len(self.heads))

    def require_same(self, *, whole: bool = False) -> None:
        """See `TableFile`."""
        self.file.require_same(whole=whole)


class Query(Protocol):
    """An open query: `lockhouse.sources.queried`."""

    @property
    def heads(self) -> Sequence[str]:
        """The names of its columns."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether all of it was handed on."""
        ...

    def groups(self, columns: Sequence[str]) -> AsyncIterator[list[dict[str, Any] | None]]:
        """Its rows' values of these columns, some rows at a time."""
        ...


class Answer(NamedTuple):
    """An open query and how it is read; `unread` as of a `Table`."""

    query: Query
    mapping: Mapping
    unread: tuple[int, ...]

    async def rows(self) -> AsyncIterator[list[Row | Reject]]:
        """Every row, by its number."""
        wanted, first = [column.name for column in self.mapping.columns()], 1
        columns = sorted({_top(name, self.query.heads) for name in wanted})
        async for trees in self.query.groups(columns):
            yield list(tree_rows(trees, wanted=wanted, first=first))
            first += len(trees)

    def require_same(self, *, whole: bool = False) -> None:
        """Every group was held against the first reading before it was handed on; with `whole`, all of them came.

        Raises:
            Conflict: fewer came.
        """
        if whole and not self.query.is_whole:
            raise Conflict("--query: expected as many rows twice, got fewer")


def answer_of(query: Query, *, mapped: Path | None, policy: Policy, channel: Channel) -> Answer:
    """The query with its mapping.

    Raises:
        Invalid: as `table_of`; or the mapping is a file's, or has no column by which a row is known again.
    """
    if mapped is None:
        mapping = plain_mapping(query.heads, policy=policy, channel=channel)
    else:
        mapping = parse_mapping(mapped.name, _text(mapped), policy=policy, channel=channel)
    if mapping.form is not None:
        raise Invalid("mapping: format", "no form, for a query", got="one of files", hint="take `format:` out")
    if mapping.message_id is None:
        raise Invalid(
            "mapping: message_id", "the column by which a row is known again", got="none",
            hint="rows of a query have no line: without one, a row that was brought would come in again beside others",
        )  # fmt: skip
    _require_columns(mapping, query.heads, is_nested=True)
    wanted = {_top(column.name, query.heads) for column in mapping.columns()}
    return Answer(query, mapping, tuple(at for at, name in enumerate(query.heads, start=1) if name not in wanted))


def table_of(file: TableFile, path: Path, *, mapped: Path | None, policy: Policy, channel: Channel) -> Table:
    """The file with its mapping: the one that was named, or by the policy's own names.

    Raises:
        Invalid: the mapping is wrong, of another file, or there is none and the columns are called otherwise.
    """
    if mapped is None:
        form = _form(None, path)
        heads = _heads(file, form, delimiter="\t" if path.suffix == ".tsv" else ",", encoding="utf-8")
        mapping = plain_mapping(heads, policy=policy, channel=channel)
    else:
        mapping = parse_mapping(mapped.name, _text(mapped), policy=policy, channel=channel)
        form = _form(mapping.form, path)
        heads = _heads(file, form, delimiter=mapping.delimiter, encoding=mapping.encoding)
    if form == "json-lines":
        return Table(file, form, mapping)
    is_nested = form == "parquet"
    _require_columns(mapping, heads, is_nested=is_nested)
    wanted = {_top(column.name, heads) if is_nested else column.name for column in mapping.columns()}
    unread = tuple(at for at, name in enumerate(heads, start=1) if name not in wanted)
    return Table(file, form, mapping, heads, unread)


def _top(name: str, heads: Sequence[str]) -> str:
    """The column of the file that a dotted path begins in."""
    return name if name in heads else name.partition(".")[0]


def _heads(file: TableFile, form: Form, *, delimiter: str, encoding: str) -> Sequence[str]:
    if form == "parquet":
        return Parquet(file).heads
    readline = file.text(encoding)
    return csv_head(readline, delimiter=delimiter) if form == "csv" else json_heads(readline)


def _form(said: Form | None, path: Path) -> Form:
    form = said or _SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise Invalid(
            "file", "a name that ends in .csv, .tsv, .jsonl, .ndjson or .parquet", got="another",
            hint="or say `format: csv` in the mapping",
        )  # fmt: skip
    return form


def _require_columns(mapping: Mapping, heads: Sequence[str], *, is_nested: bool) -> None:
    """Every column that the mapping names is there.

    Raises:
        Invalid: with every one that is not.
    """
    known = [(one, _top(one.name, heads) if is_nested else one.name) for one in mapping.columns()]
    lacking = [column for column, name in known if name not in heads]
    texts = tuple(f"{one.where}: expected a column of the file, got {shown(one.name)}" for one in lacking)
    if texts:
        hint = "columns are called as in the file's first line; `delimiter` says what stands between them"
        raise Invalid(lacking[0].where, "a column of the file", got=shown(lacking[0].name), hint=hint, problems=texts)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_MAPPING + 1)
    except (FileNotFoundError, IsADirectoryError) as err:
        raise Invalid("--map", f"a file at {named(file)}", got="none") from err
    if len(raw) > MAX_MAPPING:
        raise Invalid("--map", f"at most {MAX_MAPPING:,} bytes", got="more")
    try:
        return raw.decode()
    except UnicodeDecodeError as err:
        raise Invalid("--map", "a file in UTF-8", got="something else") from err
