"""Proposals, counts, mail, courses, facts and what is due to end, as questions and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from lockhouse.client.shapes.base import Answer, Asked, At, Id, Label, Limit
from lockhouse.client.shapes.people import LookAsked


class ProposalShown(Answer, frozen=True, kw_only=True):
    """Two source persons whom one identifier leads to. `weaker`: of whom it is believed less, namely as `belief`."""

    weaker: Id
    stronger: Id
    fields: list[str]
    belief: str
    at: At


class ProposalList(Answer, frozen=True, kw_only=True):
    """Who may be one person, the newest first."""

    proposals: list[ProposalShown]
    more: bool


class ProposalsAsked(Asked, frozen=True, kw_only=True):
    """How many are told."""

    limit: Limit = 100


class PairAsked(Asked, frozen=True, kw_only=True):
    """The two of a proposal."""

    person: Id
    other: Id


class Compared(Answer, frozen=True, kw_only=True):
    """Fields that both have: in which they agree, and in which they differ. `entry`: of the ledger, which noted it."""

    agree: list[str]
    differ: list[str]
    entry: Id


class ProposalRefused(Answer, frozen=True, kw_only=True):
    """The two are not proposed any more."""

    person: Id
    other: Id
    refused: bool


class ReportAsked(LookAsked, frozen=True, kw_only=True):
    """By what is counted."""

    by: Literal["channel", "event"] = "channel"


class CellCounted(Answer, frozen=True, kw_only=True):
    """Events and people of one channel or event; no people where the count is withheld, being small."""

    name: str
    events: int
    persons: int | None


class Report(Answer, frozen=True, kw_only=True):
    """Counts, and nothing about a person."""

    cells: list[CellCounted]


class SuggestAsked(Asked, frozen=True, kw_only=True):
    """Of one channel alone, if it is named."""

    channel: Label | None = None


class Suggested(Answer, frozen=True, kw_only=True):
    """YAML for what observed channels send and the policy does not name, to be merged by hand.

    `notes`: what else is to be said of them. `trial`: channels whose events wait sealed, and suggest nothing.
    """

    document: str
    channels: dict[str, Any]
    trial: list[str]
    notes: list[str]


class MailShown(Answer, frozen=True, kw_only=True):
    """A mail of the house that is not sent: its kind, and how often it was tried; never to whom or what it says."""

    id: Id
    kind: str
    state: Literal["waiting", "given up"]
    attempts: int
    next_at: At
    until_at: At
    reason: str


class MailList(Answer, frozen=True, kw_only=True):
    """Every mail that is not sent."""

    mails: list[MailShown]


class MailAsked(Asked, frozen=True, kw_only=True):
    """One mail; every one, if none is named."""

    mail: Id | None = None


class MailRetried(Answer, frozen=True, kw_only=True):
    """How many will be tried again."""

    retried: int


class CourseShown(Answer, frozen=True, kw_only=True):
    """Who holds which course until when, and who vouched for it."""

    actor: str
    course: str
    until: At | None
    state: Literal["in force", "lapsed"]
    by: str


class CourseList(Answer, frozen=True, kw_only=True):
    """Every recorded course."""

    courses: list[CourseShown]


class FactShown(Answer, frozen=True, kw_only=True):
    """A fact about an actor that somebody vouched for, and until when. Whose an own record is, is not told: null."""

    actor: str
    fact: str
    value: str | None
    until: At | None
    state: Literal["in force", "ended"]
    by: str


class FactList(Answer, frozen=True, kw_only=True):
    """Every fact that was vouched for."""

    facts: list[FactShown]


class EpochShown(Answer, frozen=True, kw_only=True):
    """A compartment's month of collection and its end. `epoch`: its first day. `ahead`: it has not begun."""

    compartment: int
    name: str
    class_: str = msgspec.field(name="class")
    purposes: list[str]
    epoch: str
    due_at: At
    state: Literal["shut", "due", "ahead", "kept"]
    due: bool
    shut: bool
    ahead: bool


class RetentionPlan(Answer, frozen=True, kw_only=True):
    """Which months end when; how many of them the next run would shut, and how many legal holds are past review."""

    epochs: list[EpochShown]
    next_run: int
    holds: int


class IdleShown(Answer, frozen=True, kw_only=True):
    """A compartment, and of how many source persons it is due to end since they were last active so long ago."""

    compartment: int
    name: str
    class_: str = msgspec.field(name="class")
    purposes: list[str]
    persons: int
    due_at: At


class IdleList(Answer, frozen=True, kw_only=True):
    """Whose data is due by their last activity, compartment by compartment."""

    compartments: list[IdleShown]


class HeldAsked(Asked, frozen=True, kw_only=True):
    """One of the persons of a hold."""

    person: Id


class HeldRecordShown(Answer, frozen=True, kw_only=True):
    """A record as far as a hold keeps it. `hidden`: field -> the code of why it stays shut."""

    id: Id
    event: str
    occurred_at: At
    fields: dict[str, Any]
    hidden: dict[str, str]
    unheld: int


class HeldShown(Answer, frozen=True, kw_only=True):
    """What a hold keeps of a person, noted before it was opened."""

    entry: Id
    records: list[HeldRecordShown]


class Certificate(Answer, frozen=True, kw_only=True):
    """The certificate of a fulfilled request, as text to be kept. It verifies without this house, under `vkey`."""

    request: Id
    certificate: str
    vkey: str


class KeyMade(Answer, frozen=True, kw_only=True):
    """A write key, told this once. `event`: one that the channel may send."""

    channel: str
    key: str
    address: str
    assurance: str
    event: str
    pageless: bool


class OverlapAsked(Asked, frozen=True, kw_only=True):
    """How many hours the keys before a new one are taken beside it."""

    overlap_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24


class KeyEnding(Answer, frozen=True, kw_only=True):
    """A key by its first characters, and until when it is taken."""

    begins: str
    until_at: At


class KeyRotated(KeyMade, frozen=True, kw_only=True):
    """A write key, told this once, and those before it."""

    ending: list[KeyEnding]


class WordsAsked(Asked, frozen=True, kw_only=True):
    """A batch of words on consent that was imported."""

    batch: Id


class WordsTakenBack(Answer, frozen=True, kw_only=True):
    """How many words of a batch were taken back."""

    batch: Id
    words: int


class FlagAsked(Asked, frozen=True, kw_only=True):
    """Why somebody is watched over: a word, which the ledger keeps."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=63)]


class FlagShown(Answer, frozen=True, kw_only=True):
    """Whether a person is watched over, since when, why and by whom."""

    person: Id
    flagged: bool
    reason: str
    at: At
    by: str
    entry: Id


class FlagList(Answer, frozen=True, kw_only=True):
    """Everybody who is watched over."""

    persons: list[FlagShown]
