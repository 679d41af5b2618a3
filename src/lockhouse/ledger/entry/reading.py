"""Entries of reads: who was shown what, who was not, and what was opened for re-work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lockhouse.crypto import noted
from lockhouse.ledger.entry.body import Actor, Body, Hex16, Hex32, Number, Word

if TYPE_CHECKING:
    from collections.abc import Sequence


def refs_root(refs: Sequence[bytes]) -> str:
    """The Merkle root over the sorted refs, as an entry holds it: what a ticket to open boxes is checked against."""
    return noted.refs_root(refs).hex()


class Disclosure(Body, frozen=True):
    """Somebody is shown sealed data: committed before any of it is opened; one a chunk of persons.

    Attributes:
        actor: who asks. `role`: as what. `purpose`: which lawful purpose, by its name in the policy.
        action: `reveal`, `read`, `check`, `find`, `list`, `export`, `count`, `send`, `consent` (what a person said).
        reason: the reason code that was chosen.
        fields: numbers of the fields asked for. `compartments`: of the boxes to be opened.
        count: how many source persons. `refs_root`: Merkle root over the sorted refs, see `refs_root`.
        ask: one id for all chunks of one ask. `part`: which chunk of it, from 0.
        text: salted hash of what was typed besides (a ticket), see `salted`.
        recipient: number of the recipient that is sent to.
        grants: ids of the grants without which less would be seen.
        marked: `colleague`, `flagged`: what somebody is of those who are looked at.
    """

    KIND = "disclosure"
    actor: Actor
    role: Word
    purpose: Word
    action: Word
    reason: Word
    fields: list[Number]
    compartments: list[Number]
    count: Number
    refs_root: Hex32
    ask: Hex16
    part: Number = 0
    text: Hex32 | None = None
    recipient: Number | None = None
    grants: list[Hex16] | None = None
    marked: list[Literal["colleague", "flagged"]] | None = None


class Rework(Body, frozen=True):
    """Boxes are opened and sealed again with nothing leaving the process; one a range.

    Attributes:
        actor: the worker. `purpose`: as in a disclosure.
        action: `reindex`, `merge-check`, `snapshot`, `reseal`.
        compartments, count, refs_root: as in a disclosure.
        cause: the job or entry that asked for it.
    """

    KIND = "rework"
    actor: Actor
    purpose: Word
    action: Word
    compartments: list[Number]
    count: Number
    refs_root: Hex32
    cause: Word


class Refusal(Body, frozen=True):
    """Somebody who is signed in was not shown what they asked for.

    Attributes:
        actor, role, purpose, action, reason, fields, ask: as in a disclosure.
        because: the rules that decided, as stable words.
        count: how many persons were asked for.
    """

    KIND = "refusal"
    actor: Actor
    role: Word
    purpose: Word
    action: Word
    reason: Word
    fields: list[Number]
    because: list[Word]
    count: Number
    ask: Hex16


class Quota(Body, frozen=True):
    """Somebody's looks were counted, in the very commit that notes them.

    Attributes:
        actor: who looked. `owner`: to whom it counts: a token's look to whoever answers for it; `class:NAME`, to the
            whole house's ceiling of a class; `tried:3fa`, to the tries of all of a 4,096th of people.
        ask: of the disclosure or refusal beside it.
        persons: how many people the hour has, this look's among them. `counted`: how many of them are new.
        over: how many of those were beyond a limit that only observes: they would have been refused.
        tried: the how manieth try of the hour it was, if a field of one person was checked.
        row: hash of the row. `place`: as in a suppression.
    """

    KIND = "quota"
    actor: Actor
    owner: Actor
    ask: Hex16
    persons: Number
    counted: Number
    row: Hex32
    place: Hex32
    over: Number = 0
    tried: Number = 0


class Refusals(Body, frozen=True):
    """Refusals of callers nobody knows, counted: noting each would let anyone flood the ledger.

    Attributes:
        door: the listener or channel. `since`, `until`: the time counted over. `counts`: outcome code -> how many.
    """

    KIND = "refusals"
    door: Word
    since: Number
    until: Number
    counts: dict[Word, Number]
