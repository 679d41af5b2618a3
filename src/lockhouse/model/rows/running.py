"""Record store: the house itself, its policy, names, jobs and endings under way."""

from __future__ import annotations

from lockhouse.model.rows.base import Row


class House(Row, frozen=True):
    """The house itself: one row."""

    TABLE = "house"
    STORE = "record"
    KEY = ("one",)
    one: int
    id: bytes
    log: str
    policy_epoch: int
    key_epoch: int
    tree_size: int
    frontier: bytes
    last_at: int
    """Ledger time: never runs backwards."""
    steady_at: int = 0
    """Ledger time behind its newest leap of more than a day (`GAP_MS`); 0 without one, or if the leap was accepted."""


class Job(Row, frozen=True):
    """Work in ranges under a lease; every Change of a step expects the fence."""

    TABLE = "job"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("state", "run_at"), ("dedupe",))
    id: bytes
    kind: str
    dedupe: str | None
    cursor: bytes
    state: int
    attempts: int
    run_at: int
    lease_owner: bytes | None
    lease_until: int | None
    fence: int
    fault: str | None


class Intent(Row, frozen=True):
    """An ending begun: replayed at start-up until its completion is noted. `state` 0 open, 1 done."""

    TABLE = "intent"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("kind",), ("state",))
    AUTHORITY = True
    id: bytes
    kind: str
    body: bytes
    state: int
    at: int
    entry: bytes
    mac: bytes


class ReadShut(Row, frozen=True):
    """That nothing is shown or sent on: the house was brought back in doubt, until somebody accepts it."""

    TABLE = "read_shut"
    STORE = "record"
    KEY = ("cause",)
    AUTHORITY = True
    cause: str
    at: int
    by: str
    entry: bytes
    mac: bytes


class Pause(Row, frozen=True):
    """That a channel or a recipient was taken out of service for now, or put back. The row stays: the newest counts."""

    TABLE = "pause"
    STORE = "record"
    KEY = ("what", "number")
    AUTHORITY = True
    what: str
    """`channel` or `recipient`."""
    number: int
    """Of its name."""
    state: int
    """0 in service, 1 paused."""
    at: int
    by: str
    entry: bytes
    mac: bytes


class Quota(Row, frozen=True):
    """How many people somebody has looked up in their hour; one row for whoever answers for the looks."""

    TABLE = "quota"
    STORE = "record"
    KEY = ("owner",)
    AUTHORITY = True
    owner: str
    since: int
    """When the hour began, by the ledger's time (ms)."""
    run: int
    """The same by the clock that no operator can set (ms)."""
    at: int
    """When it was last counted, by the ledger's time (ms)."""
    persons: int
    seen: bytes
    """Of each of them a keyed tag of 8 bytes, good for this owner and hour alone."""
    tries: bytes
    """Of each field of a person that was checked such a tag, and in one more byte how often."""
    entry: bytes
    mac: bytes


class PolicyVersion(Row, frozen=True):
    """A policy as proposed, approved and once live. `compiled` is what serving processes load.

    `state` is 0 proposed, 1 live, 2 former, 3 approved and waiting, 4 withdrawn, 5 superseded by a later approval.
    `at` is when it came into that state; of a former one when it began to rule, of a superseded one as it was before.
    """

    TABLE = "policy_version"
    STORE = "record"
    KEY = ("id",)
    AUTHORITY = True
    id: int
    hash: bytes
    document: bytes
    compiled: bytes
    state: int
    at: int
    by: str
    entry: bytes
    mac: bytes


class Name(Row, frozen=True):
    """The name registry: numbers are never reused. What a number means decides, so nobody may rename it."""

    TABLE = "name"
    STORE = "record"
    KEY = ("kind", "id")
    INDEXES = (("kind", "name"),)
    AUTHORITY = True
    kind: str
    id: int
    name: str
    entry: bytes
    mac: bytes
