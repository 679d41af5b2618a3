"""Persons, what they said and what they asked for, as questions and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from lockhouse.client.shapes.base import Answer, Asked, At, Cursor, Id, Label, Value


class FieldShown(Answer, frozen=True, kw_only=True):
    """A field of a person: open, masked or shut, why, and where it came from.

    `person`: the source person it is of. `corrected`: staff put it right on the person's word. `told`: why it is not
    open, in sentences.
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
    told: str = ""


class ShutShown(Answer, frozen=True, kw_only=True):
    """Boxes that a request shut, and until when it can be called off."""

    request: Id
    destroy_at: At
    boxes: int


class SpentShown(Answer, frozen=True, kw_only=True):
    """That a person was beyond the limit of people an hour; not `refused`: it only observes."""

    limit: int
    free_at: At
    refused: bool


class JointShown(Answer, frozen=True, kw_only=True):
    """Two source persons, how far is believed that they are one, and since when."""

    one: Id
    other: Id
    proof: str
    since: At


class MomentShown(Answer, frozen=True, kw_only=True):
    """When a record of a person happened, and whether the token's role sees anything of it."""

    channel: str
    at: At
    shows: bool


class PersonShown(Answer, frozen=True, kw_only=True):
    """One person as the token's role may see them. `entry` is the ledger entry that noted this look.

    `former`: they were found by an identifier that has been put right since. `ended`: boxes that nothing opens any
    more, by why. `spoilt`: snapshots that are not as this house made them. `links`, `held_apart`: what joins the source
    persons, and whom a brake holds apart from them; of a find neither. `grace`: of a reveal, courses that were not
    taken yet by whoever answers for the token, `owner`, and until when. `role` and `purpose`: of the look. `moments`:
    of `show` alone, one of each record that was opened.
    """

    role: str
    purpose: str
    owner: str

    person: Id
    persons: list[Id]
    state: list[str]
    entry: Id
    fields: dict[str, FieldShown]
    moments: list[MomentShown]
    channels: dict[str, int]
    records: int
    total: int
    truncated: bool
    first_at: At | None
    last_at: At | None
    former: bool = False
    marks: list[str]
    grants: list[str]
    ended: dict[str, int]
    shut: list[ShutShown]
    spoilt: int
    spent: SpentShown | None
    links: list[JointShown]
    held_apart: list[JointShown]
    grace: dict[str, At]


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
    ended: dict[str, int]
    shut: list[ShutShown]


class TimelineShown(PersonShown, frozen=True, kw_only=True):
    """A page of a person's records in order, the newest page first. `next` leads to older ones.

    `fields` is empty: nothing is folded.
    """

    timeline: list[RecordShown]
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

    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    cursor: Cursor | None = None
    before: Id | None = None
    after: Id | None = None


class LooksAsked(LookAsked, frozen=True, kw_only=True):
    """Which looks at somebody are told: so many, and only older ones than that which an entry noted."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 20
    before: Id | None = None


class LookShown(Answer, frozen=True, kw_only=True):
    """One look: by whom, as what, why, and which fields it was let see. `recipient`: whom it sent to."""

    entry: Id
    at: At
    actor: str
    role: str
    purpose: str
    action: str
    reason: str
    open: list[str]
    masked: list[str]
    recipient: str | None


class LooksShown(Answer, frozen=True, kw_only=True):
    """Looks at a person, the newest first. `entry` notes this one, too.

    `spoilt`: how many notes are not as a look left them; they are not told.
    """

    person: Id
    entry: Id
    looks: list[LookShown]
    more: bool
    spoilt: int


class FindAsked(LookAsked, frozen=True, kw_only=True):
    """By what somebody is found: a way of the policy, such as `email` or `phone#last4`, and the value."""

    by: Label
    value: Value


class RevealAsked(LookAsked, frozen=True, kw_only=True):
    """Why: a word of the role's list, or `word: ticket`. Of a `field` alone, if one is named."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    field: Label | None = None


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
    undo_until: At | None
    tries_left: int
    entry: Id
    spent: SpentShown | None


class CheckAsked(LookAsked, frozen=True, kw_only=True):
    """What somebody says that a field is."""

    field: Label
    value: Value


class Checked(Answer, frozen=True, kw_only=True):
    """Whether it is what is held; nothing of that is told. Each is one of three tries of the field in an hour."""

    person: Id
    field: str
    matches: bool
    tries_left: int
    entry: Id
    spent: SpentShown | None


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
