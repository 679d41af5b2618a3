"""Who may decide over whom: nobody over themselves, and no two who could be one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access.people import (
    OBJECTIONS,
    SETTLED_MS,
    Deed,
    Member,
    State,
    Step,
    after,
    against_factors,
    against_leaving,
    against_local,
    against_reset,
    against_role,
    against_second,
    line,
    of_one_line,
)
from lockhouse.access.sign_in import Means

NOW = 1_800_000_000_000
LONG_AGO = NOW - SETTLED_MS
ADA, BEN, CEM, DOT, EVE = b"ada", b"ben", b"cem", b"dot", b"eve"
INVITERS = {BEN: ADA, CEM: BEN, DOT: ADA, EVE: b""}
"""Ada and Eve came by the machine; Ada invited Ben and Dot, Ben invited Cem."""


def _member(id_: bytes, *roles: str, state: State = State.ACTIVE, active_at: int = LONG_AGO) -> Member:
    return Member(id_, state, active_at, frozenset(roles))


def _role(by: Member, other: Member, *, subject: bytes = EVE, role: str = "support") -> str | None:
    said = against_role(Deed(by, subject), other, role=role, inviters=INVITERS, now=NOW)
    assert said is None or said in OBJECTIONS
    return said


@pytest.mark.parametrize(
    ("state", "step", "was_active", "then"),
    [
        (State.INVITED, "enrol", False, State.ACTIVE),
        (State.INVITED, "disable", False, State.DISABLED),
        (State.ACTIVE, "disable", True, State.DISABLED),
        (State.DISABLED, "enable", True, State.ACTIVE),
        (State.DISABLED, "enable", False, State.INVITED),
        (State.ACTIVE, "enrol", True, None),
        (State.DISABLED, "enrol", True, None),
        (State.INVITED, "enable", False, None),
        (State.ACTIVE, "enable", True, None),
        (State.DISABLED, "disable", True, None),
    ],
)
def test_an_account_goes_one_way_and_comes_back_by_somebody_else(
    *, state: State, step: Step, was_active: bool, then: State | None
) -> None:
    assert after(state, step, was_active=was_active) is then


def test_a_line_is_who_invited_whom_upwards() -> None:
    assert line(CEM, inviters=INVITERS) == (BEN, ADA)
    assert line(ADA, inviters=INVITERS) == line(EVE, inviters=INVITERS) == ()
    assert of_one_line(CEM, ADA, inviters=INVITERS)
    assert of_one_line(ADA, CEM, inviters=INVITERS)
    assert of_one_line(ADA, ADA, inviters=INVITERS)
    assert of_one_line(BEN, DOT, inviters=INVITERS)
    assert of_one_line(CEM, DOT, inviters=INVITERS)
    assert not of_one_line(ADA, EVE, inviters=INVITERS)


@given(st.dictionaries(st.sampled_from([ADA, BEN, CEM]), st.sampled_from([ADA, BEN, CEM, b""])))
def test_a_ring_of_edited_rows_ends(inviters: dict[bytes, bytes]) -> None:
    assert len(line(ADA, inviters=inviters)) <= 3


def test_a_role_that_reads_personal_data_takes_a_second_person_of_another_role() -> None:
    assert _role(_member(ADA, "admin"), _member(EVE, "privacy"), subject=BEN) is None
    assert _role(_member(BEN, "admin"), _member(EVE, "admin", "privacy"), subject=DOT) is None
    assert _role(_member(ADA, "admin"), _member(EVE, "admin"), subject=BEN) == "not-another-role"
    assert _role(_member(ADA, "admin"), _member(EVE, "support"), subject=BEN) == "not-another-role"
    assert _role(_member(ADA, "admin"), _member(EVE), subject=BEN) == "not-another-role"


def test_nobody_approves_what_they_began_or_what_is_for_them() -> None:
    assert _role(_member(ADA, "admin"), _member(ADA, "admin", "privacy"), subject=BEN) == "same-person"
    assert _role(_member(ADA, "admin"), _member(EVE, "privacy"), subject=EVE) == "same-person"


def test_an_admin_gives_no_role_by_an_account_they_made() -> None:
    assert _role(_member(ADA, "admin"), _member(CEM, "privacy")) == "of-one-line"
    assert _role(_member(CEM, "admin"), _member(ADA, "privacy")) == "of-one-line"
    # Nor by two of them: Ben and Dot are both Ada's.
    assert _role(_member(BEN, "admin"), _member(DOT, "privacy"), subject=EVE) == "of-one-line"
    assert _role(_member(BEN, "admin"), _member(DOT, "privacy"), subject=ADA) == "of-one-line"


@pytest.mark.parametrize(
    ("active_at", "said"),
    [(NOW - SETTLED_MS, None), (NOW - SETTLED_MS + 1, "too-young"), (NOW + 1, "too-young"), (0, "too-young")],
)
def test_who_is_new_approves_nothing_for_three_days(active_at: int, said: str | None) -> None:
    assert _role(_member(ADA, "admin"), _member(EVE, "privacy", active_at=active_at), subject=BEN) == said


def test_who_is_not_active_approves_nothing() -> None:
    for state in (State.INVITED, State.DISABLED):
        assert _role(_member(ADA, "admin"), _member(EVE, "privacy", state=state), subject=BEN) == "not-active"


def test_a_reset_takes_two_people_who_are_neither_the_one_it_is_for() -> None:
    assert against_reset(_member(ADA), subject=_member(BEN)) is None
    assert against_reset(_member(BEN), subject=_member(BEN)) == "same-person"
    assert against_reset(_member(ADA, state=State.DISABLED), subject=_member(BEN)) == "not-active"
    assert against_reset(_member(ADA), subject=_member(BEN, state=State.INVITED)) == "wrong-state"
    reset = Deed(_member(ADA), BEN)
    assert against_second(reset, _member(EVE), inviters=INVITERS, now=NOW) is None
    assert against_second(reset, _member(CEM), inviters=INVITERS, now=NOW) == "of-one-line"
    assert against_second(reset, _member(BEN), inviters=INVITERS, now=NOW) == "same-person"
    of_eve = Deed(_member(EVE), CEM)
    assert against_second(of_eve, _member(DOT), inviters=INVITERS, now=NOW) == "of-one-line"


def test_what_the_machines_user_began_no_member_approves() -> None:
    assert _role(Member(b"", State.ACTIVE), _member(EVE, "privacy"), subject=BEN) == "by-host"


def test_the_only_admin_stays_and_is_the_only_one_who_recovers_on_the_machine() -> None:
    assert against_leaving(ADA, admins=[ADA]) == "last-admin"
    assert against_leaving(ADA, admins=[ADA, EVE]) is None
    assert against_local(ADA, admins=[ADA]) is None
    assert against_local(ADA, admins=[ADA, EVE]) == "not-sole"
    assert against_local(ADA, admins=[]) == "not-sole"


@pytest.mark.parametrize(
    ("before", "left", "said"),
    [
        ({Means.PASSKEY}, {Means.PASSKEY}, None),
        ({Means.PASSWORD, Means.TOTP}, {Means.PASSKEY}, None),
        ({Means.PASSKEY, Means.PASSWORD, Means.TOTP}, {Means.PASSWORD, Means.TOTP}, "lowers-factors"),
        ({Means.PASSWORD, Means.TOTP}, {Means.PASSWORD, Means.RECOVERY}, "lowers-factors"),
        ({Means.PASSWORD}, {Means.TOTP, Means.RECOVERY}, "lowers-factors"),
        ({Means.PASSKEY}, set(), "lowers-factors"),
        (set(), {Means.PASSWORD}, None),
    ],
)
def test_nobody_ends_with_less_than_they_had(before: set[Means], left: set[Means], said: str | None) -> None:
    assert against_factors(before, left) == said
