"""Which courses of an actor are in force: attested, or still within the grace after they were assigned.

Grace counts from the assignment, and a course that the policy does not know is no condition at all, so a policy can
name a course on the day it is written without shutting out everybody who has not had the time to take it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lockhouse.model.ids import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lockhouse.model.policy import Course


class Attested(NamedTuple):
    """An admin's word that an actor passed a course: when (ms), and until when if that was said."""

    course: str
    at: int
    until_at: int | None


def in_force(
    courses: Mapping[str, Course], attested: Iterable[Attested], *, assigned: Mapping[str, int], now: int
) -> frozenset[str]:
    """Names of the courses that count as passed now.

    Args:
        courses: what the policy asks for, by name.
        assigned: course -> when it was assigned, ms; one that never was has no grace.
    """
    within_grace = {name for name in courses if now < _grace_ends(courses[name], assigned)}
    return frozenset(_passed(courses, attested, now) | within_grace)


def by_grace(
    courses: Mapping[str, Course], attested: Iterable[Attested], *, assigned: Mapping[str, int], now: int
) -> dict[str, int]:
    """The courses that are in force by their grace alone, and until when (ms)."""
    passed = _passed(courses, attested, now)
    ends = {name: _grace_ends(course, assigned) for name, course in courses.items() if name not in passed}
    return {name: end for name, end in ends.items() if now < end}


def _passed(courses: Mapping[str, Course], attested: Iterable[Attested], now: int) -> set[str]:
    return {one.course for one in attested if now < _ends(courses.get(one.course), one)}


def _grace_ends(course: Course, assigned: Mapping[str, int]) -> int:
    return assigned.get(course.name, 0) + course.grace_days * DAY_MS


def _ends(course: Course | None, one: Attested) -> int:
    """When an attestation lapses: when it says so, and never later than the course is due again."""
    due = one.at + course.every_days * DAY_MS if course is not None else one.until_at
    ends = [end for end in (due, one.until_at) if end is not None]
    return min(ends) if ends else one.at + 366 * DAY_MS
