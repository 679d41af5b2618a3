"""The small ordered scales of the product, as integers that compare."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class Assurance(IntEnum):
    """How the sender of an event is authenticated. It gates what a channel may do."""

    PUBLIC = 1
    SECRET = 2
    SIGNED = 3


class Proof(IntEnum):
    """How an identifier came to belong to a person: typed by someone, the provider's own, or shown to be theirs."""

    CLAIMED = 1
    ISSUED = 2
    PROVEN = 3


class Belief(IntEnum):
    """How far an identifier of an event, and the row it makes, is believed: its proof, and of a claim which key."""

    PUBLIC = 0
    """Claimed with a key that anyone can read."""
    CLAIMED = 1
    ISSUED = 2
    PROVEN = 3

    @property
    def proof(self) -> Proof:
        """The same as records, links and the ledger say it: a claim is a claim."""
        return Proof(max(self, Proof.CLAIMED))


class Stage(IntEnum):
    """How far a channel is let in: observe stores shapes only, trial keeps drops for replay, live is the rule."""

    OBSERVE = 1
    TRIAL = 2
    LIVE = 3


class PersonState(IntFlag):
    """What stands against a person's data; several may hold at once.

    What they objected to stands by purpose, in their words and in suppressions.
    """

    NONE = 0
    RESTRICTED = 1
    HELD = 4
    ENDING = 8
    ERASED = 16
    MINOR = 32


class ConsentState(IntEnum):
    """A person's word on one purpose."""

    DENIED = 0
    GRANTED = 1
    TAKEN_BACK = 2
    """Added to a word of an import that was taken back: it counts for nothing, and goes once that is told."""
    CUSTOMER = 4
    """No word: they bought something, or were about to, and so are a customer for the purpose's soft opt-in."""
    REGION = 5
    """No word, and of no purpose: evidence of another region than was known of them."""


class KeyState(IntEnum):
    """Life of a key: live, shut (in limbo, no read path opens it), destroyed."""

    LIVE = 0
    SHUT = 1
    DESTROYED = 2
