"""`lockhouse training …`: courses that open doors."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lockhouse.faces.cli.acting import As, actor_of, allowed
from lockhouse.faces.cli.call import Here, noun
from lockhouse.faces.cli.layout import Said, day, table
from lockhouse.faces.cli.times import ms_of
from lockhouse.faces.standing import course_told
from lockhouse.flows.teach import attest, attested

APP = noun("training", "Courses that open doors, as far as an admin vouches for them.")


@APP.command
async def record(actor: str, course: str, /, *, until: datetime, acting: As | None = None, call: Here) -> Said:
    """Vouch that somebody holds a course until a day.

    For example `lockhouse training record os-user:1000 privacy-basics --until 2027-06-30`.

    Args:
        actor: about whom: os-user:UID or staff:ID.
        course: of the live policy.
        until: the last day.
        acting: the role.
    """
    async with call.open() as opened:
        by = allowed(opened.house, "training.record", (acting or As()).role)
        row = await attest(opened.house, actor_of(actor), course, until=ms_of(until), by=by.id)
        now = opened.house.clock.now_ms()
    return Said(course_told(row, now), f"Recorded: {actor} holds {course} until {day(row.until_at)}.")


@APP.command
async def show(*, acting: As | None = None, call: Here) -> Said:
    """Every recorded course, who vouched for it and until when."""
    async with call.open() as opened:
        allowed(opened.house, "training.report", (acting or As()).role)
        found = await attested(opened.house)
        now = opened.house.clock.now_ms()
    return listed([course_told(row, now) for row in found])


def listed(value: list[dict[str, Any]]) -> Said:
    """Recorded courses as they were told."""
    rows = [(one["actor"], one["course"], day(one["until"]), one["state"], one["by"]) for one in value]
    return Said(value, table(("actor", "course", "until", "state", "by"), rows, empty="no course was recorded"))
