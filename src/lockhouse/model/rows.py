"""Every row of both stores, as typed values; the tables' only definition.

A row class names its store, its key and its indexes once; adapters derive DDL, statements and wire frames from
it. Rows hold ids, keyed hashes, sealed bytes and small integers, never a person's value. Column kinds follow the
annotation: `bytes` BLOB, `int` INTEGER, `str` TEXT, `| None` nullable. Rows marked `authority` give someone or
something a right; they carry a MAC over their content and the ledger entry that made them, checked on load.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Store = Literal["identity", "record"]


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all rows; a subclass is one table."""

    TABLE: ClassVar[str] = ""
    STORE: ClassVar[Store] = "record"
    KEY: ClassVar[tuple[str, ...]] = ()
    INDEXES: ClassVar[tuple[tuple[str, ...], ...]] = ()
    AUTHORITY: ClassVar[bool] = False
    APPEND: ClassVar[bool] = False
    """True for rows that come in arrival order and are never replaced: a rowid table in SQLite, `seq` its row id."""


# ---- identity store: who is who, with keys and blind indexes -------------------------------------------------


class Person(Row, frozen=True):
    """A source person. `version` moves with every change that a sealed write must notice."""

    TABLE = "person"
    STORE = "identity"
    KEY = ("id",)
    id: bytes
    state: int
    region: str | None
    version: int
    created_at: int
    active_at: int
    """Day of the last activity, in ms; moved forward at most once a day."""


class Identifier(Row, frozen=True):
    """A blind index of one identifier: at one proof it belongs to one source person for ever."""

    TABLE = "identifier"
    STORE = "identity"
    KEY = ("kind", "generation", "tag", "proof")
    INDEXES = (("person",),)
    kind: int
    generation: int
    tag: bytes
    proof: int
    person: bytes
    first_at: int


class Lookup(Row, frozen=True):
    """A truncated or shared look-up (last4, surname, order number): many owners, filtered after opening."""

    TABLE = "lookup"
    STORE = "identity"
    KEY = ("kind", "generation", "tag", "person")
    INDEXES = (("person",),)
    kind: int
    generation: int
    tag: bytes
    person: bytes


class Link(Row, frozen=True):
    """Two source persons said to be one, with the lowest proof of what said so. `kind` 0 same person, 1 device of."""

    TABLE = "link"
    STORE = "identity"
    KEY = ("id",)
    INDEXES = (("a",), ("b",))
    AUTHORITY = True
    id: bytes
    a: bytes
    b: bytes
    kind: int
    proof: int
    from_at: int
    until_at: int | None
    undone_at: int | None
    entry: bytes
    mac: bytes


class KeyRing(Row, frozen=True):
    """All person keys and the ref key of one source person under one wrap."""

    TABLE = "key_ring"
    STORE = "identity"
    KEY = ("person",)
    INDEXES = (("generation",),)
    person: bytes
    generation: int
    version: int
    wrapped: bytes


class EpochKey(Row, frozen=True):
    """The key of one compartment and collection month. `wrapped` is None once destroyed."""

    TABLE = "epoch_key"
    STORE = "identity"
    KEY = ("compartment", "epoch")
    compartment: int
    epoch: int
    serial: bytes
    generation: int
    wrapped: bytes | None
    state: int
    created_at: int
    shut_at: int | None
    entry: bytes | None


class Limbo(Row, frozen=True):
    """A ring (or the part of it) that was shut and waits for its destruction; no read path opens it."""

    TABLE = "limbo"
    STORE = "identity"
    KEY = ("person", "case_id")
    INDEXES = (("destroy_at",),)
    person: bytes
    case_id: bytes
    generation: int
    version: int
    wrapped: bytes
    compartments: bytes
    shut_at: int
    destroy_at: int


class Tombstone(Row, frozen=True):
    """A destroyed key's serial: why a box says `Erased`, not `Tampered`. `compartment` 0 is the ref key."""

    TABLE = "tombstone"
    STORE = "identity"
    KEY = ("serial",)
    INDEXES = (("person",),)
    AUTHORITY = True
    serial: bytes
    person: bytes
    compartment: int
    at: int
    cause: int
    entry: bytes
    mac: bytes


