"""What the ledger says of accounts, roles, factors, grants: from their rows alone, so that anybody can tell it late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.access.grants import decoded
from lockhouse.access.reviewing import DONE, SIGNED, unpacked
from lockhouse.gates.authority import checked, digest, place_digest
from lockhouse.gates.told import tell, untold
from lockhouse.ledger.entry import AccessReview as AccessReviewEntry
from lockhouse.ledger.entry import Factor as FactorEntry
from lockhouse.ledger.entry import Grant as GrantEntry
from lockhouse.ledger.entry import Means, ReviewStep, RoleStep
from lockhouse.ledger.entry import Role as RoleEntry
from lockhouse.ledger.entry import Staff as StaffEntry
from lockhouse.ledger.entry import StaffIdentifier as IdentifierEntry
from lockhouse.model.rows import AccessGrant, AccessReview, Factor, Staff, StaffIdentifier, StaffRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.gates.house import House
    from lockhouse.model.change import Draft

Telling = AccessGrant | AccessReview | Factor | Staff | StaffIdentifier | StaffRole
"""Rows that each name an entry of their own."""
MEANS: dict[int, Means] = {
    1: "passkey", 2: "password", 3: "one-time-codes", 4: "recovery-codes", 5: "identity",
}  # fmt: skip
ROLE_STEPS: dict[int, RoleStep] = {0: "proposed", 1: "given", 2: "ended"}
FACTOR_LIVE, FACTOR_ENDED = 0, 1


def draft_of(house: House, row: Telling) -> Draft:
    """The entry that the row names, as its columns say it.

    Raises:
        Invalid: who did it, or the role, has not its form.
    """
    return _said(row).draft(id=row.entry, lane=house.lane)


_Entries = AccessReviewEntry | FactorEntry | GrantEntry | IdentifierEntry | RoleEntry | StaffEntry


def _said(row: Telling) -> _Entries:
    if isinstance(row, AccessReview):
        return _of_review(row)
    if isinstance(row, AccessGrant):
        return _granted(row)
    staff = row.id if isinstance(row, Staff) else row.staff
    own, place = digest(row), place_digest(row)
    if isinstance(row, Staff):
        return StaffEntry(step=row.step, staff=staff.hex(), by=row.by, row=own, place=place)  # type: ignore[arg-type]  # checked as it is drafted
    if isinstance(row, StaffRole):
        return RoleEntry(
            step=ROLE_STEPS[row.state], staff=staff.hex(), role=row.role, by=row.by, proposed_by=row.proposed_by,
            row=own, place=place,
        )  # fmt: skip
    if isinstance(row, StaffIdentifier):
        return IdentifierEntry(
            change="made" if row.state else "ended", staff=staff.hex(), identifier=row.id.hex(), kind=row.kind,
            by=row.by, row=own, place=place,
        )  # fmt: skip
    lives = "added" if row.at == row.created_at else "changed"
    return FactorEntry(
        step="ended" if row.state == FACTOR_ENDED else lives,  # type: ignore[arg-type]  # one of three words
        staff=staff.hex(), factor=row.id.hex(), means=MEANS[row.kind], by=row.by, row=own, place=place,
    )  # fmt: skip


def _granted(row: AccessGrant) -> GrantEntry:
    terms = decoded(row.terms)
    return GrantEntry(
        step=row.step,  # type: ignore[arg-type]  # checked as it is drafted
        grant=row.id.hex(), staff=row.staff.hex(), by=row.by, purpose=terms.purpose, fields=list(terms.fields),
        persons=len(terms.persons), reason=terms.reason, until=row.until_at or None, row=digest(row),
        place=place_digest(row),
    )  # fmt: skip


def _of_review(row: AccessReview) -> AccessReviewEntry:
    lines = unpacked(row.lines)
    begun: ReviewStep = "opened" if row.at == row.opened_at and row.by == row.opened_by else "decided"
    return AccessReviewEntry(
        step="closed" if row.state == DONE else "signed" if row.state == SIGNED else begun, review=row.id.hex(),
        by=row.by, lines=len(lines), ends=sum(one.decision == "end" for one in lines), row=digest(row),
        place=place_digest(row),
    )  # fmt: skip


async def tell_of(house: House, rows: Sequence[Telling]) -> int:
    """The entries of those rows that whoever stored them was cut off from bringing; how many of them.

    Raises:
        Tampered: a row was not made, or not left, as this house made it.
    """
    late: list[Telling] = [*await untold(house, rows)]
    drafts = [draft_of(house, row) for row in checked(late, house.integrity_key)]
    if drafts:
        await tell(house, [], drafts)
    return len(drafts)
