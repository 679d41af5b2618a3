"""What was said of persons, as ledger entries, and their seals moved so that every process decides by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from lockhouse.access.vouched import told_of
from lockhouse.errors import Conflict as Moved
from lockhouse.gates.authority import digest, place_digest
from lockhouse.gates.facts import IMPORT, SEAL_OPEN
from lockhouse.gates.rings import admit_rings
from lockhouse.ledger.entry import Attestation as AttestationEntry
from lockhouse.ledger.entry import Consent as ConsentEntry
from lockhouse.ledger.entry import Flag as FlagEntry
from lockhouse.ledger.entry import Link as LinkEntry
from lockhouse.ledger.entry import Suppression as SuppressionEntry
from lockhouse.model.change import Change, Conflict, Delete, Expect, Put
from lockhouse.model.rows import (
    AccessGrant,
    AccessReview,
    Attestation,
    Consent,
    Factor,
    Hold,
    LedgerEntry,
    Link,
    PersonFlag,
    Seal,
    Staff,
    StaffIdentifier,
    StaffRole,
    Suppression,
)
from lockhouse.model.scale import ConsentState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft

Said = TypeVar("Said", bound=Consent | Link)
UntoldT = TypeVar(
    "UntoldT",
    bound=AccessGrant | AccessReview | Attestation | Consent | Factor | Hold | Link | PersonFlag | Staff
    | StaffIdentifier | StaffRole | Suppression,
)  # fmt: skip
_YES = ConsentState.GRANTED
_TAKEN_BACK = frozenset({ConsentState.DENIED + ConsentState.TAKEN_BACK, _YES + ConsentState.TAKEN_BACK})
LATE = "service:work"
"""Who tells what somebody else was cut off from telling: whose deed it was, the rows do not say."""
TRIES = 5


def consent_draft(house: House, row: Consent, *, by: str | None = None) -> Draft:
    """The ledger entry of a stored word; the person's ring must be admitted, for their ref.

    Args:
        by: who recorded it; None where no one did: it came with an event, a file or a suppression.
    """
    said = ConsentEntry(
        ref=house.keyring.ref(row.person).hex(), purpose=row.purpose, state=_state_of(row),
        channel=row.channel, signal=row.signal, assurance=row.assurance,  # type: ignore[arg-type]  # 1, 2 or 3
        row=digest(row), change="ended" if row.state in _TAKEN_BACK else "made",
        place=place_digest(row) if row.signal == IMPORT else None, by=by,
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)


def _state_of(row: Consent) -> Literal[0, 1, 4, 5]:
    if row.state >= ConsentState.CUSTOMER:
        return 4 if row.state == ConsentState.CUSTOMER else 5
    return 1 if row.state & _YES else 0


def link_draft(house: House, row: Link, *, by: str) -> Draft:
    """The ledger entry of a stored link as it stands; both rings must be admitted, for their refs."""
    change: Literal["made", "ended"] = "made" if row.until_at is None and row.undone_at is None else "ended"
    said = LinkEntry(
        change=change, a=house.keyring.ref(row.a).hex(), b=house.keyring.ref(row.b).hex(),
        proof=row.proof, by=by, row=digest(row), place=place_digest(row),  # type: ignore[arg-type]  # 1, 2 or 3
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)


def suppression_draft(house: House, row: Suppression, *, by: str) -> Draft:
    """The ledger entry of a suppression as it stands, or as it ended."""
    said = SuppressionEntry(
        change="made" if row.until_at is None else "ended", purposes=msgspec.msgpack.decode(row.purposes),
        reason=row.reason, by=by, row=digest(row), place=place_digest(row),
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)


def attestation_draft(house: House, row: Attestation) -> Draft:
    """The ledger entry of a fact that somebody vouched for, or of its end: then it stands no longer than it was said.

    Raises:
        Invalid: the actor or the fact has not its form.
    """
    said = AttestationEntry(
        change="made" if row.until_at is None or row.until_at > row.at else "ended", subject=row.actor,
        fact=told_of(row.fact), by=row.by, row=digest(row), until=row.until_at,
        place=place_digest(row),
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)


def flag_draft(house: House, row: PersonFlag) -> Draft:
    """The ledger entry of a flag as it stands; the person's ring must be admitted, for their ref."""
    said = FlagEntry(
        change="made" if row.state else "ended", ref=house.keyring.ref(row.person).hex(), reason=row.reason, by=row.by,
        row=digest(row), place=place_digest(row),
    )  # fmt: skip
    return said.draft(id=row.entry, lane=house.lane)


