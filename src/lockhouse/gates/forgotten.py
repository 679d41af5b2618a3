"""What the ledger tells of rows that an older identity store does not have: words, suppressions, links, keys, courses.

Only for a house just brought back with `--only identity`. Nothing may be open in it that somebody closed since the
backup: a refusal that is told with its person's ref is stored again. What the ledger does not tell of whom it is can
only be counted, for somebody to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lockhouse.gates.authority import checked, digest, signed
from lockhouse.gates.customers import SALE
from lockhouse.gates.facts import IMPORT
from lockhouse.gates.regions import MOVED
from lockhouse.gates.rings import admit_rings
from lockhouse.gates.told import consent_draft, tell
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import Attestation as AttestationEntry
from lockhouse.ledger.entry import Consent as ConsentEntry
from lockhouse.ledger.entry import Credential as CredentialEntry
from lockhouse.ledger.entry import Entry, parse_entry
from lockhouse.ledger.entry import Intent as IntentEntry
from lockhouse.ledger.entry import Link as LinkEntry
from lockhouse.ledger.entry import Suppression as SuppressionEntry
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Attestation, Consent, Credential, KeyRing, LedgerEntry, Link, Row, Suppression
from lockhouse.model.scale import Assurance, ConsentState

if TYPE_CHECKING:
    from collections.abc import Collection

    from lockhouse.gates.house import House

RESTORE = "restore"
"""The signal of a word that a restore stored again."""
Told = AttestationEntry | ConsentEntry | CredentialEntry | LinkEntry | SuppressionEntry
"""Entries that hold the hash of a row of the identity store."""
_ROWS: dict[type[Told], type[Row]] = {
    AttestationEntry: Attestation, ConsentEntry: Consent, CredentialEntry: Credential, LinkEntry: Link,
    SuppressionEntry: Suppression,
}  # fmt: skip
_KINDS = frozenset({IntentEntry.KIND, *(entry.KIND for entry in _ROWS)})


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What an older identity store lacks.

    Attributes:
        rows: kind of entry -> how many since the backup tell of a row that is not there.
        refused: refusals that were stored again. `unfound`: others, of whom no person is there.
    """

    rows: dict[str, int]
    refused: int = 0
    unfound: int = 0


async def remember(house: House, *, size: int) -> Forgotten:
    """Every refusal since the backup stands again, where its person is known; what is lacking, counted.

    Args:
        house: just restored, its endings replayed.
        size: of the tree when the identity store was copied; what was noted before is in it.

    Raises:
        Tampered: a row was not made by this house.
        Unavailable: a store is away.
    """
    said = _standing(await _since(house, size))
    rows: dict[str, int] = {}
    last: dict[tuple[str, int], tuple[int, ConsentEntry]] = {}
    for kind, table in _ROWS.items():
        told = [(one.at, one.body) for one in said if isinstance(one.body, kind)]
        there = await _digests(house, table) if told else set()
        lacking = [(at, body) for at, body in told if body.row not in there]
        rows |= {kind.KIND: len(lacking)} if lacking else {}
        for at, body in sorted(lacking, key=_in_turn):
            # What is told last was said last, and of one moment a no; but a yes of a file may be older than the no
            # before it. And a sale or a region is no word: the refusal before it is one still.
            if (
                isinstance(body, ConsentEntry)
                and body.signal not in {SALE, MOVED}
                and not (body.signal == IMPORT and body.state and (body.ref, body.purpose) in last)
            ):
                last[body.ref, body.purpose] = at, body
    refused = {place: at for place, (at, body) in last.items() if not body.state}
    persons = await _persons(house, {ref for ref, _ in refused})
    ended = {one.body.ref for one in said if isinstance(one.body, IntentEntry) and one.body.what == "person"}
    for (ref, purpose), at in refused.items():
        if ref in persons:
            await _refuse(house, persons[ref], purpose, at=at)
    unfound = sum(ref not in persons and ref not in ended for ref, _ in refused)
    return Forgotten(rows=rows, refused=sum(ref in persons for ref, _ in refused), unfound=unfound)


def _in_turn(told: tuple[int, Told]) -> tuple[int, bool]:
    """The order of what was told, of one moment a no last: an id says nothing there of what came first."""
    at, body = told
    return at, isinstance(body, ConsentEntry) and not body.state


async def _since(house: House, size: int) -> list[Entry]:
    """Entries of these kinds behind a tree of this size, oldest first."""
    found = [
        parse_entry(row.body)
        async for rows in house.reads.scan(LedgerEntry)
        for row in rows
        if (row.position is None or row.position >= size) and said_by(row).kind in _KINDS
    ]
    return sorted(found, key=lambda entry: (entry.at, entry.id))


def _standing(said: list[Entry]) -> list[Entry]:
    """The same without suppressions that were lifted or made anew in the same place, and words that were taken back."""
    liftable = SuppressionEntry | ConsentEntry
    places = {one.body.place or one.id.hex(): one.id for one in said if isinstance(one.body, liftable)}
    last = set(places.values())
    return [one for one in said if not isinstance(one.body, liftable) or (one.id in last and one.body.change == "made")]


async def _digests(house: House, row: type[Row]) -> set[str]:
    return {digest(one) async for rows in house.reads.scan(row) for one in checked(rows, house.integrity_key)}


async def _persons(house: House, refs: Collection[str]) -> dict[str, bytes]:
    """Whose refs these are, of those who have a ring."""
    found: dict[str, bytes] = {}
    async for rings in house.reads.scan(KeyRing):
        await admit_rings(house, [ring.person for ring in rings])
        known = {house.keyring.ref(ring.person).hex(): ring.person for ring in rings}
        found |= {ref: person for ref, person in known.items() if ref in refs}
    return found


async def _refuse(house: House, person: bytes, purpose: int, *, at: int) -> None:
    """The refusal stands again, as of when it was told."""
    entry = house.ids.new()
    row = Consent(
        person,
        purpose,
        at,
        house.ids.new(),
        int(ConsentState.DENIED),
        0,
        RESTORE,
        int(Assurance.SECRET),
        None,
        entry,
        b"",
    )
    row = signed(row, house.integrity_key)
    await house.commits.commit(Change("identity", puts=(Put(Consent.TABLE, row),)))
    await admit_rings(house, [person])
    await tell(house, [person], [consent_draft(house, row)])
