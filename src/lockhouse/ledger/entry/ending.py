"""Entries of endings: begun, shut, erased, final."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.crypto.merkle import leaf_hash, root
from lockhouse.ledger.entry.body import Actor, Body, Hex16, Hex32, Number, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

What = Literal["person", "compartment", "epoch", "generation"]


class Intent(Body, frozen=True):
    """An ending has begun; start-up replays it until its completion stands in the ledger.

    A further one of the same case says who asked for it again; or, with the reason `restore`, that it began anew.

    Attributes:
        what: what ends. `case`: of the request or policy effect. `by`: who or what asked. `reason`: the legal word.
        ref: of the source person. `compartment`, `epoch`, `generation`: numbers; those that apply.
    """

    KIND = "intent"
    what: What
    case: Hex16
    by: Actor
    reason: Word
    ref: Hex16 | None = None
    compartment: Number | None = None
    epoch: Number | None = None
    generation: Number | None = None


class Cancellation(Body, frozen=True):
    """An ending that was only shut was called off: what it ended opens again. `of`: the intent's entry."""

    KIND = "cancellation"
    of: Hex16
    what: What
    case: Hex16
    by: Actor


class Confirmation(Body, frozen=True):
    """Somebody meant a retention run that ends much. `run`: which; `boxes`: how many it ends, as they typed it."""

    KIND = "confirmation"
    run: Hex16
    boxes: Number
    by: Actor


class Completion(Body, frozen=True):
    """A step of an ending is done.

    Attributes:
        of: the intent's entry. `what`: as there.
        step: `shut` (no read path opens it), `erased` (keys destroyed), `final` (no copy left that could be opened).
        serials: how many keys. `serials_root`: over their serials, ascending, see `serials_root`.
        statement: commitment to the statement of a certificate, see `lockhouse.ledger.certificate`.
    """

    KIND = "completion"
    of: Hex16
    what: What
    step: Literal["shut", "erased", "final"]
    serials: Number
    serials_root: Hex32
    statement: Hex32 | None = None


class Key(Body, frozen=True):
    """A key generation was made, rotated to or retired. `purpose`: `kek`, `index`, `log`; `count`: keys re-wrapped."""

    KIND = "key"
    step: Literal["made", "rotated", "retired"]
    purpose: Word
    generation: Number
    by: Actor
    count: Number = 0


def serials_root(serials: Sequence[bytes]) -> str:
    """The root over the serials of destroyed keys, ascending: the journal's lines can be held against it."""
    return root([leaf_hash(serial) for serial in sorted(serials)]).hex()