async def take_away(house: House, ended: Suppression) -> None:
    """A suppression that has ended, and whose end is told, is gone, unless somebody has made it again."""
    place = (ended.kind, ended.tag)
    as_it_ended = Expect(Suppression.TABLE, place, {"mac": ended.mac}, or_absent=False, because="suppression-moved")
    change = Change("identity", deletes=(Delete(Suppression.TABLE, place),), expects=(as_it_ended,))
    await house.commits.commit(change)


async def untold(house: House, rows: Collection[UntoldT]) -> list[UntoldT]:
    """Those of the rows whose entry is not in the ledger: whoever stored them is at it still, or was cut off."""
    entries = await house.reads.get(LedgerEntry, [(row.entry,) for row in rows])
    return [row for row in rows if (row.entry,) not in entries]


async def tell(house: House, persons: Collection[bytes], drafts: Sequence[Draft]) -> None:
    """The entries, and these persons' seals one further, so that no process decides by what was so before.

    An entry that another process has brought meanwhile is left out.

    Raises:
        Moved: the seals keep moving.
    """
    for _ in range(TRIES):
        if await _stands(house, await _seals(house, persons), drafts):
            return
        entries = await house.reads.get(LedgerEntry, [(draft.id,) for draft in drafts])
        drafts = [draft for draft in drafts if (draft.id,) not in entries]
    raise Moved("persons: expected their facts to hold still", hint="try again")


async def tell_late(house: House, rows: Sequence[Said], *, by: str) -> int:
    """The entries of rows, all of the same persons, whose second commit never came; how many of them.

    None that somebody has told meanwhile, or has stored anew and tells of themselves: the ledger's last word on a link
    must be its newest. And none of persons who are ending or have ended: what they said goes with them. The seals are
    expected open, so that no ending comes between.

    Args:
        house: as it stands.
        rows: with their MACs checked.
        by: who tells of links; who made them, their rows do not say.

    Raises:
        Moved: the persons' seals keep moving.
        Tampered: a ring does not unwrap.
    """
    persons = sorted({end for row in rows for end in ends_of(row)})
    for _ in range(TRIES):
        seals = await _seals(house, persons)
        rows = await untold(house, await _unmoved(house, rows))
        if not rows:
            return 0
        await admit_rings(house, persons)
        if any(one.state != SEAL_OPEN or house.keyring.version_of(one.person) is None for one in seals):
            return 0
        drafts = [
            consent_draft(house, row) if isinstance(row, Consent) else link_draft(house, row, by=by) for row in rows
        ]
        if await _stands(house, seals, drafts):
            return len(rows)
    raise Moved("persons: expected their facts to hold still", hint="try again")


async def _unmoved(house: House, rows: Sequence[Said]) -> list[Said]:
    """Those of the rows that stand as they were read; words are never changed, links are when they end."""
    links = await house.reads.get(Link, [(row.id,) for row in rows if isinstance(row, Link)])
    return [row for row in rows if isinstance(row, Consent) or links.get((row.id,)) == row]


def ends_of(row: Consent | Link) -> tuple[bytes, ...]:
    """Whom a row is about."""
    return (row.person,) if isinstance(row, Consent) else (row.a, row.b)


async def _seals(house: House, persons: Collection[bytes]) -> list[Seal]:
    seals = await house.reads.get(Seal, [(person,) for person in persons])
    return [seals.get((person,)) or Seal(person, 0, SEAL_OPEN) for person in persons]


async def _stands(house: House, seals: Sequence[Seal], drafts: Sequence[Draft]) -> bool:
    """Whether the entries became durable, and these seals one further than they were read.

    The state is expected beside the version: an ending that began from the same version must not be opened again.
    """
    puts = tuple(Put(Seal.TABLE, Seal(one.person, one.version + 1, one.state)) for one in seals)
    expects = tuple(
        Expect(Seal.TABLE, (one.person,), {"version": one.version, "state": one.state}, or_absent=one.version == 0,
               because="seal-moved")
        for one in seals
    )  # fmt: skip
    change = Change("record", puts=puts, expects=expects, entries=tuple(drafts))
    if isinstance(await house.commits.commit(change), Conflict):
        return False
    for one in seals:
        house.facts.drop(one.person)
    return True
