"""Entries of staff: who was let in, as what, by which proof; who signed in, and who meant what they did."""

from __future__ import annotations

from typing import Literal

from lockhouse.ledger.entry.body import Actor, Body, Change, Hex16, Hex32, Number, Word

StaffStep = Literal[
    "invited", "linked", "enrolled", "disabled", "enabled", "reset-begun", "reset", "recovered", "reviewed", "sessions"
]
RoleStep = Literal["proposed", "given", "ended"]
ReviewStep = Literal["opened", "decided", "signed", "closed"]
FactorStep = Literal["added", "changed", "ended"]
GrantStep = Literal[
    "asked", "approved", "refused", "ended", "glass-broken", "reviewed-in-order", "reviewed-not-in-order"
]
Means = Literal["passkey", "password", "one-time-codes", "recovery-codes", "identity"]


class Staff(Body, frozen=True):
    """An account of somebody who works here.

    Attributes:
        step: `invited`; `linked`, a new link in place of the one before; `enrolled`; `disabled`; `enabled`;
            `reset-begun` and, by somebody else, `reset`: their factors are over; `recovered`, with the root key on the
            host, and `reviewed`; `sessions`: what was signed in is over.
        staff: its random id. `row`: hash of the row. `place`: as in a suppression.
    """

    KIND = "staff"
    step: StaffStep
    staff: Hex16
    by: Actor
    row: Hex32
    place: Hex32


class Role(Body, frozen=True):
    """Somebody is to hold a role of the policy, holds it, or holds it no longer.

    Attributes:
        staff, row, place: as of an account. `proposed_by`: who proposed what `by` gave.
    """

    KIND = "role"
    step: RoleStep
    staff: Hex16
    role: Word
    by: Actor
    proposed_by: Actor
    row: Hex32
    place: Hex32


class Factor(Body, frozen=True):
    """Something by which somebody proves who they are. `factor`: its random id; the others as of an account."""

    KIND = "factor"
    step: FactorStep
    staff: Hex16
    factor: Hex16
    means: Means
    by: Actor
    row: Hex32
    place: Hex32


class AccessReview(Body, frozen=True):
    """A review of who holds which role.

    Attributes:
        step: `opened`, `decided`, `signed` or, once what was to end has ended, `closed`.
        review: its random id. `lines`: how many roles it looks at; `ends`: how many of them are to end.
        row, place: as of an account.
    """

    KIND = "access-review"
    step: ReviewStep
    review: Hex16
    by: Actor
    lines: Number
    ends: Number
    row: Hex32
    place: Hex32


class Session(Body, frozen=True):
    """Somebody signed in, or a session is over: signed out by themselves, or ended by somebody.

    Attributes:
        session: its random id. `means`: what they signed in by; `level`: how sure that is, 1 to 3. Both of
            `begun` alone.
    """

    KIND = "session"
    step: Literal["begun", "ended"]
    staff: Hex16
    session: Hex16
    by: Actor
    means: Word | None = None
    level: Number | None = None


class FailedSignIns(Body, frozen=True):
    """Sign-ins that failed within an hour, counted together; nobody was let in by them.

    Attributes:
        failures: how many. `since`: ms; when the hour began. `until`: ms; when the last one failed.
        staff: whose account was tried; None: of nobody who works here. `login`: keyed index of a login that nobody has.
        network: keyed index of where they came from. `means`: by which way. None of these two: of any, behind 16 lines
            of the account, or of logins that nobody has, in that hour.
    """

    KIND = "failed-sign-ins"
    failures: Number
    since: Number
    until: Number
    staff: Hex16 | None = None
    login: Hex32 | None = None
    network: Hex32 | None = None
    means: Word | None = None


class StepUp(Body, frozen=True):
    """Somebody proved once more who they are, for one thing. `hash`: of the action, its persons and its fields."""

    KIND = "step-up"
    staff: Hex16
    session: Hex16
    means: Word
    action: Word
    hash: Hex32


class Grant(Body, frozen=True):
    """Extra access was asked for, decided over, ended, taken at once, or reviewed.

    Attributes:
        grant: its random id. `staff`: who has it. `purpose`, `fields`: what it is for, by their names in the policy.
        persons: how many source persons it names. `reason`: a word that the policy lists.
        until: ms; when it ends, if it opened. `row`, `place`: as of an account.
    """

    KIND = "grant"
    step: GrantStep
    grant: Hex16
    staff: Hex16
    by: Actor
    purpose: Word
    fields: list[Word]
    persons: Number
    reason: Word
    row: Hex32
    place: Hex32
    until: Number | None = None


class Flag(Body, frozen=True):
    """Somebody said that a person is watched over, or is not any more.

    Attributes:
        ref: of the person. `reason`: a word. `row`, `place`: as of an account.
    """

    KIND = "flag"
    change: Change
    ref: Hex16
    reason: Word
    by: Actor
    row: Hex32
    place: Hex32


class StaffIdentifier(Body, frozen=True):
    """By which kind of identifier a member of staff is a customer was said, or ended; its value stands nowhere.

    Attributes:
        identifier: its random id. `kind`: number of the identifier kind. `row`, `place`: as of an account.
    """

    KIND = "staff-identifier"
    change: Change
    staff: Hex16
    identifier: Hex16
    kind: Number
    by: Actor
    row: Hex32
    place: Hex32
