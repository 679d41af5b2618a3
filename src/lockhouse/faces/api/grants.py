"""Grants by the API: looked at and ended. People ask for them and approve them; a token is nobody who could."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.access.grants import REVIEW_MS, Kind, Review
from lockhouse.faces.api import shapes
from lockhouse.faces.api.shapes import answered
from lockhouse.flows import grant as flow

if TYPE_CHECKING:
    from lockhouse.faces.api.route import Call
    from lockhouse.flows.grant import Known

_REVIEWS = {Review.NONE: None, Review.IN_ORDER: "in order", Review.NOT_IN_ORDER: "not in order"}


async def listed(call: Call) -> shapes.GrantList:
    """Every grant."""
    return answered(shapes.GrantList, grants=[_parts(one) for one in await flow.listed(call.house)])


async def show(call: Call) -> shapes.GrantShown:
    """One grant."""
    return answered(shapes.GrantShown, **_parts(await flow.show(call.house, call.id("grant"))))


async def end(call: Call) -> shapes.GrantShown:
    """A grant is over, in every process."""
    row = await flow.end(call.house, call.id("grant"), by=call.actor.id)
    return answered(shapes.GrantShown, **_parts(await flow.show(call.house, row.id)))


def _parts(one: Known) -> dict[str, Any]:
    row, terms = one.row, one.terms
    return {
        "id": row.id, "staff": f"staff:{row.staff.hex()}",
        "kind": "break-glass" if row.kind == Kind.GLASS else "grant", "state": one.how, "purpose": terms.purpose,
        "fields": list(terms.fields), "persons": list(terms.persons), "reason": terms.reason, "ticket": terms.ticket,
        "asked_at": row.asked_at, "until": row.until_at or None, "approved_by": row.approved_by or None,
        "review": _REVIEWS[Review(row.review)], "review_due": row.asked_at + REVIEW_MS if one.is_due else None,
        "overdue": one.is_overdue, "by": row.by, "entry": row.entry,
    }  # fmt: skip
