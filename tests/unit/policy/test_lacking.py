"""What the policy lacks of an event passes the sieve; what anybody's word keeps out, and what is kept, does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.policy.lacking import Sieve
from tests.unit.policy.worlds import compiled

POLICY = compiled()
ALL = (1 << len(POLICY.purposes)) - 1
ORDER = POLICY.events["Order Completed"].fields
SIEVE = Sieve(POLICY, "backend")


def lacking(source: dict[str, Any], live: int = ALL, *, kept: tuple[str, ...] = ()) -> dict[str, Any]:
    return SIEVE.lacking(source, live, fields=ORDER, kept=kept)


def test_a_key_that_the_policy_does_not_name_passes_with_all_below_it() -> None:
    source = {"properties": {"gift": {"colour": "red", "nothing": None}, "email": "a@b.example"}, "more": [1]}
    assert lacking(source) == {"properties": {"gift": {"colour": "red", "nothing": None}}, "more": [1]}


def test_what_the_protocol_calls_its_own_does_not_pass() -> None:
    assert lacking({"type": "track", "messageId": "m-1", "context": {"library": {"name": "x"}}}) == {}


def test_a_value_that_does_not_fit_its_type_passes_unless_the_field_is_kept_from_elsewhere() -> None:
    source = {"properties": {"order_total": "twelve", "order_id": "A-1"}}
    assert lacking(source) == {"properties": {"order_total": "twelve"}}
    assert lacking(source, kept=("order_total",)) == {}


def test_of_an_event_that_the_policy_does_not_name_every_field_passes_that_a_purpose_opens() -> None:
    source = {"properties": {"email": "a@b.example", "order_total": "1.00", "score": 3, "empty": None}}
    assert SIEVE.lacking(source, ALL) == {"properties": {"email": "a@b.example", "order_total": "1.00", "score": 3}}
    assert SIEVE.lacking(source, 0) == {"properties": {"score": 3}}


def test_a_key_with_a_dot_in_it_is_no_place_of_the_policys() -> None:
    assert lacking({"properties.email": "x", "context.library": "y"}) == {
        "properties.email": "x",
        "context.library": "y",
    }


def test_what_stands_where_an_object_is_looked_for_passes() -> None:
    assert lacking({"properties": "text"}) == {"properties": "text"}


@pytest.mark.parametrize("field", sorted(POLICY.fields))
def test_no_field_that_its_purposes_do_not_open_passes_from_any_of_its_places(field: str) -> None:
    closed = sum(1 << at for at, one in enumerate(POLICY.purposes) if one.name in POLICY.fields[field].purposes)
    for root in ("properties", "traits"):
        for fields in ((), ORDER, tuple(POLICY.fields)):
            assert SIEVE.lacking({root: {field: "secret"}}, ALL & ~closed, fields=fields) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["properties", "traits", "email", "name", "x", "a.b"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["properties", "traits", "context", "email", "x", "type"]), JSON, max_size=4))
def test_what_passes_is_part_of_what_was_sent_and_passes_again(source: dict[str, Any]) -> None:
    passed = lacking(source)
    assert _is_part(passed, source)
    assert lacking(passed) == passed


def _is_part(part: object, whole: object) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_part(value, whole[key]) for key, value in part.items())
    return part == whole
