"""Two interpreters meet on drawn policies: the compiled one, and one written from docs/spec/policy.md alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockhouse.model.decision import Ask, PersonFacts
from lockhouse.model.names import NameBook
from lockhouse.model.policy import Policy, decode_policy, encode_policy
from lockhouse.policy.cedar import judge
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.decide import decide, map_consent, not_by, purposes_open
from lockhouse.policy.matrix import conditions, matrix
from tests.policy_oracle import deciding, drawn, living
from tests.unit.policy.worlds import document


def _loaded(written: dict[str, Any]) -> Policy:
    """The policy as a serving process has it: compiled, to bytes and back."""
    return decode_policy(encode_policy(compile_policy(document(drawn.as_yaml(written)), NameBook(), {})))


@given(written=drawn.policies(), asks=st.lists(drawn.asks, min_size=12, max_size=12))
def test_two_interpreters_answer_every_ask_alike(written: dict[str, Any], asks: list[Ask]) -> None:
    policy = _loaded(written)
    for ask in asks:
        for name in (*written["fields"], "undeclared_one"):
            decision = decide(policy, replace(ask, fields=(name,)))
            state = "open" if decision.open else "masked" if decision.masked else "shut"
            told = deciding.Answer(state, frozenset(decision.because.get(name, ())))
            assert told == deciding.decide(written, ask, name)
            assert (not_by(policy, ask, name) == ()) == deciding.may_find(written, ask, name)


@given(written=drawn.policies(), people=st.lists(st.tuples(drawn.persons, drawn.banners), min_size=12, max_size=12))
def test_two_interpreters_keep_the_same_purposes_of_an_event(
    written: dict[str, Any], people: list[tuple[PersonFacts, dict[str, bool] | None]]
) -> None:
    policy = _loaded(written)
    for person, banner in people:
        said, _ = map_consent(policy, banner)
        bits = purposes_open(policy, replace(person, event_consents=said))
        live = {one.name for position, one in enumerate(policy.purposes) if bits >> position & 1} - {"requests"}
        assert live == living.live(written, person, banner=banner, gpc="gpc" in person.signals)


@given(written=drawn.policies())
def test_two_interpreters_give_each_role_the_same_under_the_same_guards(written: dict[str, Any]) -> None:
    policy = _loaded(written)
    assert judge(policy) == []
    given_ = deciding.table(written)
    for role, purposes in given_.items():
        for purpose, classes in purposes.items():
            assert policy.table[role].get(purpose, {}) == classes


@given(written=drawn.policies())
def test_two_interpreters_name_the_same_slots_and_compartments(written: dict[str, Any]) -> None:
    policy = _loaded(written)
    assert {slot.name for slot in policy.slots} == living.slots(written)
    found = {one.name: (one.ends_by, one.epoch) for one in policy.compartments}
    assert found == living.compartments(written)


@given(written=drawn.policies())
def test_the_matrix_says_of_every_cell_what_the_second_interpreter_gives(written: dict[str, Any]) -> None:
    policy = _loaded(written)
    shown = {"value": "full", "mask": "masked", "count": "aggregate"}
    for seen in matrix(policy):
        given_ = deciding.gives(written["roles"][seen.role], seen.class_)
        plain = {mode: guards for mode, guards in given_.items() if not guards & 8 and mode in shown.values()}
        best = next((sight for sight, mode in shown.items() if mode in plain), "nothing")
        assert seen.sees == best
        assert len(seen.guards) == plain.get(shown.get(best, ""), 0).bit_count()
        assert (seen.reveal is not None) == (given_.get("full", 0) & 8 > 0)
    for turn in conditions(policy):
        assert shown[turn.sees] in deciding.gives(written["roles"][turn.role], turn.class_)
