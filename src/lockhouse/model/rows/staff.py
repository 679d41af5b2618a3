"""Identity store: who works here, as what, how they prove it, and what is open for them just now.

Nobody's login, name, address, seed or hash stands here in the clear: texts are sealed, and what is looked up is a keyed
hash. `Staff`, `StaffRole` and `Factor` give authority and name their ledger entries. What moves with each sign-in
carries a short MAC and names none, as in `rows.who`; it stands last there.
"""

from __future__ import annotations

from lockhouse.model.rows.base import At, Row, ThirtyTwo, Whole


class Staff(Row, frozen=True):
    """Somebody who works with the house. `state` 0 invited, 1 active, 2 disabled.

    The row alone says which link is open and from when on sessions count: a link or a session that is put back by SQL
    stands for nothing.
    """

    TABLE = "staff"
    STORE = "identity"
    KEY = ("id",)
    AUTHORITY = True
    id: bytes
    login_tag: bytes
    box: bytes
    """Sealed: login and name, see `gates.staff.called`."""
    state: int
    step: str
    """What was done last, as the ledger's entry says it."""
    inviter: bytes
    """Id of who invited them; empty: the host."""
    language: str
    created_at: int
    active_at: int | None
    link: bytes
    """Tag of the one link that may be used; empty: none may."""
    sessions_from: int
    """ms; a session that was made then, or before, is over."""
    recovered_at: int | None
    """ms; of a recovery on the host that nobody has reviewed."""
    by: str
    at: int
    entry: bytes
    mac: bytes


class StaffLogin(Row, frozen=True):
    """Whose a login is: there is one account for each, and the account names its login, too.

    Under a tag of another kind, whose an identity at an identity provider is: the account has a factor that says so.
    """

    TABLE = "staff_login"
    STORE = "identity"
    KEY = ("tag",)
    tag: bytes
    staff: bytes
    mac: bytes


class StaffRole(Row, frozen=True):
    """A role of the policy, by its name. `state` 0 proposed, 1 given, 2 ended."""

    TABLE = "staff_role"
    STORE = "identity"
    KEY = ("staff", "role")
    AUTHORITY = True
    staff: bytes
    role: str
    state: int
    proposed_by: str
    by: str
    """Who did what was done last."""
    at: int
    ended_at: int
    """When it was last taken from them while they held it; 0 if it never was. Who proposes it anew does not move it."""
    entry: bytes
    mac: bytes


class Factor(Row, frozen=True):
    """How somebody proves who they are.

    `kind` 1 passkey, 2 password, 3 one-time codes, 4 recovery codes, 5 an identity at an identity provider. `state` 0
    live, 1 ended. Ended ones are kept: a reset may not lower what somebody had.
    """

    TABLE = "factor"
    STORE = "identity"
    KEY = ("staff", "id")
    AUTHORITY = True
    staff: bytes
    id: bytes
    kind: int
    state: int
    box: bytes
    """Sealed: public key and flags, hash of a password, seed, hashes of codes, tag of an identity."""
    label: bytes
    """Sealed: what its owner calls it; empty: nothing."""
    created_at: int
    by: str
    at: int
    entry: bytes
    mac: bytes


class FactorUse(Row, frozen=True):
    """How far a factor was used: sign count, last step of a one-time code, which recovery codes as bits."""

    TABLE = "factor_use"
    STORE = "identity"
    KEY = ("staff", "id")
    staff: bytes
    id: bytes
    counter: int
    at: int
    mac: bytes


class Invite(Row, frozen=True):
    """A one-time link, by the tag of its secret. `kind` 0 to enrol, 1 to enrol anew. Its account's row must name it."""

    TABLE = "invite"
    STORE = "identity"
    KEY = ("tag",)
    tag: bytes
    staff: bytes
    kind: int
    until_at: int
    mac: bytes


class Ceremony(Row, frozen=True):
    """An enrolment or step-up that has begun; whoever ends it takes the row away, so it ends once.

    A sign-in that was answered: so that it is answered once.
    """

    TABLE = "ceremony"
    STORE = "identity"
    KEY = ("tag",)
    tag: bytes
    kind: int
    staff: bytes
    """Empty: nobody is known yet."""
    session: bytes
    """Tag of the session; empty: none."""
    bound: bytes
    """Challenge, or hash of the action."""
    box: bytes
    """Sealed: what the end of it needs; may be empty."""
    until_at: int
    mac: bytes


class Session(Row, frozen=True):
    """Somebody who is signed in, by the tag of what their browser holds; `id` is what the ledger calls it."""

    TABLE = "session"
    STORE = "identity"
    KEY = ("tag",)
    INDEXES = (("staff",),)
    tag: bytes
    id: bytes
    staff: bytes
    level: int
    made_at: int
    seen_at: int
    until_at: int
    step_up_at: int
    """ms of the last step-up; 0: none."""
    step_up_by: bytes
    """Id of the factor; empty: none."""
    box: bytes
    """Sealed: what it was seen from, network and browser."""
    mac: bytes


class FailedSignIn(Row, frozen=True):
    """Sign-ins that failed in an hour, of one account or login, network and way (`access.failures`).

    `since` is when the hour began; `tag` of the line. `told` 0 while the ledger does not tell of it, 1 once it does, by
    `entry_id`.
    """

    TABLE = "failed_sign_in"
    STORE = "identity"
    KEY = ("since", "tag")
    INDEXES = (("since", "staff"), ("staff",), ("told",))
    since: int
    tag: bytes
    staff: bytes
    """Empty: nobody's account."""
    login: bytes
    """Keyed index of a login that nobody has; empty: of an account, or of any."""
    network: bytes
    """Keyed index; empty: any."""
    way: str
    failures: int
    last_at: int
    told: int
    entry_id: bytes
    mac: bytes


class Attempts(Row, frozen=True):
    """Failures in a row, of an account, a network or the house. Nothing rests on it but how long the next one waits."""

    TABLE = "attempts"
    STORE = "identity"
    KEY = ("scope", "tag")
    scope: Whole
    tag: ThirtyTwo
    failures: Whole
    first_at: At
    last_at: At
    until_at: At
