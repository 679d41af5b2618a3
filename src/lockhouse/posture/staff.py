"""Whether the people who work with the house are as they should be: who can sign in, by what, and whoever does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from lockhouse.posture.grants import reviewed
from lockhouse.posture.mends import SERVING

if TYPE_CHECKING:
    from collections.abc import Callable

UNUSED_DAYS = 90
KEYS = 2
STAFF = "docs/operations/staff.md"
REVIEWS = "docs/operations/reviews.md"
Said = tuple[Literal["PASS", "FAIL", "MANUAL"], str, str]
"""State, sentence, and what mends it."""


class StaffSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts, as far as they are checked.

    Attributes:
        active: how many can sign in. `admins`: how many of them let people in.
        one_key: of those whose roles weigh much, the ids of who has fewer than two passkeys.
        unused: ids of who can sign in and has not for 90 days. `recovered`: of a recovery that nobody has reviewed.
        review_overdue: whether no review of access was closed for as long as the settings say.
        glass_due, glass_overdue: ids of grants by break-glass that wait for their review, and for too long.
        gives_by_two: whether somebody can give a role that takes two and somebody else of another line approve it.
    """

    active: int = 0
    admins: int = 0
    one_key: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()
    glass_due: tuple[str, ...] = ()
    glass_overdue: tuple[str, ...] = ()
    gives_by_two: bool = False
    review_overdue: bool = False


def _standing(seen: StaffSeen) -> Said:
    if seen.recovered:
        told = f"A sole admin recovered on this machine, and nobody has looked into it: {', '.join(seen.recovered)}."
        here = f"lockhouse staff review {seen.recovered[0]}"
        return (
            "FAIL",
            told,
            f"somebody of another line reviews it in the console ({STAFF}); of one alone: {here}",
        )
    if not seen.active:
        told = "Nobody can sign in: the operating system's user acts alone."
        return "MANUAL", told, f"let few have this account ({SERVING}); lockhouse staff invite"
    told = f"{seen.active} can sign in, on the command line too; what needs nobody is this account's."
    return "PASS", told, ""


def _admins(seen: StaffSeen) -> Said:
    if not seen.active:
        return "MANUAL", "There is no admin but the operating system's user.", "lockhouse staff invite"
    if seen.admins <= 1:
        told = "Whoever is the only admin cannot be helped by another." if seen.admins else "Nobody lets people in."
        return "FAIL", told, "lockhouse staff invite, then lockhouse staff role give"
    return "PASS", f"{seen.admins} may let people in.", ""


def _second(seen: StaffSeen) -> Said:
    if seen.active and not seen.gives_by_two:
        told = "No role that takes two can be given: nobody who may propose one has a second person to approve it."
        return "FAIL", told, f"invite a second line on this machine: lockhouse staff invite ({STAFF})"
    return "PASS", "Who proposes a role and who approves it are two people.", ""


def _keys(seen: StaffSeen) -> Said:
    if seen.one_key:
        told = f"Roles that weigh much are held with fewer than two passkeys: {', '.join(seen.one_key)}."
        return "FAIL", told, f"let them enrol another in the console ({STAFF})"
    return "PASS", "Whoever holds a role that weighs much has two passkeys.", ""


def _unused(seen: StaffSeen) -> Said:
    if seen.unused:
        told = f"Nobody has signed in for {UNUSED_DAYS} days by: {', '.join(seen.unused)}."
        return "FAIL", told, f"lockhouse staff disable {seen.unused[0]}"
    return "PASS", f"Every account was used within {UNUSED_DAYS} days.", ""


def _review(seen: StaffSeen) -> Said:
    if seen.review_overdue:
        told = "Nobody has looked through who holds which role for as long as review_months says."
        return "FAIL", told, f"open a review in the console, under Staff ({REVIEWS})"
    return "PASS", "Who holds which role was looked through in time.", ""


def _glass(seen: StaffSeen) -> Said:
    return reviewed(seen.glass_due, seen.glass_overdue)


CHECKS: tuple[tuple[str, Callable[[StaffSeen], Said], bool], ...] = (
    ("staff", _standing, False), ("second-admin", _admins, True), ("second-person", _second, True),
    ("staff-keys", _keys, True), ("staff-unused", _unused, True), ("break-glass", _glass, False),
    ("access-review", _review, True),
)  # fmt: skip
"""Each check's word, what it says, and whether it stands only before real customers."""
