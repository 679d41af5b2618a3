"""Persons, what they said and what they asked for, as questions and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from lockhouse.client.shapes.base import Answer, Asked, At, Cursor, Id, Label, Limit, Value


class FieldShown(Answer, frozen=True, kw_only=True):
    """A field of a person: open, masked or shut, why, and where it came from.

    `person`: the source person it is of. `corrected`: staff put it right on the person's word.
    """

    state: Literal["open", "masked", "shut"]
    value: Any = None
    because: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    channel: str | None = None
    proof: str | None = None
    at: At | None = None
    person: Id | None = None
    corrected: bool = False


class PersonShown(Answer, frozen=True, kw_only=True):
    """One person as the token's role may see them. `entry` is the ledger entry that noted this look.

    `former`: they were found by an identifier that has been put right since.
    """

    person: Id
    persons: list[Id]
    state: list[str]
    entry: Id
    fields: dict[str, FieldShown]
    channels: dict[str, int]
    records: int
    total: int
    truncated: bool
    first_at: At | None
    last_at: At | None
    former: bool = False


class PersonsFound(Answer, frozen=True, kw_only=True):
    """Whom a look-up found, the most believed first. `more`: others are believed less."""

    persons: list[PersonShown]
    more: bool


class RecordShown(Answer, frozen=True, kw_only=True):
    """One record of a timeline."""

    id: Id
    person: Id
    event: str
    channel: str
    occurred_at: At
    received_at: At
    assurance: str
    proof: str
    fields: dict[str, FieldShown]


class TimelineShown(Answer, frozen=True, kw_only=True):
    """A page of a person's records in order, the newest page first. `next` leads to older ones."""

    person: Id
    entry: Id
    timeline: list[RecordShown]
    total: int
    next: str | None


class ExplainShown(Answer, frozen=True, kw_only=True):
    """Why a field of a person is open, masked or shut for the token's role."""

    person: Id
    field: str
    entry: Id
    because: list[str]


class LookAsked(Asked, frozen=True, kw_only=True):
    """What a look is for; a token of one purpose need not say it."""

    purpose: Label | None = None


class TimelineAsked(LookAsked, frozen=True, kw_only=True):
    """Which page of a timeline."""

    limit: Limit = 50
    cursor: Cursor | None = None


class FindAsked(LookAsked, frozen=True, kw_only=True):
    """By what somebody is found: a way of the policy, such as `email` or `phone#last4`, and the value."""

    by: Label
    value: Value


class RevealAsked(LookAsked, frozen=True, kw_only=True):
    """Why: a word of the role's list, or `word: ticket`."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class ChangeAsked(LookAsked, frozen=True, kw_only=True):
    """What is held of a field from now on, and why, as at a reveal."""

    field: Label
    value: Value
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class Changed(Answer, frozen=True, kw_only=True):
    """What became of a change; not `changed`: that value is held already. `entry`: of the change, or of the look.

    `tries_left`: how often the field may be changed or checked again this hour.
    """

    person: Id
    field: str
    changed: bool
    entry: Id
    undo_until: At | None
    tries_left: int


class UndoAsked(LookAsked, frozen=True, kw_only=True):
    """The field whose newest change is taken back."""

    field: Label


class ChangeUndone(Answer, frozen=True, kw_only=True):
    """What was held before the change that was made `at` is held again."""

    person: Id
    field: str
    at: At
    entry: Id


class WordShown(Answer, frozen=True, kw_only=True):
    """One thing a person said. `customer` is none: they bought something that a soft opt-in may rest on."""

    purpose: str
    word: Literal["granted", "denied", "customer"]
    at: At
    channel: str
    signal: str
    assurance: str


class WordList(Answer, frozen=True, kw_only=True):
    """Everything a person said, the oldest first. `entry` is the ledger entry that noted this look."""

    entry: Id
    words: list[WordShown]


class WordAsked(Asked, frozen=True, kw_only=True):
    """A person's word on a purpose that they can refuse."""

    purpose: Label
    word: Literal["granted", "denied"]


class WordRecorded(Answer, frozen=True, kw_only=True):
    """The word counts in every process from now on."""

    person: Id
    purpose: str
    word: Literal["granted", "denied"]
    at: At
    entry: Id


class SuppressionShown(Answer, frozen=True, kw_only=True):
    """A suppression; whom it is about is kept as a keyed hash only. No purposes: all that may be closed."""

    kind: str
    purposes: list[str]
    reason: str
    since: At
    until: At | None
    entry: Id


class SuppressionList(Answer, frozen=True, kw_only=True):
    """Every suppression."""

    suppressions: list[SuppressionShown]


Reason = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", description="a word; no text")]


class SuppressAsked(Asked, frozen=True, kw_only=True):
    """An identifier that must not be collected again; no purposes: all that may be closed."""

    kind: Label
    value: Value
    purposes: Annotated[tuple[Label, ...], msgspec.Meta(max_length=50)] = ()
    reason: Reason = "asked"


class LiftAsked(Asked, frozen=True, kw_only=True):
    """A suppression that is lifted, and why."""

    kind: Label
    value: Value
    reason: Reason


class Suppressed(Answer, frozen=True, kw_only=True):
    """What is closed since when."""

    kind: str
    purposes: list[str]
    reason: str
    since: At
    entry: Id


class Lifted(Answer, frozen=True, kw_only=True):
    """It is lifted, and noted with its reason."""

    kind: str
    removed: Literal[True]
    reason: str


class CaseShown(Answer, frozen=True, kw_only=True):
    """A request or an ending that retention began, and how far it has come."""

    request: str
    what: str
    step: str
    reason: str
    by: str
    asked_at: At
    destroy_at: At
    destroyed_at: At | None
    scope: list[str]
    keys: int
    persons: int
    entries: list[Id]
    confirm: Id | None
    completion: str
    cancelled_by: str
    cancellation: str


class CaseWhole(CaseShown, frozen=True, kw_only=True):
    """One request with its records: null once their rows are gone, as how many there were is kept nowhere."""

    records: int | None


class CaseOpened(CaseShown, frozen=True, kw_only=True):
    """A request that was opened: how long shutting took, and what else is to be known of it.

    `doubt`: why the clock is not believed, while nothing is destroyed. `held_apart`: persons who are not ended with it.
    `holds`: legal holds that keep what it is of.
    """

    took_ms: int
    doubt: str | None
    held_apart: list[Id]
    holds: list[Id]


class CaseCancelled(CaseShown, frozen=True, kw_only=True):
    """A request that was called off, and others that still shut something of the same persons."""

    others: list[CaseShown]


class CaseList(Answer, frozen=True, kw_only=True):
    """Every one, the oldest first. `spoilt`: ids of those whose rows were changed by hand."""

    requests: list[CaseShown]
    spoilt: list[str]


class OpenAsked(Asked, frozen=True, kw_only=True):
    """Whom a request is of, and what it ends: everything, or one compartment by its whole name.

    `anyway`: even though there were unusually many in the last hour; the token must have `request.anyway` by that name.
    """

    person: Id
    compartment: Annotated[str, msgspec.Meta(min_length=1, max_length=400)] | None = None
    anyway: bool = False
