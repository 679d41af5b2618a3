"""What the house says of itself, and what its ledger says, as answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from lockhouse.client.shapes.base import Answer, Asked, At, Cursor, Id, Label, Limit


class Version(Answer, frozen=True, kw_only=True):
    """Which Lockhouse this is, and on what it runs."""

    lockhouse: str
    python: str
    msgspec: str


class PolicyWaits(Answer, frozen=True, kw_only=True):
    """A version that is approved and waits. `stale`: it is not as it was left last, and never rules."""

    version: int
    rules_at: At
    stale: bool


class PolicyShown(Answer, frozen=True, kw_only=True):
    """The policy that rules, as it was approved."""

    version: int
    at: At
    by: str
    hash: str
    document: str
    waiting: PolicyWaits | None


class PolicyVersionShown(Answer, frozen=True, kw_only=True):
    """A version that was proposed or approved. `rules_at`: when one that waits comes to rule."""

    version: int
    state: Literal["proposed", "live", "former", "waiting", "withdrawn", "superseded"]
    at: At
    by: str
    hash: str
    rules_at: At | None


class PolicyHistory(Answer, frozen=True, kw_only=True):
    """Every version, the oldest first. `doubted`: numbers of those that somebody stored and this house did not."""

    versions: list[PolicyVersionShown]
    waiting: PolicyWaits | None
    doubted: tuple[int, ...] = ()


class Cell(Answer, frozen=True, kw_only=True, rename={"class_": "class"}):
    """What one role sees of one class for one purpose, and the guards that must hold; null where it never does."""

    role: str
    purpose: str
    class_: str
    fields: dict[str, str]
    sees: str
    guards: list[str]
    reveal: list[str] | None
    check: list[str] | None
    change: list[str] | None


class Turn(Answer, frozen=True, kw_only=True, rename={"class_": "class"}):
    """What becomes of the most that a role sees of a class if one condition fails and all others hold."""

    role: str
    purpose: str
    class_: str
    sees: str
    condition: str
    becomes: str


class PolicyMatrix(Answer, frozen=True, kw_only=True):
    """Who sees what by the policy that rules: each cell, what would turn it, and the roles that were asked about."""

    cells: list[Cell]
    conditions: list[Turn]
    roles: list[str]


class MatrixAsked(Asked, frozen=True, kw_only=True):
    """Which cells: of one role, or of the class of one field."""

    role: Label | None = None
    field: Label | None = None


class ChannelShown(Answer, frozen=True, kw_only=True):
    """A channel of the policy that rules. `keys`: how many live."""

    name: str
    kind: str
    served: bool
    assurance: Literal["public", "secret", "signed"]
    stage: Literal["observe", "trial", "live"]
    keys: int
    dropped: int
    unknown_events: int


class ChannelList(Answer, frozen=True, kw_only=True):
    """Every channel."""

    channels: list[ChannelShown]


class KeyShown(Answer, frozen=True, kw_only=True):
    """A write key by its first characters."""

    begins: str
    assurance: Literal["public", "secret", "signed"]
    live: bool
    made_at: At
    until_at: At | None


class Quarantine(Answer, frozen=True, kw_only=True):
    """How much of a channel waits for a replay, and when the first and the last of it ends."""

    events: int
    bytes: int
    first_until: At | None
    last_until: At | None


class ChannelWhole(Answer, frozen=True, kw_only=True):
    """One channel: what it may send and do, and its keys by their first characters."""

    name: str
    kind: str
    served: bool
    assurance: Literal["public", "secret", "signed"]
    stage: Literal["observe", "trial", "live"]
    events: list[str]
    origins: list[str]
    proves: list[str]
    map: dict[str, str]
    quarantine: Quarantine
    keys: list[KeyShown]


class DropShown(Answer, frozen=True, kw_only=True):
    """What was not kept, by path and reason; unknown segments stand as `*`, and no value does."""

    path: str
    reason: str
    count: int
    first_at: At
    last_at: At
    sentence: str


class Drops(Answer, frozen=True, kw_only=True):
    """What a channel sent that was not kept, the most frequent first."""

    channel: str
    drops: list[DropShown]
    quarantine: Quarantine


class RecipientShown(Answer, frozen=True, kw_only=True):
    """A recipient and how many events wait for it, were sent, held back or are dead. `fault`: why the oldest waits."""

    name: str
    kind: str
    served: bool
    role: str
    waiting: int
    sent: int
    held: int
    dead: int
    fault: str | None


class RecipientList(Answer, frozen=True, kw_only=True):
    """Every recipient."""

    recipients: list[RecipientShown]


class DelayShown(Answer, frozen=True, kw_only=True):
    """What keeps a recipient's oldest waiting event."""

    since: At | None
    fault: str | None
    tries: int
    next_at: At


