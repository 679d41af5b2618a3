"""Extra access of members of staff, as questions and answers. It is asked for and approved by people, not by tokens."""

from __future__ import annotations

from typing import Literal

from lockhouse.client.shapes.base import Answer, At, Id


class GrantShown(Answer, frozen=True, kw_only=True):
    """A grant: whose, for what, as it stands. `review_due`: of a break-glass that nobody has reviewed."""

    id: Id
    staff: str
    kind: Literal["grant", "break-glass"]
    state: Literal["waiting", "lapsed", "open", "over", "refused", "ended"]
    purpose: str
    fields: list[str]
    persons: list[Id]
    reason: str
    ticket: str
    asked_at: At
    until: At | None
    approved_by: str | None
    review: Literal["in order", "not in order"] | None
    review_due: At | None
    overdue: bool
    by: str
    entry: Id


class GrantList(Answer, frozen=True, kw_only=True):
    """Every grant, the newest first."""

    grants: list[GrantShown]
