"""Record store: batches of rows that were imported, and which records came with each, so that one can be taken back."""

from __future__ import annotations

from lockhouse.model.rows.base import Row


class Import(Row, frozen=True):
    """A batch: one file, brought in through one channel by one mapping.

    `id` is a keyed hash of those three, so that the same file finds its batch again. `state` 0 under way or cut off,
    1 done, 2 being taken back, 3 taken back. Whoever takes a batch over moves `fence`; every record of it expects the
    fence it was begun under.
    """

    TABLE = "import_batch"
    STORE = "record"
    KEY = ("id",)
    AUTHORITY = True
    id: bytes
    channel: int
    state: int
    fence: int
    line: int
    """Rows up to this line of the file are durable."""
    stored: int
    trimmed: int
    duplicate: int
    refused: int
    rejected: int
    by: str
    began_at: int
    moved_at: int
    entry: bytes
    mac: bytes


class Imported(Row, frozen=True):
    """That a record came with a batch, under which message: what an undo takes back, and nothing else."""

    TABLE = "import_record"
    STORE = "record"
    KEY = ("batch", "record")
    batch: bytes
    record: bytes
    message: bytes
    mac: bytes
