"""What a disclosure shows: values open, masked or shut, each with why and from where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from lockhouse.gates.disclose.hour import Spent


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """One field as this actor may see it.

    Attributes:
        value: the value where open, its mask where masked, None where shut.
        because: reason codes where it is not open; their sentences stand in `lockhouse.policy.explain`.
        channel, proof, at: where the value came from, how far it is believed, when (ms); None where shut.
        person: the source person it is of; None where shut.
        corrected: whether it is what staff put right on the person's word; then it stands before what is proven and
            older, whatever `proof` says.
        conditions: what the actor could bring to see more (`reason`, `step-up`, `course`).
    """

    state: Literal["open", "masked", "shut"]
    value: Any = None
    because: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    channel: str | None = None
    proof: int | None = None
    at: int | None = None
    person: bytes | None = None
    corrected: bool = False


class ShutBoxes(msgspec.Struct, frozen=True, kw_only=True):
    """Boxes that nothing opens while a request stands, and whose key is not destroyed.

    Attributes:
        request: the id of its case; it can be called off until the key is destroyed.
        destroy_at: ms; not before this is it.
    """

    request: bytes
    destroy_at: int
    boxes: int


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
    """One record as this actor may see it; `ended` counts boxes that nothing opens, by `erased` and `expired`."""

    id: bytes
    person: bytes
    event: str
    channel: str
    occurred_at: int
    received_at: int
    assurance: int
    proof: int
    fields: Mapping[str, FieldView]
    ended: Mapping[str, int] = {}
    shut: tuple[ShutBoxes, ...] = ()


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When a record happened (ms), and whether anything of it is seen: what a timeline tells of each at a glance.

    Of a person of more records than are folded there are moments of those that were opened.
    """

    channel: str
    at: int
    shows: bool


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One canonical person as this actor may see them.

    Attributes:
        person: the canonical source person's id; `persons` all source persons joined to them.
        state: bits of `PersonState`.
        entry: the ledger entry that noted this look.
        refused: reason codes, when nothing of this person may be seen; then nothing else is filled in.
        records: how many records were read, of `total` that there are; `truncated` says that the page is full: more
            come in its direction, or, where values are folded, others are believed less.
        ended: boxes that nothing opens any more, by `erased` and `expired`.
        shut: boxes whose key waits for its destruction.
        spent: that the person was beyond the actor's limit of people an hour: refused, or seen where it only observes.
        tries_left: of a check or a change, how often the field may be checked or changed again this hour.
        moments: of `show` alone: each opened record's.
        former: the person was found by an identifier that has been put right since.
        marks: `colleague`, `flagged`: what the person is besides.
        grants: ids of the grants without which less would be seen.
        spoilt: snapshots that are not as this house made them, and of which nothing is shown; the records decide.
    """

    person: bytes
    persons: tuple[bytes, ...]
    state: int
    entry: bytes
    fields: Mapping[str, FieldView] = {}
    timeline: tuple[RecordView, ...] = ()
    moments: tuple[Moment, ...] = ()
    channels: Mapping[str, int] = {}
    records: int = 0
    total: int = 0
    truncated: bool = False
    first_at: int | None = None
    last_at: int | None = None
    refused: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    ended: Mapping[str, int] = {}
    shut: tuple[ShutBoxes, ...] = ()
    spoilt: int = 0
    spent: Spent | None = None
    tries_left: int | None = None
    former: bool = False