class Kek(Row, frozen=True):
    """A KEK generation, wrapped by its own root key version. `wraps` counts what it has wrapped (refused at 2^31)."""

    TABLE = "kek"
    STORE = "identity"
    KEY = ("generation",)
    generation: int
    root: str
    wrapped: bytes | None
    state: int
    wraps: int
    created_at: int


class IndexKey(Row, frozen=True):
    """The key of one identifier kind's blind index, in generations. `norm` is the normalisation version."""

    TABLE = "index_key"
    STORE = "identity"
    KEY = ("kind", "generation")
    kind: int
    generation: int
    norm: int
    kek: int
    wrapped: bytes
    state: int


class HouseSecret(Row, frozen=True):
    """A named secret of the house (ledger key, integrity key, receipt key), wrapped by the KEK."""

    TABLE = "house_secret"
    STORE = "identity"
    KEY = ("name", "version")
    name: str
    version: int
    generation: int
    wrapped: bytes
    until_at: int | None


class Consent(Row, frozen=True):
    """One thing a person (or a signal on their behalf) said about one purpose; the newest that counts rules."""

    TABLE = "consent"
    STORE = "identity"
    KEY = ("person", "purpose", "at", "id")
    AUTHORITY = True
    person: bytes
    purpose: int
    at: int
    id: bytes
    state: int
    channel: int
    signal: str
    assurance: int
    notice: str | None
    entry: bytes
    mac: bytes


class Suppression(Row, frozen=True):
    """What must not be collected again: an identifier under the suppression branch and the purposes it closes."""

    TABLE = "suppression"
    STORE = "identity"
    KEY = ("kind", "tag")
    AUTHORITY = True
    kind: int
    tag: bytes
    purposes: bytes
    """msgpack list of purpose numbers; an empty list closes every purpose that may be closed."""
    reason: str
    since: int
    until_at: int | None
    entry: bytes
    mac: bytes


class ErasedMark(Row, frozen=True):
    """A blind index erased before a time: replays of older events do not bring the person back.

    It stands under the index branch, so an index key generation is kept while a mark under it lives (90 days).
    """

    TABLE = "erased_mark"
    STORE = "identity"
    KEY = ("kind", "generation", "tag")
    kind: int
    generation: int
    tag: bytes
    before_at: int
    until_at: int


class Attestation(Row, frozen=True):
    """A fact about an actor that an admin records while no better source exists (a course passed, a role held)."""

    TABLE = "attestation"
    STORE = "identity"
    KEY = ("actor", "fact")
    AUTHORITY = True
    actor: str
    fact: str
    until_at: int | None
    by: str
    at: int
    entry: bytes
    mac: bytes


class Credential(Row, frozen=True):
    """A channel's write key, as a keyed hash. `state` 0 live, 1 ended."""

    TABLE = "credential"
    STORE = "identity"
    KEY = ("hash",)
    INDEXES = (("channel",),)
    AUTHORITY = True
    hash: bytes
    channel: int
    assurance: int
    shown: str
    """The first characters after the prefix, so that people can tell keys apart."""
    state: int
    created_at: int
    until_at: int | None
    entry: bytes
    mac: bytes


# ---- record store: what happened, sealed -----------------------------------------------------------------------


class Record(Row, frozen=True):
    """One stored event: clear metadata plus boxes. Immutable but for re-seals with the next seal number."""

    TABLE = "record"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("person", "id"),)
    APPEND = True
    id: bytes
    person: bytes
    channel: int
    event: int
    occurred_at: int
    received_at: int
    assurance: int
    proof: int
    policy: int
    salt: bytes
    clear: bytes
    """msgpack map of slot number -> value of `clear: true` fields; empty bytes when there is none."""
    boxes: bytes


class Seal(Row, frozen=True):
    """What a sealed write expects of a person, on the record store's side of the two stores.

    Absent means version 0, open. An ending moves the version first, in the same commit as its intent, so that no
    record sealed under the old keys can become durable afterwards. `state` 0 open, 1 ending, 2 ended.
    """

    TABLE = "seal"
    STORE = "record"
    KEY = ("person",)
    person: bytes
    version: int
    state: int


