"""An erasure's clock and what its certificate must own up to.

The cooling time lets a mistaken or malicious erasure be undone; it is never allowed to run past the law's own limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable

HOUR_MS = 3_600_000
COOLING_MS = {"request": 24 * HOUR_MS, "policy": 72 * HOUR_MS}
"""Between shut and destroyed: for a data subject's request, and for what a policy or a retention run ends."""

ANSWER_WITHIN_DAYS = {"ccpa": 45, "gdpr": 28, "uk-gdpr": 28}
"""Days to answer an erasure request, counted so that no month is shorter: GDPR Art. 12(3) one month,
UK GDPR Art. 12(3) one month, Cal. Civ. Code § 1798.130(a)(2)(A) 45 days."""

REPLAY_DAYS = 90
"""The longest that a sender's queue or a provider's retry is expected to bring an event back."""


class Remains(NamedTuple):
    """Something that outlives an erasure, and until when (ms; None where nobody can say)."""

    what: str
    until: int | None


NOT_ERASED = "except what legal hold {} keeps, which is not erased"
"""In the scope of a certificate, of each hold that stands."""


EVERYTHING = "everything held about the person"


def scope_of_person(*, apart: int) -> tuple[str, ...]:
    """What ends with a person, in a certificate's words; what events joined to them and is held apart does not.

    Args:
        apart: source persons whom an identifier that joins too many would have joined to them.
    """
    if not apart:
        return (EVERYTHING,)
    many = "1 source person" if apart == 1 else f"{apart} source persons"
    return EVERYTHING, f"except what is held about {many} held apart, with whom they share an identifier of too many"


def held_back(hold: str, *, until: int) -> Remains:
    """What a legal hold keeps, and until it is looked at again: it ends by a release, not by itself."""
    what = (
        f"boxes under legal hold {hold}: their keys are kept under its own and open them for legal claims alone (GDPR "
        "Art. 17(3)(e)), until it is released; it is reviewed by the date beside"
    )
    return Remains(what, until)


def in_copies_for_replay(*, until: int) -> Remains:
    """Copies of what waited in quarantine, where a part of a person ends: its rows are gone from the record store."""
    what = (
        "copies of what waited for a replay of a channel in trial, if anything did, in backups, snapshots and unused "
        "database pages: the person's own key and that of the day open them, which is destroyed by the date beside"
    )
    return Remains(what, until)


IN_DOUBT = "except what a legal hold that does not verify may keep"
"""In the scope of a certificate, while the house has such a hold: whose it is, its row does not say any more."""


def held_in_doubt() -> Remains:
    """What such a hold may keep, of anybody; until when nobody can say."""
    what = (
        "whatever boxes are under a legal hold that does not verify, if any of these are: its row was changed by hand, "
        "and nobody can say whose boxes it keeps; nothing is opened by it as long as it is so"
    )
    return Remains(what, None)


def destroy_at(asked_at: int, *, cause: Literal["request", "policy"], regulations: Iterable[str]) -> int:
    """When the keys of something that was shut are destroyed: after the cooling time, within the strictest law.

    Args:
        asked_at: ms.
        regulations: names in the policy; one that is not known here counts as the strictest that is.
    """
    strictest = min(ANSWER_WITHIN_DAYS.values())
    days = min((ANSWER_WITHIN_DAYS.get(name, strictest) for name in regulations), default=strictest)
    return asked_at + min(COOLING_MS[cause], days * DAY_MS)


def remains(what: str, *, done_at: int) -> tuple[Remains, ...]:
    """What outlives the ending of a person, a compartment or an epoch; the certificate lists every one."""
    keys = "copies of the wrapped keys in backups, snapshots and unused database pages, while their KEK lives"
    if what == "person":
        rows = (
            "rows that nothing opens, until a job removes them; and unsealed counts (clear columns) in data backups, "
            "without a way to an identifier"
        )
        hashes = "a keyed hash of each identifier, so that replays do not bring the person back"
        return Remains(keys, None), Remains(rows, None), Remains(hashes, done_at + REPLAY_DAYS * DAY_MS)
    rows = (
        "rows whose ended boxes nothing opens, in the record store and in data backups: who, when, which event, and "
        "their unsealed (clear) columns, until all of the person ends"
    )
    return Remains(keys, None), Remains(rows, None)
