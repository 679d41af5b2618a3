"""What stands in the house, row by row, as it is told on the command line and by the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.access.vouched import parts_of
from lockhouse.gates.asked import SETTLED, persons_of
from lockhouse.gates.mail import GIVEN_UP

if TYPE_CHECKING:
    from lockhouse.gates.house import House
    from lockhouse.model.rows import Asked, Attestation, PersonFlag, QueuedMail


def mail_told(row: QueuedMail) -> dict[str, Any]:
    """A mail that is not sent: its kind, and how often it was tried; never to whom or what it says."""
    return {
        "id": row.id.hex(), "kind": row.kind, "state": "given up" if row.state == GIVEN_UP else "waiting",
        "attempts": row.attempts, "next_at": row.run_at, "until_at": row.until_at, "reason": row.reason,
    }  # fmt: skip


def course_told(row: Attestation, now: int) -> dict[str, Any]:
    """A recorded course, and whether it is in force at a moment (ms)."""
    state = "in force" if row.until_at is None or row.until_at > now else "lapsed"
    return {"actor": row.actor, "course": row.fact, "until": row.until_at, "state": state, "by": row.by}


def fact_told(row: Attestation, now: int, *, whose: bool) -> dict[str, Any]:
    """A fact that was vouched for, and whether it is in force at a moment (ms).

    Args:
        row, now: the fact, the moment.
        whose: whether it is told which person an own record is of: who of the customers somebody is who works here
            leads to what they buy, so it is for whoever records it.
    """
    kind, text = parts_of(row.fact) or (row.fact, "")
    state = "in force" if row.until_at is not None and row.until_at > now else "ended"
    value = text if whose or kind != "own-record" else None
    return {"actor": row.actor, "fact": kind, "value": value, "until": row.until_at, "state": state, "by": row.by}


def flag_told(row: PersonFlag) -> dict[str, Any]:
    """Whether a person is watched over, since when, why and by whom."""
    return {
        "person": row.person.hex(), "flagged": bool(row.state), "reason": row.reason, "at": row.at, "by": row.by,
        "entry": row.entry.hex(),
    }  # fmt: skip


def passed_on(house: House, row: Asked) -> dict[str, Any]:
    """What a provider passed on to be answered: whose it is by their ids, until when, and what became of it."""
    settled = row.state == SETTLED
    return {
        "asked": row.id.hex(), "what": row.what,
        "channel": house.live().names.name("channel", row.channel) or f"#{row.channel}", "reference": row.reference,
        "persons": [one.hex() for one in persons_of(row)], "at": row.at, "due_at": row.due_at,
        "overdue": not settled and row.due_at <= house.clock.now_ms(), "settled_at": row.settled_at,
        "by": row.by if settled else "", "reason": row.reason, "entry": row.entry.hex(),
    }  # fmt: skip
