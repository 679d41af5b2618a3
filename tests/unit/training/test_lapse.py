"""Courses in force: attested, or within the grace after they were assigned."""

from __future__ import annotations

from lockhouse.model.policy import Course
from lockhouse.training.lapse import Attested, by_grace, in_force

DAY = 86_400_000
COURSES = {"phishing": Course(name="phishing", every_days=365, grace_days=14)}


def test_a_new_course_shuts_nobody_out_before_its_grace_has_passed() -> None:
    assert in_force(COURSES, [], assigned={"phishing": 0}, now=14 * DAY - 1) == {"phishing"}
    assert in_force(COURSES, [], assigned={"phishing": 0}, now=14 * DAY) == frozenset()


def test_what_only_a_grace_puts_in_force_is_told_with_its_end() -> None:
    lapsed = [Attested("phishing", at=0, until_at=3 * DAY)]
    assert by_grace(COURSES, lapsed, assigned={"phishing": 0}, now=3 * DAY - 1) == {}
    assert by_grace(COURSES, lapsed, assigned={"phishing": 0}, now=3 * DAY) == {"phishing": 14 * DAY}
    assert by_grace(COURSES, [], assigned={"phishing": 0}, now=14 * DAY - 1) == {"phishing": 14 * DAY}
    assert by_grace(COURSES, [], assigned={"phishing": 0}, now=14 * DAY) == {}


def test_a_course_that_was_never_assigned_has_no_grace() -> None:
    assert in_force(COURSES, [], assigned={}, now=20 * DAY) == frozenset()


def test_an_attestation_lapses_when_the_course_is_due_again() -> None:
    passed = [Attested("phishing", at=100 * DAY, until_at=None)]
    assert in_force(COURSES, passed, assigned={}, now=465 * DAY - 1) == {"phishing"}
    assert in_force(COURSES, passed, assigned={}, now=465 * DAY) == frozenset()


def test_an_attestation_never_outlives_its_own_end() -> None:
    passed = [Attested("phishing", at=0, until_at=30 * DAY)]
    assert in_force(COURSES, passed, assigned={}, now=31 * DAY) == frozenset()


def test_a_course_the_policy_does_not_know_lasts_a_year_at_most() -> None:
    passed = [Attested("first-aid", at=0, until_at=None)]
    assert in_force({}, passed, assigned={}, now=365 * DAY) == {"first-aid"}
    assert in_force({}, passed, assigned={}, now=366 * DAY) == frozenset()
