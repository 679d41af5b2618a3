"""What a stolen cookie must not do takes a proof of that very deed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access.sign_in import Level, Means
from lockhouse.access.step_up import FRESH_MS, LACKS, NEEDS, SHIFT_MS, STRICTEST, Given, action_hash, lack, need_of

NOW = 1_800_000_000_000
ANNA, BERND = b"a" * 16, b"b" * 16
REVEAL = action_hash("person-reveal", persons=[ANNA], fields=["phone"])


def _given(action: bytes | None = REVEAL, *, ago: int = 0, by: Means = Means.PASSKEY, level: int = 2) -> Given:
    return Given(level, NOW - ago, by, action)


def _lack(action: str, given: Given | None, *, asked: bytes = REVEAL) -> str | None:
    said = lack(need_of(action), given, asked=asked, now=NOW)
    assert said is None or said in LACKS
    return said


@given(st.sampled_from(sorted(NEEDS)), st.sets(st.binary(max_size=16)), st.sets(st.text(max_size=5)))
def test_a_hash_stands_for_one_deed_whatever_order_it_is_told_in(
    action: str, persons: set[bytes], fields: set[str]
) -> None:
    told = action_hash(action, persons=sorted(persons), fields=sorted(fields))
    assert told == action_hash(action, persons=sorted(persons, reverse=True), fields=[*fields, *fields])
    assert told != action_hash(action, persons={*persons, b"x" * 17}, fields=fields)
    assert told != action_hash(action, persons=persons, fields={*fields, "longer than five"})
    assert told != action_hash(f"{action}s", persons=persons, fields=fields)


def test_a_person_is_no_field() -> None:
    assert action_hash("export", persons=[b"phone"]) != action_hash("export", fields=["phone"])


def test_a_bound_deed_takes_its_own_proof_of_the_last_five_minutes() -> None:
    assert _lack("person-reveal", _given()) is None
    assert _lack("person-reveal", None) == "step-up"
    assert _lack("person-reveal", _given(ago=FRESH_MS - 1)) is None
    assert _lack("person-reveal", _given(ago=FRESH_MS)) == "too-old"
    assert _lack("person-reveal", _given(ago=-1)) == "too-old"
    assert _lack("person-reveal", _given(level=1)) == "level"


@pytest.mark.parametrize(
    "other",
    [
        action_hash("person-reveal", persons=[BERND], fields=["phone"]),
        action_hash("person-reveal", persons=[ANNA], fields=["street"]),
        action_hash("person-reveal", persons=[ANNA, BERND], fields=["phone"]),
        action_hash("export", persons=[ANNA], fields=["phone"]),
        None,
    ],
)
def test_no_other_proof_does_for_a_bound_deed(other: bytes | None) -> None:
    assert _lack("person-reveal", _given(other)) == "another-action"


def test_checking_takes_a_proof_of_the_shift_and_none_that_was_for_another_deed() -> None:
    assert _lack("person-check", _given(None, ago=SHIFT_MS - 1)) is None
    assert _lack("person-check", _given(None, ago=SHIFT_MS)) == "too-old"
    assert _lack("person-check", _given(REVEAL)) == "another-action"
    for action in ("special-masked", "special-check", "special-change"):
        assert _lack(action, _given(None, ago=FRESH_MS - 1)) is None
        assert _lack(action, _given(None, ago=FRESH_MS)) == "too-old"


def test_keys_and_policy_take_a_passkey() -> None:
    for action in ("key-rotate", "policy-approve"):
        assert _lack(action, _given(by=Means.TOTP)) == "another-means"
        assert _lack(action, _given()) is None
    assert _lack("export", _given(by=Means.TOTP)) is None


def test_no_window_asks_for_a_passkey_since_a_session_does_not_say_by_what_it_was_opened() -> None:
    assert [action for action, need in NEEDS.items() if need.passkey and not need.bound] == []


def test_a_deed_that_nobody_wrote_down_takes_the_strictest_proof() -> None:
    assert need_of("no-such-deed") is STRICTEST
    assert [*NEEDS] == sorted(NEEDS)


@pytest.mark.parametrize(
    "action", ["person-reveal", "export", "grant-approve", "role-approve", "policy-approve", "factor-add"]
)
def test_what_a_stolen_cookie_must_not_do_is_bound(action: str) -> None:
    assert need_of(action).bound
    assert need_of(action).level >= Level.TWO


def test_ending_somebodys_way_in_takes_no_passkey_but_a_proof_of_that_very_deed() -> None:
    for action in ("channel-key-end", "policy-withdraw", "role-end", "session-end", "staff-disable", "token-revoke"):
        assert _lack(action, _given(by=Means.TOTP)) is None
        assert _lack(action, _given(None, by=Means.TOTP)) == "another-action"
        assert _lack(action, None) == "step-up"
