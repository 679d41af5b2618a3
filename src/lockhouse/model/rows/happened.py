"""Record store: what happened, sealed, with its receipts, its sends and what was not kept."""

from __future__ import annotations

from lockhouse.model.rows.base import U16, At, OneOfThree, Row, Sixteen, Whole


class Record(Row, frozen=True):
    """One stored event: clear metadata plus boxes. Immutable but for re-seals with the next seal number."""

    TABLE = "record"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("person", "id"),)
    APPEND = True
    id: Sixteen
    person: Sixteen
    channel: Whole
    event: Whole
    occurred_at: At
    received_at: At
    assurance: OneOfThree
    proof: OneOfThree
    policy: Whole
    salt: Sixteen
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


class Snapshot(Row, frozen=True):
    """What a fold can need of many records of a source person, of one compartment and epoch, under their own key.

    It says what its sources said when it was made, and whoever reads it holds `root` against them as they stand. What
    deletes or rewrites one of them deletes it in the same Change.
    """

    TABLE = "snapshot"
    STORE = "record"
    KEY = ("person", "compartment", "epoch")
    person: Sixteen
    compartment: U16
    epoch: U16
    serial: bytes
    """Of the person key that its sources lie under, and it with them."""
    upto: Sixteen
    """The last record that it covers: it covers every one before that has a box there under this key."""
    covers: Whole
    """How many. 0: none, since what a fold can need would be too large."""
    root: bytes
    """Over the leaves of what it covers, in the order of their ids (docs/spec/box.md)."""
    blob: bytes


class Receipt(Row, frozen=True):
    """That a message was answered, by the keyed hash of its id within its credential class; kept for `why`."""

    TABLE = "receipt"
    STORE = "record"
    APPEND = True
    KEY = ("channel", "message")
    INDEXES = (("at",),)
    channel: int
    message: bytes
    body: bytes
    """Keyed hash of the item's bytes: the same id with another body is told apart from a replay.

    8 bytes; of receipts from before 16, which begin with them."""
    record: bytes | None
    at: At
    code: str
    """Without its prefix and zeros (`codes.brief`): of `LH-0001` it is `1`; of receipts from before all of it."""
    detail: bytes
    """msgpack of (kept, what was dropped): shapes only, emptied after 7 days.

    What was dropped is the id of a `DropList` of the receipt's day, or ((path, reason), …) itself: where nothing was,
    and in receipts from before there were such lists.
    """


class DropList(Row, frozen=True):
    """What was dropped of events of one day: many are alike, and each such list stands here once.

    `id` is a keyed hash of `paths`, so that every process names a list alike and an edited one is found. A list goes
    when the receipts of its day are emptied.
    """

    TABLE = "drop_list"
    STORE = "record"
    KEY = ("day", "id")
    day: Whole
    """Days since 1970."""
    id: bytes
    paths: bytes
    """msgpack of ((path, reason), …)."""


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
    attempts: Whole
    run_at: At
    reason: str | None


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


class Quarantined(Row, frozen=True):
    """What the policy lacked of an event of a channel in stage `trial`, sealed until it may be replayed, or ends.

    The box says all of it again; who edits a column here makes nothing open, and nothing last longer.
    """

    TABLE = "quarantine"
    STORE = "record"
    KEY = ("id",)
    INDEXES = (("channel", "id"),)
    id: Sixteen
    channel: Whole
    person: Sixteen
    at: At
    """When the event came in, ms: 72 hours later nothing replays it."""
    boxes: bytes
    """One box, under the person's own key (`WHOLE`) and the key of the day."""
