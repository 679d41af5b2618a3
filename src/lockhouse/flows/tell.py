"""Tell: words on consent, links, suppressions, attestations, legal holds and what was done with staff get their entry.

Who is committed before what: a word or a link to the identity store, its entry to the record store a moment later. A
process that ends in between, or a store that goes away, leaves a row that no entry tells of. The person's next item
brings it; this is for whoever never comes again. A suppression is told to every process, too, before it is told of; one
that was lifted is taken away. An attestation, a hold, an account, a role and a
factor name who made them, and are told as theirs.

Nothing is told twice: the entry's id stands in the row, and the store takes an id once. Nor is it told ahead of
whoever is just about to: a row is looked at when it is minutes old, by its own time.

What a pass costs: no index leads to such rows, since one would cost every word that is ever stored. So every word and
link is read and its entry looked up, 3 to 8 us a row while the pages are in memory. A chunk keeps its process for
some 4 ms, then it rests for 50: a million rows take two minutes, a hundred million three hours. Once a day is enough,
since what decides by a word reads the word and not its entry. A pass that is cut off begins anew.
"""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from lockhouse.errors import LockhouseError, Tampered
from lockhouse.gates.authority import checked
from lockhouse.gates.hold_ends import finish
from lockhouse.gates.holds import RELEASED, draft_of
from lockhouse.gates.refresh import refresh
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.staff.told import Telling
from lockhouse.gates.staff.told import draft_of as staff_draft
from lockhouse.gates.told import (
    LATE,
    attestation_draft,
    ends_of,
    flag_draft,
    suppression_draft,
    take_away,
    tell,
    tell_late,
    untold,
)
from lockhouse.gates.trusted_time import trusted_now
from lockhouse.model.rows import (
    AccessGrant,
    AccessReview,
    Attestation,
    Consent,
    Factor,
    Hold,
    Link,
    PersonFlag,
    Staff,
    StaffIdentifier,
    StaffRole,
    Suppression,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.gates.told import Said

YOUNG_MS = 5 * 60_000
"""What is younger may still be told by whoever stored it: its passage takes seconds, or it was frozen."""
CHUNK = 500
PAUSE_S = 0.05


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass did.

    Attributes:
        words, links, suppressions, attestations, holds: that were told. `words` has flags of people,
            `staff` accounts, roles, factors, grants.
        faults: rows that do not verify, or could not be told for another reason; the next pass meets them again.
    """

    words: int = 0
    links: int = 0
    suppressions: int = 0
    attestations: int = 0
    holds: int = 0
    staff: int = 0
    faults: int = 0


async def tell_untold(house: House) -> Told:
    """Everything of the kinds above that is older than some minutes has its ledger entry.

    But those of who is ending have none.

    Raises:
        Unavailable: a store is away, or the clock is in doubt; what was told is told.
    """
    before = await trusted_now(house) - YOUNG_MS
    words = links = suppressions = attestations = holds = faults = 0
    async for said in house.reads.scan(Consent, chunk=CHUNK):
        told, failed = await _tell_chunk(house, [row for row in said if row.at < before])
        words, faults = words + told, faults + failed
    async for joined in house.reads.scan(Link, chunk=CHUNK):
        told, failed = await _tell_chunk(house, [row for row in joined if _written_at(row) < before])
        links, faults = links + told, faults + failed
    async for closed in house.reads.scan(Suppression, chunk=CHUNK):
        told, failed = await _tell_suppressions(house, [row for row in closed if _changed_at(row) < before])
        suppressions, faults = suppressions + told, faults + failed
    async for vouched in house.reads.scan(Attestation, chunk=CHUNK):
        told, failed = await _tell_own(house, [row for row in vouched if row.at < before])
        attestations, faults = attestations + told, faults + failed
    async for held in house.reads.scan(Hold, chunk=CHUNK):
        told, failed = await _tell_own(house, [row for row in held if row.at < before])
        holds, faults = holds + told, faults + failed
    async for flags in house.reads.scan(PersonFlag, chunk=CHUNK):
        told, failed = await _tell_flags(house, [row for row in flags if row.at < before])
        words, faults = words + told, faults + failed
    staff, failed = await _tell_staff(house, before)
    return Told(
        words=words, links=links, suppressions=suppressions, attestations=attestations, holds=holds, staff=staff,
        faults=faults + failed,
    )  # fmt: skip


async def _tell_flags(house: House, rows: Sequence[PersonFlag]) -> tuple[int, int]:
    """As `_tell_chunk`, of people who are watched over; whoever has ended since has no ref to be told by."""
    told = faults = 0
    for row in await untold(house, rows):
        try:
            checked([row], house.integrity_key)
            await admit_rings(house, [row.person])
            if house.keyring.version_of(row.person) is not None:
                await tell(house, [], [flag_draft(house, row)])
                told += 1
        except LockhouseError:
            faults += 1
    return told, faults


async def _tell_staff(house: House, before: int) -> tuple[int, int]:
    """Accounts, roles and factors: there are few of them."""
    tables: tuple[type[Telling], ...] = (Staff, StaffRole, Factor, AccessGrant, AccessReview, StaffIdentifier)
    told = faults = 0
    for table in tables:
        async for rows in house.reads.scan(table, chunk=CHUNK):
            done, failed = await _tell_own(house, [row for row in rows if row.at < before])
            told, faults = told + done, faults + failed
    return told, faults


def _changed_at(row: Suppression) -> int:
    return max(row.since, row.until_at or 0)


def _written_at(row: Link) -> int:
    return max(row.from_at, row.until_at or 0, row.undone_at or 0)


async def _tell_chunk(house: House, rows: Sequence[Said]) -> tuple[int, int]:
    """How many of the rows were told, and how many could not be; what keeps one back does not keep back the others."""
    await asyncio.sleep(PAUSE_S)  # reads keep the process's loop, and others come round in it
    await refresh(house)
    told = faults = 0
    genuine = []
    for row in await untold(house, rows):
        try:
            genuine += checked([row], house.integrity_key)
        except Tampered:
            faults += 1
    for _, together in groupby(genuine, key=ends_of):
        theirs = list(together)
        try:
            told += await tell_late(house, theirs, by=LATE)
        except LockhouseError:
            faults += len(theirs)
    return told, faults


async def _tell_suppressions(house: House, rows: Sequence[Suppression]) -> tuple[int, int]:
    await asyncio.sleep(PAUSE_S)
    await refresh(house)
    untaken = {row.entry for row in await untold(house, rows)}
    told = faults = 0
    for row in rows:
        if row.entry not in untaken and row.until_at is None:
            continue
        try:
            checked([row], house.integrity_key)
            if row.entry in untaken:
                await house.epochs.announce(key=True)
                await tell(house, [], [suppression_draft(house, row, by=LATE)])
                told += 1
            if row.until_at is not None:
                await take_away(house, row)
        except LockhouseError:
            faults += 1
    return told, faults


async def _tell_own(house: House, rows: Sequence[Attestation | Hold | Telling]) -> tuple[int, int]:
    """As `_tell_chunk`, of rows that say themselves who made them."""
    await asyncio.sleep(PAUSE_S)
    await refresh(house)
    told = faults = 0
    for row in await untold(house, rows):
        try:
            checked([row], house.integrity_key)
            await _tell_one(house, row)
            told += 1
        except LockhouseError:
            faults += 1
    return told, faults


async def _tell_one(house: House, row: Attestation | Hold | Telling) -> None:
    """Told; of a hold that was released, once its key is out of the store's log too: the release was cut off."""
    if isinstance(row, Attestation):
        await tell(house, [], [attestation_draft(house, row)])
    elif isinstance(row, Telling):
        await tell(house, [], [staff_draft(house, row)])
    elif row.state == RELEASED:
        await finish(house, row)
    else:
        await tell(house, [], [draft_of(house, row)])
