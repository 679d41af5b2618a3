"""What fails is counted by the hour, in so many lines at most; nobody's made-up logins hide guesses at an account."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access.failures import GRACE_MS, HOUR_MS, MOST, Line, counted_in, hour, is_over

few = st.integers(min_value=0, max_value=40).map(lambda n: n.to_bytes(32, "big"))
wanted = st.builds(
    Line, st.sampled_from([b"", bytes(16), b"\x01" * 16]), few, few, st.sampled_from(["password", "passkey"])
)


@given(st.lists(wanted, max_size=400))
def test_however_many_are_tried_an_hour_has_seventeen_lines_an_account_and_loses_no_failure(tries: list[Line]) -> None:
    lines: dict[bytes, dict[Line, int]] = {}
    for one in tries:
        known = lines.setdefault(one.staff, {})
        own = counted_in(one, known)
        assert own.staff == one.staff
        known[own] = known.get(own, 0) + 1
    assert all(len(known) <= MOST + 1 for known in lines.values())
    assert sum(sum(known.values()) for known in lines.values()) == len(tries)


def test_behind_sixteen_lines_a_new_one_is_counted_among_any_and_a_known_one_as_before() -> None:
    known = {Line(bytes(16), b"", at.to_bytes(32, "big"), "password") for at in range(MOST)}
    first, new = next(iter(known)), Line(bytes(16), b"", b"\xff" * 32, "password")
    assert (counted_in(first, known), counted_in(new, known)) == (first, Line(bytes(16), b"", b"", ""))


@given(st.integers(min_value=0, max_value=2**42))
def test_an_hour_is_over_once_nobody_counts_in_it_any_more(now: int) -> None:
    since = hour(now)
    assert since <= now < since + HOUR_MS
    assert not is_over(since, now=now)
    assert is_over(since, now=since + HOUR_MS + GRACE_MS)
    assert not is_over(since, now=since + HOUR_MS + GRACE_MS - 1)
