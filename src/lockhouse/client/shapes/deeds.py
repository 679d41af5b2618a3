"""Deeds on channels, recipients, imports, holds and policies, as questions and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from lockhouse.client.shapes.base import Answer, Asked, At, Id, Label
from lockhouse.client.shapes.house import HoldShown, PolicyWaits, Quarantine

Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", description="one word; no text")]
Moment = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999, description="ms since 1970, UTC")]
Text = Annotated[str, msgspec.Meta(max_length=60_000)]
Words = Annotated[dict[Label, Literal["granted", "denied"]], msgspec.Meta(max_length=50)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class ChannelEnded(Answer, frozen=True, kw_only=True):
    """A write key was ended. `left`: how many of the channel live on."""

    channel: str
    begins: str
    until_at: At
    left: int


class KeyAsked(Asked, frozen=True, kw_only=True):
    """A write key by its first characters, as an answer had them."""

    begins: Label


class SightShown(Answer, frozen=True, kw_only=True):
    """One path of one event of an observed channel; what may be a value stands as `*`."""

    event: str
    path: str
    shape: str
    count: int
    first_at: At
    last_at: At
    keys: list[str]


class ChannelObserved(Answer, frozen=True, kw_only=True):
    """What an observed channel sent, and what the policy would have kept of it."""

    channel: str
    stage: Literal["observe", "trial", "live"]
    assurance: Literal["public", "secret", "signed"]
    seen: list[SightShown]
    kept: list[tuple[str, int]]
    more: int
    quarantine: Quarantine


class Requeued(Answer, frozen=True, kw_only=True):
    """How many dead letters of a recipient wait again."""

    recipient: str
    requeued: int


class BatchShown(Answer, frozen=True, kw_only=True):
    """A batch that was imported, and what became of its rows. `line`: how far it came."""

    batch: Id
    channel: str
    state: Literal["stopped", "done", "being taken back", "taken back"]
    line: int
    stored: int
    trimmed: int
    duplicate: int
    refused: int
    rejected: int
    by: str
    began_at: At
    moved_at: At


class BatchList(Answer, frozen=True, kw_only=True):
    """Every batch, the oldest first."""

    batches: list[BatchShown]


class HoldPlaced(HoldShown, frozen=True, kw_only=True):
    """A hold that was placed. `shut`: keys that are not in it, since an ending has only shut them."""

    shut: int


class HoldAsked(Asked, frozen=True, kw_only=True):
    """Why something is held, of whom and of what, and when somebody looks whether it must still stand."""

    persons: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=200)]
    reason: Word
    basis: Word
    review: Moment
    compartments: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=400)], ...], msgspec.Meta(max_length=100)] = ()
    since: Moment | None = None
    before: Moment | None = None


class ReviewAsked(Asked, frozen=True, kw_only=True):
    """When a hold is looked at again."""

    until: Moment


class ReleaseAsked(Asked, frozen=True, kw_only=True):
    """How many keys the hold has, as an answer had it: whoever releases it says what is destroyed."""

    keys: Count


class AboutAsked(Asked, frozen=True, kw_only=True):
    """Of which role, field and purpose, and what is known of the person: a region, and words on purposes."""

    role: Label
    field: Label
    purpose: Label
    region: Label | None = None
    consents: Words | None = None


class PolicyExplained(Answer, frozen=True, kw_only=True):
    """Why a role sees a field so, for a purpose and such a person."""

    role: str
    field: str
    purpose: str
    because: list[str]


class DraftAsked(Asked, frozen=True, kw_only=True):
    """A draft: its files by name. `folder`: whether it is a folder of them, which an approval keeps by name."""

    files: Annotated[dict[Label, Text], msgspec.Meta(min_length=1, max_length=50)]
    folder: bool = False


class DraftShown(Answer, frozen=True, kw_only=True):
    """What a draft would change: lines by kind, what of the data that is kept it ends, and against which version."""

    same: bool
    against: int | None
    effects: dict[str, Any]
    ends: dict[str, int] | None
    waiting: PolicyWaits | None


class DraftProposed(Answer, frozen=True, kw_only=True):
    """A draft that was proposed as a version, or says what rules already."""

    version: int
    changed: bool
    effects: dict[str, Any]
    ends: dict[str, int] | None


class KekShown(Answer, frozen=True, kw_only=True):
    """One key under which others are wrapped: never the key."""

    generation: int
    root: str
    state: str
    wraps: int
    made_at: At


class RootShown(Answer, frozen=True, kw_only=True):
    """What the root of all keys says of itself."""

    kind: str
    place: str
    generations: list[int]
    destroyed: list[int]
    final: bool


class KeyStatus(Answer, frozen=True, kw_only=True):
    """How many keys of each kind there are, and how many were destroyed."""

    root: RootShown
    counts: dict[str, int]
    keks: list[KekShown]


class ReplayAsked(Asked, frozen=True, kw_only=True):
    """Which events in quarantine pass the gate again: those that came in since then. `dry_run`: nothing is stored."""

    since: Moment = 0
    dry_run: bool = False


class ChannelReplayed(Answer, frozen=True, kw_only=True):
    """What came of a channel's events in quarantine; `fields`: event -> field -> of how many events it is stored."""

    channel: str
    stage: Literal["observe", "trial", "live"]
    dry_run: bool
    looked: int
    stored: int
    added: int
    left: int
    waiting: int
    ended: int
    moved: int
    fields: dict[str, dict[str, int]]
    quarantine: Quarantine


class UndoBatchAsked(Asked, frozen=True, kw_only=True):
    """How many records the batch stored, as an answer had it: whoever takes it back says what is gone."""

    stored: Count


class BatchUndone(Answer, frozen=True, kw_only=True):
    """A batch that was taken back. `sent`: copies that had gone out. `missing`: records told from others no more."""

    batch: Id
    state: Literal["stopped", "done", "being taken back", "taken back"]
    records: int
    sent: int
    missing: int


class OtherAsked(Asked, frozen=True, kw_only=True):
    """The other source person."""

    other: Id


class PersonsLinked(Answer, frozen=True, kw_only=True):
    """Two source persons who are one from now on."""

    person: Id
    other: Id
    link: Id


class PersonsUnlinked(Answer, frozen=True, kw_only=True):
    """Two source persons who are two again; `undone`: how many links."""

    person: Id
    other: Id
    undone: int
