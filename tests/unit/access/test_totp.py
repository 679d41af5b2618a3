"""A one-time code works in its half minute and the two beside it, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access.totp import NEVER, check
from lockhouse.crypto.otp import code_at
from lockhouse.secret import Secret

SEED = Secret(b"12345678901234567890")
AT_S = 1_111_111_111
STEP = AT_S // 30


@pytest.mark.parametrize(
    ("at_s", "code"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
        (2000000000, "279037"), (20000000000, "353130"),
    ],
)  # fmt: skip
def test_the_codes_of_rfc_6238_are_right_at_their_times(at_s: int, code: str) -> None:
    assert check(SEED, code, at_s=at_s, after_step=NEVER) == at_s // 30


@pytest.mark.parametrize(("drift", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
@pytest.mark.asvs("6.5.5", "6.5.8")
def test_one_step_of_drift_is_taken_and_no_more(*, drift: int, taken: bool) -> None:
    found = check(SEED, code_at(SEED, STEP + drift), at_s=AT_S, after_step=NEVER)
    assert found == (STEP + drift if taken else None)


@pytest.mark.asvs("6.5.1")
def test_a_code_works_once_and_none_before_it_afterwards() -> None:
    used = check(SEED, code_at(SEED, STEP), at_s=AT_S, after_step=NEVER)
    assert used == STEP
    assert check(SEED, code_at(SEED, STEP), at_s=AT_S, after_step=used) is None
    assert check(SEED, code_at(SEED, STEP - 1), at_s=AT_S, after_step=used) is None
    assert check(SEED, code_at(SEED, STEP + 1), at_s=AT_S, after_step=used) == STEP + 1


def test_a_code_shared_by_two_steps_uses_up_the_later() -> None:
    step = 910_737  # found by a search: the first from 1,000 on whose code is the next one's too
    assert code_at(SEED, step) == code_at(SEED, step + 1)
    assert check(SEED, code_at(SEED, step), at_s=step * 30, after_step=NEVER) == step + 1


def test_blanks_between_digits_are_the_apps() -> None:
    code = code_at(SEED, STEP)
    assert check(SEED, f" {code[:3]} {code[3:]} ", at_s=AT_S, after_step=NEVER) == STEP


@pytest.mark.parametrize("code", ["", "05047", "0050471", "١٢٣٤٥٦", "05047a", "\ud800"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert check(SEED, code, at_s=AT_S, after_step=NEVER) is None


def test_the_first_second_of_time_has_no_step_before_it() -> None:
    assert check(SEED, "755224", at_s=0, after_step=NEVER) == 0


@given(at_s=st.integers(0, 2**40), after=st.integers(-1, 2**36), code=st.from_regex(r"[0-9]{6}", fullmatch=True))
def test_what_is_taken_is_near_and_later_than_what_was(at_s: int, after: int, code: str) -> None:
    found = check(SEED, code, at_s=at_s, after_step=after)
    assert found is None or (found > after and abs(found - at_s // 30) <= 1 and code_at(SEED, found) == code)
