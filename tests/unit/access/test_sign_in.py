"""Signing in takes the factors of a level, in whatever order somebody tries them."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lockhouse.access.sign_in import Account, Begun, Done, First, Level, Means, Proof, State, begin, prove
from lockhouse.errors import Unproven

EVERY = frozenset(Means)
SETS = [frozenset(has) for many in range(len(Means) + 1) for has in combinations(Means, many)]


def _account(*has: Means, alone: bool = False, is_active: bool = True) -> Account:
    return Account(is_active=is_active, has=frozenset(has) or EVERY, alone=alone)


def _through(account: Account, *proofs: Proof) -> State:
    state: State = begin(account)
    for proof in proofs:
        state = prove(state, proof, account=account)
    return state


def test_a_passkey_signs_in_at_two_and_one_bound_to_its_device_at_three() -> None:
    assert _through(_account(), Proof(Means.PASSKEY)) == Done(Level.TWO, (Means.PASSKEY,))
    assert _through(_account(), Proof(Means.PASSKEY, synced=False)) == Done(Level.BOUND, (Means.PASSKEY,))


@pytest.mark.parametrize("second", [Means.TOTP, Means.RECOVERY])
def test_a_password_and_a_code_sign_in_at_two(second: Means) -> None:
    assert _through(_account(), Proof(Means.PASSWORD)) == First(Means.PASSWORD)
    assert _through(_account(), Proof(Means.PASSWORD), Proof(second)) == Done(Level.TWO, (Means.PASSWORD, second))


def test_an_identity_signs_in_at_two_where_its_provider_told_of_two_factors_and_else_not() -> None:
    assert _through(_account(), Proof(Means.IDENTITY, two=True)) == Done(Level.TWO, (Means.IDENTITY,))
    assert _through(_account(), Proof(Means.IDENTITY)) == First(Means.IDENTITY)
    with pytest.raises(Unproven):
        _through(_account(), Proof(Means.IDENTITY), Proof(Means.TOTP))


def test_a_long_password_alone_signs_in_at_one_only_where_the_house_allows_it() -> None:
    long = Proof(Means.PASSWORD, long=True)
    assert _through(_account(Means.PASSWORD, alone=True), long) == Done(Level.ONE, (Means.PASSWORD,))
    assert _through(_account(Means.PASSWORD), long) == First(Means.PASSWORD)
    assert _through(_account(Means.PASSWORD, alone=True), Proof(Means.PASSWORD)) == First(Means.PASSWORD)


@pytest.mark.asvs("6.3.4")
def test_whoever_has_a_second_factor_cannot_leave_it_out() -> None:
    account = _account(Means.PASSWORD, Means.TOTP, alone=True)
    assert _through(account, Proof(Means.PASSWORD, long=True)) == First(Means.PASSWORD)


@pytest.mark.parametrize("means", [Means.TOTP, Means.RECOVERY])
def test_a_code_without_a_password_proves_nothing(means: Means) -> None:
    with pytest.raises(Unproven, match=r"^sign-in: expected factors that prove who it is$"):
        _through(_account(), Proof(means))


def test_a_factor_that_the_account_has_not_proves_nothing() -> None:
    with pytest.raises(Unproven):
        _through(_account(Means.PASSWORD, Means.TOTP), Proof(Means.PASSWORD), Proof(Means.RECOVERY))


def test_who_is_not_active_neither_begins_nor_goes_on() -> None:
    account = _account(is_active=False)
    with pytest.raises(Unproven):
        begin(account)
    with pytest.raises(Unproven):
        prove(First(Means.PASSWORD), Proof(Means.TOTP), account=account)


def _holds(account: Account, state: State, proven: list[Proof]) -> None:
    """What must be so of a state, after these proofs were taken."""
    means = {proof.means for proof in proven}
    assert means <= account.has
    if not isinstance(state, Done):
        assert means in ([set()] if isinstance(state, Begun) else [{Means.PASSWORD}, {Means.IDENTITY}])
        return
    assert {*state.means} == means
    if state.level == Level.ONE:
        assert account.alone
        assert account.has.isdisjoint({Means.TOTP, Means.RECOVERY})
        assert [(proof.means, proof.long) for proof in proven] == [(Means.PASSWORD, True)]
    else:
        vouched = [(proof.means, proof.two) for proof in proven] == [(Means.IDENTITY, True)]
        both = ({Means.PASSWORD, Means.TOTP}, {Means.PASSWORD, Means.RECOVERY})
        assert Means.PASSKEY in means or means in both or vouched
    if state.level == Level.BOUND:
        assert [(proof.means, proof.synced) for proof in proven] == [(Means.PASSKEY, False)]


class AnyOrder(RuleBasedStateMachine):
    """Proofs in any order, by anybody, again and again."""

    account: Account
    state: State

    @initialize(has=st.sampled_from(SETS), alone=st.booleans())
    def who(self, *, has: frozenset[Means], alone: bool) -> None:
        self.account = Account(is_active=True, has=has, alone=alone)
        self.begin()

    @rule()
    def begin(self) -> None:
        self.state = begin(self.account)
        self.proven: list[Proof] = []

    @rule(means=st.sampled_from(Means), synced=st.booleans(), long=st.booleans(), two=st.booleans())
    def prove(self, *, means: Means, synced: bool, long: bool, two: bool) -> None:
        proof = Proof(means, synced=synced, long=long, two=two)
        try:
            self.state = prove(self.state, proof, account=self.account)
        except Unproven:
            return
        self.proven.append(proof)

    @invariant()
    def no_level_without_its_factors(self) -> None:
        _holds(self.account, self.state, self.proven)


TestAnyOrder = AnyOrder.TestCase


@pytest.mark.asvs("6.3.3", "6.3.4")
def test_no_order_of_three_proofs_gives_a_level_without_its_factors() -> None:
    proofs = [
        Proof(Means.PASSKEY), Proof(Means.PASSKEY, synced=False), Proof(Means.PASSWORD),
        Proof(Means.PASSWORD, long=True), Proof(Means.TOTP), Proof(Means.RECOVERY),
        Proof(Means.IDENTITY), Proof(Means.IDENTITY, two=True),
    ]  # fmt: skip
    ended = 0
    for has, alone, order in product(SETS, (False, True), product(proofs, repeat=3)):
        account = Account(is_active=True, has=has, alone=alone)
        state: State = begin(account)
        proven: list[Proof] = []
        for proof in order:
            try:
                state = prove(state, proof, account=account)
            except Unproven:
                continue
            proven.append(proof)
            _holds(account, state, proven)
        ended += isinstance(state, Done)
    assert ended == 12_584
