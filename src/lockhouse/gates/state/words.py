"""Rows of which each entry holds the hash: words on consent, suppressions, links, write keys, staff, hours and more."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.signatures import equal
from lockhouse.gates.authority import digest, place_digest
from lockhouse.gates.state.found import read_rows
from lockhouse.gates.state.history import last_of, restored_at
from lockhouse.ledger.entry import AccessReview as AccessReviewEntry
from lockhouse.ledger.entry import Asked as AskedEntry
from lockhouse.ledger.entry import Attestation as AttestationEntry
from lockhouse.ledger.entry import Consent as ConsentEntry
from lockhouse.ledger.entry import Correction as CorrectionEntry
from lockhouse.ledger.entry import Credential as CredentialEntry
from lockhouse.ledger.entry import Factor as FactorEntry
from lockhouse.ledger.entry import Flag as FlagEntry
from lockhouse.ledger.entry import Grant as GrantEntry
from lockhouse.ledger.entry import Hold as HoldEntry
from lockhouse.ledger.entry import Link as LinkEntry
from lockhouse.ledger.entry import Pause as PauseEntry
from lockhouse.ledger.entry import Quota as QuotaEntry
from lockhouse.ledger.entry import Role as RoleEntry
from lockhouse.ledger.entry import Staff as StaffEntry
from lockhouse.ledger.entry import StaffIdentifier as StaffIdentifierEntry
from lockhouse.ledger.entry import Suppression as SuppressionEntry
from lockhouse.ledger.entry import Token as TokenEntry
from lockhouse.model.rows import (
    AccessGrant,
    AccessReview,
    Asked,
    Attestation,
    Consent,
    Correction,
    Credential,
    Factor,
    Hold,
    Link,
    Pause,
    PersonFlag,
    Quota,
    Staff,
    StaffIdentifier,
    StaffRole,
    Suppression,
    Token,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.gates.state.found import Found
    from lockhouse.gates.state.history import History, Told

_Kind = (
    AccessReviewEntry | AskedEntry | AttestationEntry | ConsentEntry | CorrectionEntry | CredentialEntry | FactorEntry
    | FlagEntry | GrantEntry | HoldEntry | LinkEntry | PauseEntry | QuotaEntry | RoleEntry | StaffEntry
    | StaffIdentifierEntry | SuppressionEntry | TokenEntry
)  # fmt: skip
Word = (
    AccessGrant | AccessReview | Asked | Attestation | Consent | Correction | Credential | Factor | Hold | Link | Pause
    | PersonFlag | Quota | Staff | StaffIdentifier | StaffRole | Suppression | Token
)  # fmt: skip
TABLES: dict[type[Word], type[_Kind]] = {
    AccessGrant: GrantEntry, AccessReview: AccessReviewEntry, Asked: AskedEntry, Attestation: AttestationEntry,
    Consent: ConsentEntry, Correction: CorrectionEntry, Credential: CredentialEntry, Factor: FactorEntry,
    Hold: HoldEntry, Link: LinkEntry,
    Pause: PauseEntry, PersonFlag: FlagEntry, Quota: QuotaEntry, Staff: StaffEntry,
    StaffIdentifier: StaffIdentifierEntry, StaffRole: RoleEntry, Suppression: SuppressionEntry, Token: TokenEntry,
}  # fmt: skip


class Gone(NamedTuple):
    """Persons who have ended, by their ids and by the refs that entries know them by."""

    persons: frozenset[bytes]
    refs: frozenset[str]


Words = dict[type[Word], list[Word]]


async def read_words(house: House, found: Found) -> Words:
    """Every such row whose MAC fits, by table."""
    return {table: [*await read_rows(house, table, found)] for table in TABLES}


class WordsCheck:
    """Holds such rows against the entries.

    Args:
        before: the entries as they stood before the rows were read: what came since may not have been seen.
        history: as they stood behind that.
        ended: who had ended before the rows were read.
        leaving: refs of those whose rows may be gone, as known behind that.
        found: takes the findings.
    """

    def __init__(
        self, *, before: History, history: History, ended: Gone, leaving: frozenset[str], found: Found
    ) -> None:  # fmt: skip
        self._before = before
        self._history = history
        self._ended = ended
        self._leaving = leaving
        self._found = found
        self._restored_at = restored_at(before.values())

    def hold(self, words: Words) -> None:
        """Each row is the last that the ledger tells of its place, and each place that must have one has it."""
        for table, kind in TABLES.items():
            places = self._by_place(kind)
            for row in words[table]:
                self._row(row, kind, last_of(places.get(place_digest(row), ())))
            standing = {place_digest(row) for row in words[table]} | {row.entry.hex() for row in words[table]}
            for place in places.keys() - standing:
                self._place(last_of(places[place]))

    def _by_place(self, kind: type[_Kind]) -> dict[str, list[Told]]:
        """Entries of a kind by the place that they are about; one that names none is about its own row alone."""
        places: dict[str, list[Told]] = defaultdict(list)
        for told in self._history.values():
            if isinstance(told.body, kind):
                places[getattr(told.body, "place", None) or told.id.hex()].append(told)
        return places

    def _row(self, row: Word, kind: type[_Kind], last: Sequence[Told]) -> None:
        where, told = f"{row.TABLE}, entry {row.entry.hex()}", self._history.get(row.entry)
        is_last = not last or row.entry in {one.id for one in last}
        if self._is_gone(row, told):
            self._found.add("returned-row", where, "Its person has ended, and it went with them.")
        elif told is None and (not last or row.entry > last[-1].id):
            self._found.untold += 1
        elif told is not None and not _tells_of(told, kind, row):
            self._found.add("edited-row", where, "The entry that it names tells of another row.")
        elif not is_last and any(one.id in self._before for one in last):
            sentence = f"It is as it was once: entry {last[-1].id.hex()} tells of it as it is since."
            self._found.add("rolled-back-row", where, sentence)

    def _place(self, last: Sequence[Told]) -> None:
        """Nothing stands in the place; whether anything must."""
        newest = last[-1]
        if newest.id not in self._before or newest.id in self._found.edited or _may_be_gone(last):
            return
        if not _refs(newest) & self._leaving:
            self._found.missing(newest.body.KIND, newest.id, is_before=newest.at <= self._restored_at)

    def _is_gone(self, row: Word, told: Told | None) -> bool:
        if isinstance(row, Correction):  # it goes with its record, which a sweep takes after the end, or a hold keeps
            return False
        joined = {row.a, row.b} if isinstance(row, Link) else set()
        ends = {row.person} if isinstance(row, Consent | PersonFlag) else joined
        return bool(ends & self._ended.persons) or (told is not None and bool(_refs(told) & self._ended.refs))


def _tells_of(told: Told, kind: type[_Kind], row: Word) -> bool:
    return isinstance(told.body, kind) and equal(told.body.row.encode(), digest(row).encode())


def _may_be_gone(last: Sequence[Told]) -> bool:
    """Whether the place may be empty: what stood there was lifted, or is told of by an entry that names no place.

    Those are of an earlier version: another entry may tell of the same row since, and nobody knows which.
    """
    placeless = not isinstance(last[-1].body, ConsentEntry) and getattr(last[-1].body, "place", None) is None
    liftable = SuppressionEntry | ConsentEntry
    swept = any(isinstance(one.body, AskedEntry) and one.body.step == "swept" for one in last)
    return placeless or swept or any(isinstance(one.body, liftable) and one.body.change == "ended" for one in last)


def _refs(told: Told) -> set[str]:
    """Whose ending takes the row along."""
    if isinstance(told.body, ConsentEntry | CorrectionEntry | FlagEntry):
        return {told.body.ref}
    return {told.body.a, told.body.b} if isinstance(told.body, LinkEntry) else set()
