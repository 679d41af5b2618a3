"""What somebody is told who may not do something with staff or grants: one sentence a word, and who could."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.errors import Refused

if TYPE_CHECKING:
    from lockhouse.access.grants import Bar
    from lockhouse.access.people import Objection

Word = Literal["decided-some", "has-staff", "holds-roles", "kept-apart", "not-allowed", "not-staff", "undecided"]
SENTENCES: dict[str, tuple[str, str]] = {
    "by-host": (
        "expected what a member of staff began, got what this machine's user or a group of an identity provider did",
        "a member gives the role, or begins the reset, in the console; then another approves it",
    ),
    "decided-some": (
        "expected somebody who decided nothing in it", "ask somebody else to sign it off"
    ),
    "glass-overdue": (
        "expected somebody whose break-glass was reviewed in time, got one that is overdue or three that wait",
        "ask for a grant that somebody approves; lockhouse grant list says which one waits",
    ),
    "grant-over": ("expected one that waits or is open, got one that is over", "lockhouse grant list"),
    "has-staff": (
        "expected a signed-in member of staff, as two or more have an account here",
        "one of them approves it, in the console",
    ),
    "holds-roles": (
        "expected somebody who may give roles, as whoever opens this link has those of the account",
        "ask somebody whose role has staff.role",
    ),
    "kept-apart": (
        "expected roles that the policy lets one person hold together",
        "end the other role first: lockhouse staff role end",
    ),
    "last-admin": (
        "expected another admin who stays, got the last one", "lockhouse staff invite, then lockhouse staff role give"
    ),
    "lowers-factors": ("expected factors that are no weaker than before", "enrol a passkey"),
    "no-longer": (
        "expected a request of the last 24 hours whose asker is as they were, got one that waits no longer",
        "it is asked for anew: lockhouse grant request",
    ),
    "not-allowed": ("expected somebody whose role may, got another", "lockhouse policy show says which role may"),
    "not-active": ("expected somebody who is active", "lockhouse staff list"),
    "not-glass": ("expected a break-glass, got a grant that was approved", "lockhouse grant list"),
    "not-another-role": (
        "expected the approval of somebody who holds a role that the proposer does not", "ask a holder of another role"
    ),
    "not-sole": ("expected the only admin, got one of several", "another admin begins it: lockhouse staff reset"),
    "not-staff": (
        "expected a signed-in member of staff, got this machine's user or a service",
        "do it signed in, in the console: Grants",
    ),
    "of-one-line": (
        "expected the approval of somebody of another line of invitations than who began it and who it is for",
        "ask somebody whom somebody else invited; docs/operations/staff.md says how a house comes to a second line",
    ),
    "reviewed": ("expected one that nobody has reviewed, got another", "lockhouse grant show GRANT"),
    "same-person": ("expected somebody else to do it", "nobody decides over themselves"),
    "too-young": ("expected the approval of somebody who has been active for 72 hours", "ask somebody else, or wait"),
    "undecided": ("expected a decision on every line of it", "decide the lines that are left"),
    "wrong-state": ("expected an account for which this can be done", "lockhouse staff show STAFF says how it stands"),
}  # fmt: skip
"""Word -> what was expected, and what to do."""


def refuse(where: str, word: Objection | Bar | Word | None, *, instead: str = "") -> None:
    """Nothing, if there is no objection.

    Args:
        where: what was asked for. word: the objection.
        instead: what was expected, in words of the place, of a state that is wrong there.

    Raises:
        Refused: there is one; its word is the reason.
    """
    if word is not None:
        expected, hint = SENTENCES[word]
        said = f"expected {instead}" if instead and word == "wrong-state" else expected
        raise Refused(f"{where}: {said}", reasons=(word,), hint=hint)