class Receipt(Row, frozen=True):
    """That a message was answered, by the keyed hash of its id within its credential class; kept for `why`."""

    TABLE = "receipt"
    STORE = "record"
    KEY = ("channel", "message")
    INDEXES = (("at",), ("message",))
    channel: int
    message: bytes
    body: bytes
    """Keyed hash of the item's bytes: the same id with another body is told apart from a replay."""
    record: bytes | None
    at: int
    code: str
    detail: bytes
    """msgpack of (kept, ((path, reason), …)); shapes only, emptied after 7 days."""


class LedgerEntry(Row, frozen=True):
    """One durable entry of a lane; `position` is None until the sequencer folds it into the tree."""

    TABLE = "ledger_entry"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("lane", "counter"), ("position",))
    id: bytes
    lane: str
    counter: int
    position: int | None
    at: int
    kind: str
    body: bytes
    """The whole entry as canonical JSON; its leaf is SHA-256(0x00 || body)."""
    leaf: bytes


class Intake(Row, frozen=True):
    """Beside an intake entry: which records it covers and their salted leaf hashes, which outlive the rows."""

    TABLE = "intake"
    STORE = "record"
    KEY = ("entry",)
    entry: bytes
    records: bytes
    """16 bytes each, in leaf order."""
    leaves: bytes
    """32 bytes each."""


class Lane(Row, frozen=True):
    """A writer's hash chain: its newest counter and head. Reopened under a lease with a fence."""

    TABLE = "lane"
    STORE = "record"
    KEY = ("name",)
    name: str
    counter: int
    head: bytes
    fence: int


class Checkpoint(Row, frozen=True):
    """A signed tree head."""

    TABLE = "checkpoint"
    STORE = "record"
    KEY = ("size",)
    size: int
    at: int
    text: str


class Note(Row, frozen=True):
    """Beside a disclosure entry: whose boxes it opened. Deletable; indexed by ref for "who looked"."""

    TABLE = "note"
    STORE = "record"
    KEY = ("entry", "ref")
    INDEXES = (("ref",),)
    entry: bytes
    ref: bytes
    salt: bytes
    text: bytes


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


class Process(Row, frozen=True):
    """A running process and what it has acknowledged."""

    TABLE = "process"
    STORE = "record"
    KEY = ("id",)
    id: bytes
    role: str
    seen_policy: int
    seen_key: int
    beat_at: int


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


class Outbox(Row, frozen=True):
    """Something to be sent, committed with the deed that caused it; ids only, opened when it is sent."""

    TABLE = "outbox"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("recipient", "state", "id"), ("person",))
    id: bytes
    recipient: int
    person: bytes
    record: bytes
    state: int
    """0 waiting, 1 sent, 2 held back by the policy, 3 dead letter."""
    attempts: int
    run_at: int
    reason: str | None


class Intent(Row, frozen=True):
    """An ending begun: replayed at start-up until its completion is noted. `state` 0 open, 1 done."""

    TABLE = "intent"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("state",),)
    id: bytes
    kind: str
    body: bytes
    state: int
    at: int


class Deletion(Row, frozen=True):
    """A record row removed on purpose and why, so that its absence is not tampering."""

    TABLE = "deletion"
    STORE = "record"
    KEY = ("record",)
    record: bytes
    leaf: bytes
    cause: str
    entry: bytes


class PolicyVersion(Row, frozen=True):
    """A policy as proposed, approved and once live. `compiled` is what serving processes load.

    `state` is 0 proposed, 1 live, 2 former.
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
    """The name registry: numbers are never reused."""

    TABLE = "name"
    STORE = "record"
    KEY = ("kind", "id")
    INDEXES = (("kind", "name"),)
    kind: str
    id: int
    name: str


class Drop(Row, frozen=True):
    """What a channel sent that was not kept: a path (unknown segments as `*`), a reason and a count."""

    TABLE = "drop_count"
    STORE = "record"
    KEY = ("channel", "path", "reason")
    channel: int
    path: str
    reason: str
    count: int
    first_at: int
    last_at: int


def tables() -> dict[str, type[Row]]:
    """Every table by name, in the order of definition."""
    return {row.TABLE: row for row in Row.__subclasses__()}
