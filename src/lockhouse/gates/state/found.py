"""What is found of rows that give authority, and the reading of them with their MACs checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lockhouse.errors import Tampered
from lockhouse.gates.authority import Bound, checked, checked_bound
from lockhouse.ledger.verify.findings import Findings
from lockhouse.model.rows import Ceremony, FactorUse, Imported, Invite, Person, Row, Session

if TYPE_CHECKING:
    from lockhouse.gates.house import House

RowT = TypeVar("RowT", bound=Row)
BoundT = TypeVar("BoundT", bound=Bound)
BEFORE = " The house was brought back from a copy since: it may be that the copy did not have it."


class Found:
    """Collects what is found, and counts what was looked at.

    Attributes:
        findings: see `Findings`.
        rows: table -> how many rows of it were read.
        untold: rows that the house made and no entry tells of yet: whoever stored them is at it, or was cut off.
        edited: ids of the entries that rows name whose MAC does not fit: they are not missing besides.
    """

    def __init__(self) -> None:
        self.findings = Findings()
        self.rows: dict[str, int] = {}
        self.untold = 0
        self.edited: set[bytes] = set()

    def add(self, kind: str, where: str, sentence: str) -> None:
        """One more finding."""
        self.findings.add(kind, where, sentence)

    def missing(self, what: str, entry: bytes, *, is_before: bool) -> None:
        """A row of which the ledger says that it stands is not there."""
        sentence = f"The ledger says that this {what} stands, and its row is not there."
        self.add("missing-row", f"{what}, entry {entry.hex()}", sentence + (BEFORE if is_before else ""))


async def read_rows(house: House, table: type[RowT], found: Found) -> list[RowT]:
    """Every row of a table that names its entry and whose MAC fits; each other one is a finding."""
    kept: list[RowT] = []
    found.rows[table.TABLE] = 0
    async for rows in house.reads.scan(table):
        found.rows[table.TABLE] += len(rows)
        for row in rows:
            entry: bytes = row.entry  # type: ignore[attr-defined]  # every authority row has one (tests/architecture)
            try:
                kept += checked([row], house.integrity_key)
            except Tampered:
                found.edited.add(entry)
                where = f"{table.TABLE}, entry {_hex(entry)}"
                found.add("edited-row", where, "Its MAC does not fit: it was edited, or this house never made it.")
    return kept


async def check_bound(house: House, table: type[BoundT], found: Found) -> None:
    """Every row of a table without entries of its own has a MAC that fits, or is a finding."""
    found.rows[table.TABLE] = 0
    async for rows in house.reads.scan(table):
        found.rows[table.TABLE] += len(rows)
        _fitting(house, rows, found)


async def read_bound(house: House, table: type[BoundT], found: Found) -> list[BoundT]:
    """The rows of such a table whose MAC fits; each other one is a finding. For tables that are small."""
    kept: list[BoundT] = []
    found.rows[table.TABLE] = 0
    async for rows in house.reads.scan(table):
        found.rows[table.TABLE] += len(rows)
        kept += _fitting(house, rows, found)
    return kept


def _fitting(house: House, rows: list[BoundT], found: Found) -> list[BoundT]:
    try:
        return checked_bound(rows, house.row_macs)
    except Tampered:
        return [row for row in rows if _fits(house, row, found)]


def _fits(house: House, row: BoundT, found: Found) -> bool:
    try:
        checked_bound([row], house.row_macs)
    except Tampered:
        where = f"{row.TABLE} {_own(row)}"
        found.add("edited-row", where, "Its MAC does not fit: it was edited, or this house never made it.")
        return False
    return True


def _own(row: Bound) -> str:
    if isinstance(row, Imported):
        return _hex(row.record)
    if isinstance(row, Ceremony | Invite):  # its tag is of a secret that opens it
        return f"of staff {_hex(row.staff)}"
    return _hex(row.id if isinstance(row, FactorUse | Person | Session) else row.tag)


def _hex(value: object) -> str:
    """An id as it is printed; a store may hold anything where one should be."""
    return value.hex() if isinstance(value, bytes) else "of another form"
