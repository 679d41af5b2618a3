"""The notes of whom a disclosure showed, which lie beside its entry, held against what the entry commits to.

They go with their persons, so some may be missing, and then the root over the refs cannot be had again. What is there
must be of a disclosure, no more than it counts, what it commits to if all are there, and say of the look what it says.
The ticket and the masked fields stand in the note alone, and no hash of them anywhere: they are believed as stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import Invalid, Tampered
from lockhouse.gates.disclose.noting import kept_in, ticket_of
from lockhouse.ledger.entry import Disclosure, parse_entry
from lockhouse.ledger.entry.reading import refs_root
from lockhouse.ledger.verify import Finding
from lockhouse.model.rows import LedgerEntry, Note

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from lockhouse.gates.disclose.noting import Kept
    from lockhouse.gates.house import House


async def changed_notes(house: House) -> AsyncIterator[Finding]:
    """A finding for each entry beside which other notes lie than it was written with."""
    beside: list[Note] = []
    async for rows in house.reads.scan(Note):
        for row in rows:
            if beside and row.entry != beside[0].entry:
                for found in await _found(house, beside):
                    yield found
                beside = []
            beside.append(row)
    for found in await _found(house, beside) if beside else []:
        yield found


async def _found(house: House, beside: Sequence[Note]) -> list[Finding]:
    entry = beside[0].entry
    row = (await house.reads.get(LedgerEntry, [(entry,)])).get((entry,))
    said = None if row is None else _disclosure(row)
    if said is not None and _are_its(beside, said) and all(_says(house, note, said) for note in beside):
        return []
    sentence = "The notes of whom it showed, and how, are not those that it was written with."
    return [Finding("changed-notes", f"entry {entry.hex()}", sentence)]


def look_in(house: House, row: LedgerEntry | None, note: Note) -> tuple[Disclosure, Kept] | None:
    """What an entry and the note beside it say of a look at one person; None if the note is not of that look.

    Of a look at one person the entry commits to whom; of one at many, only all notes together show it, and `ledger
    verify --state` looks at them.
    """
    said = None if row is None else _disclosure(row)
    if said is None or not _says(house, note, said) or (said.count == 1 and not _are_its([note], said)):
        return None
    return said, kept_in(note)


def _disclosure(row: LedgerEntry) -> Disclosure | None:
    try:
        said = parse_entry(row.body).body
    except Invalid:
        return None
    return said if isinstance(said, Disclosure) else None


def _are_its(beside: Sequence[Note], said: Disclosure) -> bool:
    whole = len(beside) == said.count
    return len(beside) < said.count or (whole and refs_root([note.ref for note in beside]) == said.refs_root)


def _says(house: House, note: Note, said: Disclosure) -> bool:
    try:
        told = kept_in(note)
    except Tampered:
        return False
    ticket = told.reason.removeprefix(said.reason)
    same = (told.purpose, told.action, told.role) == (said.purpose, said.action, said.role)
    names = house.live_policy.names if house.live_policy else None
    shown = {names.known("field", name) for name in (*told.open, *told.masked)} if names else set()
    return same and told.reason == said.reason + ticket_of(ticket) and shown <= set(said.fields)
