"""Accounts and roles held against the ledger, before somebody is believed because there seems to be nobody else.

Whoever writes the database cannot make a member, but can take one away, or put one back as they once were: then one
person would be enough where two are to agree, a line of invitations would break, or the machine's user would approve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Tampered
from lockhouse.gates.tail import require_whole
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import Role as RoleEntry
from lockhouse.ledger.entry import Staff as StaffEntry
from lockhouse.ledger.entry import parse_entry
from lockhouse.model.rows import LedgerEntry

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.gates.staff.members import People

_KINDS = frozenset({StaffEntry.KIND, RoleEntry.KIND})


async def require_everybody(house: House, found: People) -> None:
    """Each account and role that the ledger tells of stands, as it was told of last. Every entry is read.

    A row whose entry is not told yet is newer than all of them: it is told of behind the row.

    Raises:
        Tampered: one does not, or an entry was changed or taken away.
    """
    await require_whole(house)
    told: dict[tuple[str, str], dict[bytes, int]] = {}
    async for entries in house.reads.scan(LedgerEntry, chunk=5_000):
        for one in entries:
            if said_by(one).kind not in _KINDS:
                continue
            entry = parse_entry(one.body)
            if isinstance(entry.body, StaffEntry | RoleEntry):
                role = entry.body.role if isinstance(entry.body, RoleEntry) else ""
                told.setdefault((entry.body.staff, role), {})[entry.id] = entry.at
    stands = {(row.id.hex(), ""): row.entry for row in found.rows.values()}
    stands |= {(row.staff.hex(), row.role): row.entry for rows in found.roles.values() for row in rows}
    for place, steps in told.items():
        last = max(steps.values())
        if place not in stands or steps.get(stands[place], last) < last:
            raise Tampered(
                "staff: expected everybody whom the ledger tells of, as they were left last",
                hint="lockhouse ledger verify --state names who is not",
            )
