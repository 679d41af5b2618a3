"""What the ledger says of rows that give authority: its entries of those kinds, and which of them is the last word.

Entries are read from their own bytes; what stands beside them is anybody's to edit. Whether they are the ones that were
signed is the verifier's to say, which reads the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.errors import LockhouseError
from lockhouse.ledger.columns import said_by
from lockhouse.ledger.entry import (
    Acceptance,
    AccessReview,
    Asked,
    Attestation,
    Cancellation,
    Completion,
    Consent,
    Correction,
    Credential,
    Factor,
    Flag,
    Grant,
    Hold,
    Import,
    Intent,
    Link,
    Pause,
    Policy,
    Quota,
    Restore,
    Role,
    Session,
    Staff,
    StaffIdentifier,
    Suppression,
    Token,
    Undo,
    parse_entry,
)
from lockhouse.model.rows import LedgerEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.gates.house import House
    from lockhouse.ledger.entry import Body

_KINDS = frozenset(
    kind.KIND
    for kind in (
        Acceptance, AccessReview, Asked, Attestation, Cancellation, Completion, Consent, Correction, Credential, Factor,
        Flag, Grant, Hold, Import, Intent, Link, Pause, Policy, Quota, Restore, Role, Session, Staff,
        StaffIdentifier, Suppression, Token, Undo,
    )
)  # fmt: skip


class Told(NamedTuple):
    """An entry: when it was noted, by the ledger's time, where in which lane, its id, and what it says."""

    at: int
    lane: str
    n: int
    id: bytes
    body: Body


History = dict[bytes, Told]
"""Entries by their id, in the order of their time."""


async def read_history(house: House) -> History:
    """Every entry that speaks of such a row, as it stands in the store; of looks that were counted the newest."""
    found: list[Told] = []
    counted: dict[str, list[Told]] = {}
    async for rows in house.reads.scan(LedgerEntry, chunk=5_000):
        for told in map(_told, rows):
            if told is not None and isinstance(told.body, Quota):
                _keep_newest(counted.setdefault(told.body.place, []), told)
            elif told is not None:
                found.append(told)
    found += [told for newest in counted.values() for told in newest]
    return {told.id: told for told in sorted(found, key=lambda told: (told.at, told.id))}


def _keep_newest(newest: list[Told], told: Told) -> None:
    """Of looks that were counted only the newest say what stands: a house has as many as it had looks."""
    if newest and told.at > newest[0].at:
        newest.clear()
    if not newest or told.at == newest[0].at:
        newest.append(told)


def _told(row: LedgerEntry) -> Told | None:
    """The entry behind its bytes; None of another kind, or of bytes that are none, which the verifier names."""
    try:
        if said_by(row).kind not in _KINDS:
            return None
        entry = parse_entry(row.body)
    except LockhouseError:
        return None
    return Told(entry.at, entry.lane, entry.n, entry.id, entry.body)


def last_of(told: Sequence[Told]) -> list[Told]:
    """The last word of those that are about one place, in the order of their ids; none of none.

    It is one, or several of the same ms in different lanes.
    """
    newest = max((one.at for one in told), default=0)
    latest = [one for one in told if one.at == newest]
    ends = {one.lane: max(other.n for other in latest if other.lane == one.lane) for one in latest}
    return sorted((one for one in latest if one.n == ends[one.lane]), key=lambda one: one.id)


def restored_at(history: Iterable[Told]) -> int:
    """When the house was last brought back from a copy, by the ledger's time; -1 if it never was."""
    return max((one.at for one in history if isinstance(one.body, Restore)), default=-1)
