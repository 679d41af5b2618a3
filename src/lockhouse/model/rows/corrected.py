"""Record store: corrections, by which what a person says of themselves stands before what came in."""

from __future__ import annotations

from lockhouse.model.rows.base import Row


class Correction(Row, frozen=True):
    """That a record holds what somebody of staff put right of one field. `state` 0 stands, 1 undone, 2 replaced.

    Of several that stand of one person and field the newest counts, and the others are what an undo goes back to. Once
    it is undone or replaced its record is gone; the row stays as long as its person does.
    """

    TABLE = "correction"
    STORE = "record"
    KEY = ("record",)
    INDEXES = (("person",),)
    AUTHORITY = True
    record: bytes
    person: bytes
    field: int
    at: int
    by: str
    state: int
    entry: bytes
    mac: bytes