class RecipientWhole(Answer, frozen=True, kw_only=True):
    """One recipient: what it may have, under which contract, and what waits for it.

    `key` says where its write key lies or what is wrong with it, `reasons` how often something was held back or is dead
    and why, `works` whether the house's worker runs, which alone sends; `at` is when all that was so.
    """

    name: str
    kind: str
    served: bool
    role: str
    purposes: list[str]
    fields: list[str]
    contract: str | None
    region: str | None
    safeguard: str | None
    review: str | None
    erase: str | None
    address: str | None
    key: str
    waiting: int
    sent: int
    held: int
    dead: int
    fault: str | None
    reasons: dict[str, int]
    oldest: DelayShown | None
    works: bool
    at: At


class WhyAnswer(Answer, frozen=True, kw_only=True):
    """One answer that a message got. `kept` is null once its detail is emptied; `gone`: its record is no more."""

    channel: str
    code: str
    sentence: str
    at: At
    kept: int | None
    dropped: list[tuple[str, str]]
    record: str | None
    gone: bool


class WhyShown(Answer, frozen=True, kw_only=True):
    """What became of a message, the newest answer first."""

    answers: list[WhyAnswer]


class HoldShown(Answer, frozen=True, kw_only=True):
    """A legal hold: why, of how many persons, and until when somebody looks at it again."""

    id: Id
    reason: str
    basis: str
    persons: list[Id]
    compartments: list[str]
    since: At | None
    before: At | None
    keys: int
    review: At
    state: Literal["stands", "past its review", "released"]
    by: str
    at: At
    entry: Id


class HoldList(Answer, frozen=True, kw_only=True):
    """Every hold, also the released ones, the oldest first."""

    holds: list[HoldShown]


class EntryShown(Answer, frozen=True, kw_only=True):
    """A ledger entry. `body` is what was signed; it holds no personal value."""

    id: Id
    position: int
    at: At
    lane: str
    kind: str
    body: dict[str, Any]


class KeptShown(Answer, frozen=True, kw_only=True):
    """What lies beside the entry of a look until its person is erased; it is not signed."""

    purpose: str
    action: str
    role: str
    reason: str
    open: list[str]
    masked: list[str]


class EntryWhole(EntryShown, frozen=True, kw_only=True):
    """One entry, with what is kept beside it and what its numbers stand for."""

    kept: list[KeptShown]
    names: dict[str, dict[str, str]]


class EntryPage(Answer, frozen=True, kw_only=True):
    """Entries, the newest first. `next` is null behind the oldest. `names`: what numbers in them stand for, by kind."""

    entries: list[EntryShown]
    names: dict[str, dict[str, str]]
    next: str | None


class EntriesAsked(Asked, frozen=True, kw_only=True):
    """Which entries: of one kind, of one actor, since a time."""

    kind: Label | None = None
    actor: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None
    since: Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)] = 0
    limit: Limit = 50
    cursor: Cursor | None = None


class CheckpointShown(Answer, frozen=True, kw_only=True):
    """The log as it stands, signed. Keep it elsewhere: it shows later whether anything was cut off."""

    size: int
    at: At
    checkpoint: str
    vkey: str


class ProofShown(Answer, frozen=True, kw_only=True):
    """An entry, base64, its position, and the text of its `.tlog-proof`."""

    entry: str
    position: int
    proof: str
    vkey: str


class WhyAsked(Asked, frozen=True, kw_only=True):
    """The message id that its sender gave it, or the id of a record; a sender's id may hold a person's value."""

    message: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
