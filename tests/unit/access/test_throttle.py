"""Who is wrong waits longer each time; nobody waits for a stranger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access.throttle import (
    MINUTE_MS,
    RULES,
    Scope,
    Tally,
    failed,
    is_shut,
    is_tight,
    network_of,
    taken_off,
    wait,
)

NOW = 1_800_000_000_000


def _after(scope: Scope, failures: int, *, tight: bool = False) -> Tally:
    tally = Tally()
    for _ in range(failures):
        tally = failed(scope, tally, now=NOW, tight=tight)
    return tally


def _waits(scope: Scope, counts: list[int], *, tight: bool = False) -> list[int]:
    return [wait({scope: _after(scope, count, tight=tight)}, now=NOW) // 1_000 for count in counts]


def test_the_wait_doubles_after_three_free_tries_up_to_a_quarter_of_an_hour() -> None:
    assert _waits(Scope.HERE, [0, 1, 2, 3, 4, 5, 12, 13, 50]) == [0, 0, 0, 1, 2, 4, 512, 900, 900]
    assert _waits(Scope.CODE, [2, 3, 13]) == [0, 1, 900]
    assert _waits(Scope.NETWORK, [29, 30, 31, 90]) == [0, 1, 2, 300]


def test_under_attack_there_are_fewer_free_tries() -> None:
    assert _waits(Scope.HERE, [0, 1, 2], tight=True) == [0, 1, 2]
    assert _waits(Scope.NETWORK, [2, 3], tight=True) == [0, 1]


@pytest.mark.parametrize("scope", [Scope.ACCOUNT, Scope.HOUSE])
def test_no_number_of_strangers_makes_somebody_elsewhere_wait(scope: Scope) -> None:
    assert _waits(scope, [1, 99, 100, 5_000]) == [0, 0, 0, 0]


def test_many_failures_of_an_account_or_in_the_house_make_it_tight() -> None:
    assert not is_tight({Scope.ACCOUNT: _after(Scope.ACCOUNT, 9), Scope.HERE: _after(Scope.HERE, 50)}, now=NOW)
    assert is_tight({Scope.ACCOUNT: _after(Scope.ACCOUNT, 10)}, now=NOW)
    assert not is_tight({Scope.HOUSE: _after(Scope.HOUSE, 299)}, now=NOW)
    assert is_tight({Scope.HOUSE: _after(Scope.HOUSE, 300)}, now=NOW)
    assert not is_tight({Scope.HOUSE: _after(Scope.HOUSE, 300)}, now=NOW + 10 * MINUTE_MS)


def test_a_hundred_failures_in_a_row_shut_the_way_however_slowly_they_came() -> None:
    tally, now = Tally(), NOW
    for _ in range(100):
        assert not is_shut(tally)
        now += 40 * 24 * 60 * MINUTE_MS
        tally = failed(Scope.ACCOUNT, tally, now=now)
    assert is_shut(tally)


def test_old_failures_of_a_network_are_forgotten() -> None:
    tally = _after(Scope.NETWORK, 40)
    assert failed(Scope.NETWORK, tally, now=NOW + 60 * MINUTE_MS).failures == 1
    assert failed(Scope.NETWORK, tally, now=NOW + 60 * MINUTE_MS - 1).failures == 41


def test_a_right_try_is_taken_off_again() -> None:
    tally = _after(Scope.NETWORK, 31)
    assert taken_off(Scope.NETWORK, tally, now=NOW)._replace(last_at=0) == Tally(30, NOW, 0, 0)
    assert taken_off(Scope.NETWORK, Tally(), now=NOW).failures == 0


@given(
    scope=st.sampled_from(Scope), failures=st.integers(0, 10**9), times=st.tuples(*[st.integers(0, 2**53)] * 3),
    now=st.integers(0, 2**53), tight=st.booleans(),
)  # fmt: skip
def test_no_row_bars_anybody_longer_than_its_most(
    *, scope: Scope, failures: int, times: tuple[int, int, int], now: int, tight: bool
) -> None:
    tally = Tally(failures, *times)
    assert 0 <= wait({scope: tally}, now=now) <= RULES[scope].most_ms
    assert wait({scope: failed(scope, tally, now=now, tight=tight)}, now=now) <= RULES[scope].most_ms


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("testclient", "unknown"),
    ],
)
def test_a_network_is_what_one_customer_has(address: str, network: str) -> None:
    assert network_of(address) == network
