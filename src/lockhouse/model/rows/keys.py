"""Identity store: every key of the house and of its persons, wrapped; and what became of those that ended."""

from __future__ import annotations

from lockhouse.model.rows.base import U16, At, Row, State, Whole


class KeyRing(Row, frozen=True):
    """All person keys and the ref key of one source person under one wrap."""

    TABLE = "key_ring"
    STORE = "identity"
    KEY = ("person",)
    APPEND = True
    person: bytes
    generation: int
    version: int
    wrapped: bytes


class EpochKey(Row, frozen=True):
    """The key of one compartment and collection month. `wrapped` is None once destroyed."""

    TABLE = "epoch_key"
    STORE = "identity"
    KEY = ("compartment", "epoch")
    compartment: U16
    epoch: U16
    serial: bytes
    generation: Whole
    wrapped: bytes | None
    state: State
    created_at: At
    shut_at: At | None
    entry: bytes | None


class Limbo(Row, frozen=True):
    """A ring (or the part of it) that was shut and waits for its destruction; no read path opens it."""

    TABLE = "limbo"
    STORE = "identity"
    KEY = ("person", "case_id")
    INDEXES = (("destroy_at",),)
    person: bytes
    case_id: bytes
    generation: Whole
    version: Whole
    wrapped: bytes
    shut_at: int
    destroy_at: int
    """Both are for who looks at the table: the case says what counts, and their edit holds nobody's ending up."""


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
    generation: Whole
    root: str
    wrapped: bytes | None
    state: State
    wraps: Whole
    created_at: At


class IndexKey(Row, frozen=True):
    """The key of one identifier kind's blind index, in generations. `norm` is the normalisation version."""

    TABLE = "index_key"
    STORE = "identity"
    KEY = ("kind", "generation")
    kind: Whole
    generation: Whole
    norm: Whole
    kek: Whole
    wrapped: bytes
    state: State


class HouseSecret(Row, frozen=True):
    """A named secret of the house (ledger key, integrity key, receipt key), wrapped by the KEK."""

    TABLE = "house_secret"
    STORE = "identity"
    KEY = ("name", "version")
    name: str
    version: Whole
    generation: Whole
    wrapped: bytes
    until_at: At | None
