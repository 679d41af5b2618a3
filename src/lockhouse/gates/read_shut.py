"""A house that is shut for reading: brought back without its journal, or with endings that somebody edited.

It may hold keys that were destroyed.

It goes on collecting. Nothing of it is shown or sent on until somebody accepts, noted, that what had ended may be
readable again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Unavailable
from lockhouse.gates.authority import checked, signed
from lockhouse.model.change import Put
from lockhouse.model.rows import ReadShut

if TYPE_CHECKING:
    from lockhouse.gates.house import House

NO_JOURNAL = "no-journal"


async def read_shut(house: House) -> list[ReadShut]:
    """Why the house is shut for reading; empty if it is not.

    Raises:
        Tampered: a row was not made by this house.
    """
    rows = (await house.reads.get(ReadShut, [(NO_JOURNAL,)])).values()
    return checked(rows, house.integrity_key)


def shut_reading(house: House, *, by: str, entry: bytes) -> Put:
    """What shuts it, to be committed with the ledger entry that says so."""
    row = ReadShut(NO_JOURNAL, house.clock.now_ms(), by, entry, b"")
    return Put(ReadShut.TABLE, signed(row, house.integrity_key))


def require_readable(house: House) -> None:
    """Return only if something may be shown or sent on.

    Raises:
        Unavailable: the house was brought back without its journal, or with endings that somebody edited.
    """
    if house.read_shut:
        raise Unavailable(
            "house: expected one that was brought back with its journal and with sound endings, got one without",
            hint="bring it back again with the journal, from a backup in which no ending was changed; or, if there is "
            "none, lockhouse accept restore",
        )
