"""Identity store: source persons, their blind indexes and links.

A person's row and an identifier's decide whose data something is, and come with every new customer; an erased mark
decides whose events are refused, one for each identifier of an ending. They carry a short MAC and no ledger entry of
their own. It stands last, so that what it is over is the row's bytes before it.
"""

from __future__ import annotations

from lockhouse.model.rows.base import Row


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
    mac: bytes


class Identifier(Row, frozen=True):
    """A blind index of one identifier: at one belief it belongs to one source person for ever.

    `proof` holds the `Belief`: 1 to 3 are the proof, 0 is a claim with a key that anyone can read.
    """

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
    mac: bytes


class Lookup(Row, frozen=True):
    """A truncated or shared look-up (last4, surname, order number): many owners, filtered after opening.

    `doubt` is how far the record that carries it is from proven, in steps of `Belief`: in key order the most believed
    come first, so whoever adds many with a public key pushes none of them out of what is read.
    """

    TABLE = "lookup"
    STORE = "identity"
    KEY = ("kind", "generation", "tag", "doubt", "person")
    INDEXES = (("person",),)
    kind: int
    generation: int
    tag: bytes
    doubt: int
    person: bytes


class Link(Row, frozen=True):
    """Two source persons said to be one, with the lowest proof of what said so. `kind` 0 same person, 1 device of."""

    TABLE = "link"
    STORE = "identity"
    KEY = ("id",)
    INDEXES = (("a", "until_at"), ("b", "until_at"))
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


class ErasedMark(Row, frozen=True):
    """A blind index erased before a time: replays of older events do not bring the person back.

    Each ending sets and takes its own, so that several under one index leave each other alone.

    It stands under the index branch, so an index key generation is kept while a mark under it lives (90 days).
    """

    TABLE = "erased_mark"
    STORE = "identity"
    KEY = ("kind", "generation", "tag", "case_id")
    kind: int
    generation: int
    tag: bytes
    case_id: bytes
    before_at: int
    until_at: int
    mac: bytes
