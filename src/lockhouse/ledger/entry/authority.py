"""Entries of rows that give authority: who may, who must not, who is whom, which policy rules."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from lockhouse.crypto.canonical import lp
from lockhouse.ledger.entry.body import (
    Actor,
    Assurance,
    Body,
    Change,
    Hex16,
    Hex32,
    Number,
    Permission,
    Proof,
    Word,
)


class Consent(Body, frozen=True):
    """What a person, or a signal on their behalf, said about one purpose.

    Attributes:
        ref: of the source person. `purpose`, `channel`: numbers. `signal`: `gpc`, `form`.
        state: 0 denied, 1 granted. No words are 4, a customer by a sale, and 5, in another region; 5 is of purpose 0.
        assurance: of the channel. `notice`: version of the text they saw. `row`: hash of the row, see `row_hash`.
        change, place: of a word that came with an import: whether it was taken back, and as in a suppression.
        by: who recorded it, of a word that somebody told staff or a system.
    """

    KIND = "consent"
    ref: Hex16
    purpose: Number
    state: Literal[0, 1, 4, 5]
    channel: Number
    signal: Word
    assurance: Assurance
    row: Hex32
    notice: Word | None = None
    change: Change = "made"
    place: Hex32 | None = None
    by: Actor | None = None


class Suppression(Body, frozen=True):
    """Something must not be collected again, or may be again. `row`: hash of the row; the tag itself stays out.

    Attributes:
        place: hash of the row's key, the same however often it is changed: which making an end is of.
    """

    KIND = "suppression"
    change: Change
    purposes: list[Number]
    reason: Word
    by: Actor
    row: Hex32
    until: Number | None = None
    place: Hex32 | None = None


class Hold(Body, frozen=True):
    """A legal hold was placed, looked at again, or released.

    Attributes:
        change: `made`, `reviewed` or `ended`; of a review, entries without `hold` say `made`.
        hold: its id, which is random; entries of earlier releases have none.
        reason: a word. `basis`: the reference of what it rests on. `persons`: how many source persons; `compartments`:
            numbers, none for all. `keys`: how many it keeps. `review`: when it is looked at again, ms.
        row: hash of the row. `place`: as in a suppression.
    """

    KIND = "hold"
    change: Change | Literal["reviewed"]
    reason: Word
    basis: Word
    by: Actor
    persons: Number
    compartments: list[Number]
    keys: Number
    review: Number
    row: Hex32
    place: Hex32
    hold: Hex16 | None = None


class Link(Body, frozen=True):
    """Two source persons are said to be one, or no longer.

    Attributes:
        a, b: their refs. `proof`: the lowest that said so. `row`: hash of the row. `place`: as in a suppression.
    """

    KIND = "link"
    change: Change
    a: Hex16
    b: Hex16
    proof: Proof
    by: Actor
    row: Hex32
    place: Hex32 | None = None


class Policy(Body, frozen=True):
    """A policy version moved.

    Attributes:
        step: `proposed`; `approved`, where it waits before it rules; `live`; `rolled-back`, where an older document
            rules again; `withdrawn`, of one that was proposed or waited.
        version: its number. `hash`: SHA-256 of its document. `before`: the version that was live. `by`: who.
        proposed_by: who proposed what `by` approved. `approval`: of an approval that a member of staff signed, the hash
            of its row, see `row_hash`; none where the machine's user approved, while nobody could sign.
    """

    KIND = "policy"
    step: Literal["proposed", "approved", "live", "rolled-back", "withdrawn"]
    version: Number
    hash: Hex32
    by: Actor
    before: Number | None = None
    proposed_by: Actor | None = None
    approval: Hex32 | None = None


class Attestation(Body, frozen=True):
    """An admin vouches for a fact about an actor.

    Attributes:
        subject: about whom. `by`: who says so. `row`: hash of the row. `place`: as in a suppression.
    """

    KIND = "attestation"
    change: Change
    subject: Actor
    fact: Word
    by: Actor
    row: Hex32
    until: Number | None = None
    place: Hex32 | None = None


class Credential(Body, frozen=True):
    """A channel's write key, or a provider's secret, was made or ended.

    Attributes:
        until: ms; of one that was given an end while another takes its place: until then it is taken.
        row: hash of the row, which holds only a keyed hash of the key. `place`: as in a suppression.
    """

    KIND = "credential"
    change: Change
    channel: Number
    assurance: Assurance
    by: Actor
    row: Hex32
    place: Hex32 | None = None
    until: Number | None = None


class Pause(Body, frozen=True):
    """A channel or a recipient was taken out of service for now, or put back.

    Attributes:
        number: of its name. `row`: hash of the row. `place`: as in a suppression.
        undoes: `resumed`: the id of the entry of the pause that is over by it.
    """

    KIND = "pause"
    step: Literal["paused", "resumed"]
    what: Literal["channel", "recipient"]
    number: Number
    by: Actor
    row: Hex32
    place: Hex32 | None = None
    undoes: Hex16 | None = None


class Token(Body, frozen=True):
    """A service token was made, overtaken by a new one, or ended.

    Attributes:
        change: `rotated`: a new one was made in its place, and it lives on until `until`.
        token: its id. `owner`: to whom it counts. `role`: in which it reads; none: it reads nobody.
        may: permissions. `purposes`: names. `networks`: how many it may come from; which, its row says.
        until: when it ends, ms. `follows`: the id of the token in whose place it was made.
        row: hash of the row, which holds only a keyed hash of the token. `place`: as in a suppression.
    """

    KIND = "token"
    change: Change | Literal["rotated"]
    token: Hex16
    owner: Actor
    by: Actor
    may: list[Permission]
    purposes: list[Word]
    networks: Number
    until: Number
    row: Hex32
    place: Hex32
    role: Word | None = None
    follows: Hex16 | None = None


def row_hash(table: str, key: bytes, content: bytes) -> str:
    """What an entry says of a row that gives authority: the hash of its table, key and content."""
    return sha256(lp("lockhouse/authority/1", table, key, content)).hexdigest()
