"""Whatever comes in, what the policy does not name does not come out: not as a value, not as a name."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.policy.reduce import REASONS, Reduced, Reducer
from tests.unit.policy.worlds import SEGMENT, compiled, event

CANARY = "Zq9canary"
"""Stands in every undeclared value and every undeclared key."""
POLICY = compiled()
REDUCER = Reducer(POLICY, "backend")
EVENTS = sorted(POLICY.events)
DECLARED = sorted(POLICY.fields)
SHOWN = {*POLICY.fields, *SEGMENT.vocabulary, "*", "sku", "quantity", "price"}

undeclared_keys = st.integers(0, 99).map(lambda number: f"{CANARY}{number}@shop.example")
canaries = st.recursive(
    st.just(CANARY) | st.text(max_size=5).map(lambda text: text + CANARY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(undeclared_keys, inner, max_size=3),
    max_leaves=6,
)
items = st.builds(
    lambda keep, drop: {**drop, **keep},
    st.fixed_dictionaries({}, optional={"sku": st.just("A"), "quantity": st.integers(0, 99)}),
    st.dictionaries(undeclared_keys, st.just(CANARY), max_size=2),
)
declared = st.dictionaries(
    st.sampled_from(DECLARED),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["ann@shop.example", "+4915112345678", "DE", "1990-01-01", "203.0.113.9", "12.50", "A-1", ""])
    | st.lists(items, min_size=1, max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    max_size=12,
)
with_canaries = st.builds(lambda keep, drop: {**drop, **keep}, declared, st.dictionaries(undeclared_keys, canaries))
sources = st.fixed_dictionaries(
    {},
    optional={
        "properties": with_canaries,
        "traits": with_canaries,
        "context": st.builds(lambda traits, more: {**more, "traits": traits}, with_canaries, with_canaries),
        f"{CANARY}@top.example": canaries,
        "messageId": st.just(CANARY),
    },
)
masks = st.integers(0, (1 << len(POLICY.purposes)) - 1)


@given(name=st.sampled_from(EVENTS), source=sources, live=masks)
def test_nothing_undeclared_comes_out(name: str, source: dict[str, Any], live: int) -> None:
    reduced = REDUCER.reduce(event(name, source), live)
    assert CANARY not in repr(msgspec.to_builtins(reduced, str_keys=True))


@given(found=st.lists(items, min_size=1, max_size=4))
def test_no_item_of_a_list_brings_an_undeclared_key_along(found: list[dict[str, Any]]) -> None:
    reduced = REDUCER.reduce(event("Order Completed", {"properties": {"items": found}}), _real(0))
    assert reduced.kept == 1
    assert CANARY not in repr(msgspec.to_builtins(reduced, str_keys=True))


@given(name=st.sampled_from(EVENTS), source=sources, live=masks)
def test_a_dropped_path_holds_only_words_of_the_vocabulary(name: str, source: dict[str, Any], live: int) -> None:
    for path, reason in REDUCER.reduce(event(name, source), live).dropped:
        assert set(path.split(".")) <= SHOWN
        assert reason in REASONS


@given(name=st.sampled_from(EVENTS), source=sources, live=masks)
def test_every_slot_names_exactly_the_purposes_that_were_live(name: str, source: dict[str, Any], live: int) -> None:
    open_names = {one.name for position, one in enumerate(POLICY.purposes) if live >> position & 1}
    slots = {slot.id: slot for slot in POLICY.slots}
    for slot in map(slots.__getitem__, _slots(REDUCER.reduce(event(name, source), live))):
        assert set(slot.purposes) == open_names & set(POLICY.fields[slot.field].purposes)
        assert slot.field in POLICY.events[name].fields


@given(name=st.sampled_from(EVENTS), source=sources, live=masks, shut=masks)
def test_fewer_live_purposes_never_keep_another_field(name: str, source: dict[str, Any], live: int, shut: int) -> None:
    fields = {slot.id: slot.field for slot in POLICY.slots}
    more, less = (_slots(REDUCER.reduce(event(name, source), bits)) for bits in (_real(live | shut), _real(live)))
    assert {fields[slot] for slot in less} <= {fields[slot] for slot in more}


@given(name=st.sampled_from(EVENTS), source=sources, live=masks)
def test_no_float_is_kept_and_what_is_kept_is_small(name: str, source: dict[str, Any], live: int) -> None:
    reduced = REDUCER.reduce(event(name, source), live)
    assert not _floats([reduced.clear, reduced.boxes])
    assert len(_slots(reduced)) == reduced.kept


def _real(live: int) -> int:
    """What cannot be refused is live in every real mask; slots exist for those only."""
    return live | sum(1 << position for position, one in enumerate(POLICY.purposes) if not one.refusable)


def _slots(reduced: Reduced) -> list[int]:
    return [*reduced.clear, *(slot for box in reduced.boxes.values() for slot in box)]


def _floats(tree: Any) -> bool:
    if isinstance(tree, dict):
        return any(map(_floats, tree.values()))
    if isinstance(tree, list):
        return any(map(_floats, tree))
    return isinstance(tree, float)
