"""Grants as people and scripts read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.access.grants import MINUTE_MS, REVIEW_MS, Kind, Review
from lockhouse.faces.cli.layout import pairs, table, when

if TYPE_CHECKING:
    from lockhouse.flows.grant import Known

_REVIEWS = {Review.NONE: None, Review.IN_ORDER: "in order", Review.NOT_IN_ORDER: "not in order"}


def as_value(one: Known) -> dict[str, Any]:
    """A grant for scripts."""
    row, terms, is_glass = one.row, one.terms, one.row.kind == Kind.GLASS
    return {
        "grant": row.id.hex(), "staff": f"staff:{row.staff.hex()}",
        "kind": "break-glass" if is_glass else "grant", "state": one.how, "purpose": terms.purpose,
        "fields": list(terms.fields), "persons": [person.hex() for person in terms.persons], "reason": terms.reason,
        "ticket": terms.ticket, "minutes": terms.lasts_ms // MINUTE_MS, "asked_at": row.asked_at,
        "until": row.until_at or None, "approved_by": row.approved_by or None,
        "review": _REVIEWS[Review(row.review)], "review_due": row.asked_at + REVIEW_MS if one.is_due else None,
        "overdue": one.is_overdue, "words": one.words or None, "by": row.by, "entry": row.entry.hex(),
    }  # fmt: skip


def lines(value: list[dict[str, Any]]) -> str:
    """All of them, one a line."""
    rows = [
        (one["grant"], one["staff"], one["kind"], one["state"], one["purpose"], when(one["until"]), _review(one))
        for one in value
    ]  # fmt: skip
    return table(("grant", "staff", "kind", "state", "for", "until", "review"), rows, empty="nobody asked for any")


def page(one: dict[str, Any]) -> str:
    """One of them, whole."""
    told = {
        "grant": one["grant"], "of": one["staff"], "kind": one["kind"], "state": one["state"], "for": one["purpose"],
        "fields": ", ".join(one["fields"]), "persons": ", ".join(one["persons"]) or "nobody by name",
        "reason": f"{one['reason']}: {one['ticket']}", "asked": when(one["asked_at"]),
        "lasts": f"{one['minutes']} minutes", "until": when(one["until"]),
        "approved by": one["approved_by"] or "nobody", "review": _review(one) or "none",
        "words": one["words"] or "none", "noted as": one["entry"],
    }  # fmt: skip
    return pairs(told)


def _review(one: dict[str, Any]) -> str:
    if one["review_due"] is not None:
        return f"{'overdue since' if one['overdue'] else 'due by'} {when(one['review_due'])}"
    return one["review"] or ""
