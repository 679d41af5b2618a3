"""Requests of persons and what they end, as questions and answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from lockhouse.client.shapes.base import Answer, Asked, At, Id
from lockhouse.client.shapes.people import Reason


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


class CaseFulfilled(CaseShown, frozen=True, kw_only=True):
    """A request whose keys are destroyed, and how long that took; nothing, if they were before."""

    took_ms: int


class CaseCancelled(CaseShown, frozen=True, kw_only=True):
    """A request that was called off, and others that still shut something of the same persons."""

    others: list[CaseShown]


class CaseList(Answer, frozen=True, kw_only=True):
    """Every one, the oldest first. `spoilt`: ids of those whose rows were changed by hand."""

    requests: list[CaseShown]
    spoilt: list[str]


class PassedOn(Answer, frozen=True, kw_only=True):
    """What a provider passed on of a customer or a shop, to be answered by staff.

    `reference`: the provider's own number of it. `persons`: who had one of its identifiers when it came. `overdue`:
    whether it is open past its day. `by`, `reason`: of whoever settled it; empty while it is open.
    """

    asked: Id
    what: Literal["access", "erasure", "shop"]
    channel: str
    reference: str
    persons: list[Id]
    at: At
    due_at: At
    overdue: bool
    settled_at: At | None
    by: str
    reason: str
    entry: Id


class PassedOnList(Answer, frozen=True, kw_only=True):
    """Every one that is kept, also the settled ones, the oldest first."""

    asked: list[PassedOn]


class SettleAsked(Asked, frozen=True, kw_only=True):
    """How it was answered, in one word or code."""

    reason: Reason


class OpenAsked(Asked, frozen=True, kw_only=True):
    """Whom a request is of, and what it ends: everything, or one compartment by its whole name.

    `anyway`: even though there were unusually many in the last hour; the token must have `request.anyway` by that name.
    """

    person: Id
    compartment: Annotated[str, msgspec.Meta(min_length=1, max_length=400)] | None = None
    anyway: bool = False
