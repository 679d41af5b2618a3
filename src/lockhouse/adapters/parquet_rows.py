"""Rows of a Parquet file as plain trees, a few hundred at a time. The library comes with the extra `parquet`.

A value is what JSON could say of it: times and dates in ISO 8601, decimals as text. Bytes are none.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lockhouse.adapters.plain import plain_tree
from lockhouse.adapters.room import room_of
from lockhouse.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lockhouse.adapters.table_file import TableFile

BATCH = 500
MAX_GROUP_BYTES = 1 << 30
"""Largest row group, unpacked, that is read: a small file says of itself what it becomes."""
MAX_ROOM = 2 << 30
"""Memory that reading may take beyond what the process has. What a file says of its own size need not be true, and a
value that stands once in its dictionary may fill every row: 512 bytes become gigabytes."""


class Parquet:
    """A Parquet file that is open."""

    def __init__(self, file: TableFile) -> None:
        """Read what it says of itself.

        Raises:
            Unavailable: the library is not installed.
            Invalid: it is no Parquet file, too large a one, or one with two columns of one name.
        """
        try:
            import pyarrow as pa  # noqa: PLC0415  # an extra: only who imports Parquet needs it
            from pyarrow import parquet  # noqa: PLC0415
        except ImportError as err:
            raise Unavailable(
                "import: expected the package pyarrow, got none", hint='pip install "lockhouse[parquet]"'
            ) from err
        self._wrong: tuple[type[Exception], ...] = (pa.ArrowException, OSError, ValueError, OverflowError)
        try:
            with _bounded():
                self._file = parquet.ParquetFile(file.handle())
            self.heads: tuple[str, ...] = tuple(self._file.schema_arrow.names)
        except self._wrong as err:
            raise self._not_parquet() from err
        if len(set(self.heads)) < len(self.heads):
            raise Invalid("file", "each column once", got="two of one name")
        groups = (self._file.metadata.row_group(at) for at in range(self._file.metadata.num_row_groups))
        if any(group.total_byte_size > MAX_GROUP_BYTES for group in groups):
            raise Invalid("file", "row groups of at most 1 GiB, unpacked", got="a larger one")

    def trees(self, columns: Sequence[str]) -> Iterator[dict[str, Any] | None]:
        """Each row's values of these top-level columns; None for a row with a value that JSON could not say.

        Raises:
            Invalid: it is damaged, or becomes too large.
        """
        try:
            batches = self._file.iter_batches(batch_size=BATCH, columns=list(columns), use_threads=False)
            while rows := _read(batches):
                for row in rows:
                    yield plain_tree(row)
        except self._wrong as err:
            raise self._not_parquet() from err

    @staticmethod
    def _not_parquet() -> Invalid:
        return Invalid("file", "a whole Parquet file", got="something else")


@contextmanager
def _bounded() -> Iterator[None]:
    """What becomes too large is damaged.

    Raises:
        Invalid: it does.
    """
    try:
        with room_of(MAX_ROOM):
            yield
    except MemoryError as err:  # ArrowMemoryError is one
        raise Invalid("file", "rows that fit into memory, a few hundred at a time", got="larger ones") from err


def _read(batches: Iterator[Any]) -> list[dict[str, Any]]:
    """The rows of the next batch that has any; none at the end."""
    with _bounded():
        for batch in batches:
            if batch.num_rows:
                rows: list[dict[str, Any]] = batch.to_pylist()
                return rows
    return []
