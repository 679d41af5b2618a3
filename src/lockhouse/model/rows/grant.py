"""Identity store: extra access for a while, whom to look after, and by what staff are customers themselves."""

from __future__ import annotations

from lockhouse.model.rows.base import Row


class AccessGrant(Row, frozen=True):
    """A grant. `kind` 0 asked for, 1 break-glass; `state` 0 waiting, 1 open, 2 refused, 3 ended."""

    TABLE = "access_grant"
    STORE = "identity"
    KEY = ("id",)
    INDEXES = (("staff",),)
    AUTHORITY = True
    id: bytes
    staff: bytes
    """Who has it."""
    kind: int
    state: int
    step: str
    """What was done last, as the ledger's entry says it."""
    terms: bytes
    """msgpack of `access.grants.Terms`."""
    asked_at: int
    until_at: int
    """ms; 0 while it waits, or if it never opened."""
    approved_by: str
    """Who approved it; empty: nobody did."""
    review: int
    """Of a broken glass: 0 none yet, 1 in order, 2 not."""
    box: bytes
    """Sealed: the reviewer's words; empty: none."""
    by: str
    at: int
    entry: bytes
    mac: bytes


class PersonFlag(Row, frozen=True):
    """That a person is watched over. `state` 1 is so, 0 not any more. It goes with the person."""

    TABLE = "person_flag"
    STORE = "identity"
    KEY = ("person",)
    AUTHORITY = True
    person: bytes
    state: int
    reason: str
    by: str
    at: int
    entry: bytes
    mac: bytes


class StaffIdentifier(Row, frozen=True):
    """By what a member of staff is a customer: a keyed hash of the tag that the customer's own index would have.

    `state` 1 live, 0 ended. The value stands nowhere.
    """

    TABLE = "staff_identifier"
    STORE = "identity"
    KEY = ("tag", "staff")
    INDEXES = (("staff",),)
    AUTHORITY = True
    tag: bytes
    staff: bytes
    id: bytes
    """What lists call it."""
    kind: int
    """Number of the identifier kind."""
    state: int
    by: str
    at: int
    entry: bytes
    mac: bytes
