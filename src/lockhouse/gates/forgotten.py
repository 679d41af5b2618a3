"""What the ledger tells of rows that an older identity store does not have: words, suppressions, links, keys, courses.

Only for a house just brought back with `--only identity`. Nothing may be open in it that somebody closed since the
backup: a refusal that is told with its person's ref is stored again. Of a move to another region the ledger tells that
it was, and not where to: whoever moved is under the rules of every region until an event says where they are. A sale
opens, so it is not made up from an entry: the next one says it. What the ledger does not tell of whom it is can only be
counted, for somebody to look.
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
from lockhouse.ledger.entry import Token as TokenEntry
from lockhouse.model.change import Change, Put
from lockhouse.model.rows import Attestation, Consent, Credential, KeyRing, LedgerEntry, Link, Row, Suppression, Token
from lockhouse.model.scale import Assurance, ConsentState
from lockhouse.policy.live import STRICTEST

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House

RESTORE = "restore"
"""The signal of a word that a restore stored again."""
Told = AttestationEntry | ConsentEntry | CredentialEntry | LinkEntry | SuppressionEntry | TokenEntry
"""Entries that hold the hash of a row of the identity store."""
_ROWS: dict[type[Told], type[Row]] = {
    AttestationEntry: Attestation, ConsentEntry: Consent, CredentialEntry: Credential, LinkEntry: Link,
    SuppressionEntry: Suppression, TokenEntry: Token,
}  # fmt: skip
_KINDS = frozenset({IntentEntry.KIND, *(entry.KIND for entry in _ROWS)})


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What an older identity store lacks.

    Attributes:
        rows: kind of entry -> how many since the backup tell of a row that is not there.
        refused: refusals that were stored again. `unfound`: others, of whom no person is there.
        moved: persons who are there and moved to another region since: nobody knows which.
        sales: that made somebody a customer and are not there, of those rows.
    """

    rows: dict[str, int]
    refused: int = 0
    unfound: int = 0
    moved: int = 0
    sales: int = 0


async def remember(house: House, *, size: int) -> Forgotten:
    """Every refusal since the backup stands again, where its person is known; what is lacking, counted.

    No region that somebody has left since counts for what it opens.

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
    moved: dict[str, int] = {}
    sales = 0
    for kind, table in _ROWS.items():
        told = [(one.at, one.body) for one in said if isinstance(one.body, kind)]
        there = await _digests(house, table) if told else set()
        lacking = [(at, body) for at, body in told if body.row not in there]
        rows |= {kind.KIND: len(lacking)} if lacking else {}
        lacking_words = [(at, body) for at, body in lacking if isinstance(body, ConsentEntry)]
        moved |= {body.ref: at for at, body in lacking_words if body.signal == MOVED}
        sales += sum(body.signal == SALE for _, body in lacking_words)
        last |= _last(lacking_words)
    refused = {place: at for place, (at, body) in last.items() if not body.state}
    persons = await _persons(house, {*moved, *(ref for ref, _ in refused)})
    ended = {one.body.ref for one in said if isinstance(one.body, IntentEntry) and one.body.what == "person"}
    for (ref, purpose), at in refused.items():
        if ref in persons:
            await _stand(house, persons[ref], purpose, at=at, state=ConsentState.DENIED)
    left = {persons[ref]: at for ref, at in moved.items() if ref in persons}
    for person, at in left.items():
        await _stand(house, person, 0, at=at, state=ConsentState.REGION)
    unfound = sum(ref not in persons and ref not in ended for ref, _ in refused)
    return Forgotten(
        rows=rows, refused=sum(ref in persons for ref, _ in refused), unfound=unfound, moved=len(left), sales=sales
    )  # fmt: skip


def _last(told: Sequence[tuple[int, ConsentEntry]]) -> dict[tuple[str, int], tuple[int, ConsentEntry]]:
    """What was told last of each person and purpose, and of one moment a no.

    But a yes of a file may be older than the no before it. And a sale or a region is no word: the refusal before it is
    one still.
    """
    last: dict[tuple[str, int], tuple[int, ConsentEntry]] = {}
    for at, body in sorted(told, key=lambda one: (one[0], not one[1].state)):
        is_of_a_file = body.signal == IMPORT and body.state and (body.ref, body.purpose) in last
        if body.signal not in {SALE, MOVED} and not is_of_a_file:
            last[body.ref, body.purpose] = at, body
    return last


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


async def _stand(house: House, person: bytes, purpose: int, *, at: int, state: ConsentState) -> None:
    """A refusal stands again as of when it was told; or, as of when they moved, that nobody knows where a person is."""
    is_move = state == ConsentState.REGION
    row = Consent(
        person, purpose, at, house.ids.new(), int(state), 0, MOVED if is_move else RESTORE, int(Assurance.SECRET),
        STRICTEST if is_move else None, house.ids.new(), b"",
    )  # fmt: skip
    row = signed(row, house.integrity_key)
    await house.commits.commit(Change("identity", puts=(Put(Consent.TABLE, row),)))
    await admit_rings(house, [person])
    await tell(house, [person], [consent_draft(house, row)])
