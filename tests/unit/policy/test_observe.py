"""What a value looks like, and which keys could be words of a program."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.policy.observe import ITEM, MAX_SEEN, SHAPES, look, may_be_event, may_be_name, read, shape_of, written

JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, None), ("", None), (" ", None), (True, "boolean"), ("true", "boolean"), (3, "integer"), (9.5, "decimal"),
        ("9.50", "decimal"), ("eva@example.com", "email"), ("+4930901820", "phone"), ("10.0.0.1", "ip"),
        ("2001:db8::1", "ip"), ("https://shop.example/a", "url"), ("2026-11-30T10:00:00Z", "date"), ("DE", "country"),
        ("4111111111111111", "card"), (4111111111111111, "card"), ("paid with 4111 1111 1111 1111", "card"),
        ("123e4567-e89b-12d3-a456-426614174000", "id"), ("A-1001", "id"), ("4711", "id"), ("red", "text"),
        ("write to eva@example.com", "identifiers"), ("Two words", "text"),
    ],
)  # fmt: skip
def test_a_value_is_told_by_its_shape(value: Any, shape: str | None) -> None:
    assert shape_of(value) == shape


@given(JSON)
def test_whatever_is_sent_has_shapes_of_the_closed_list_and_a_bounded_number(tree: Any) -> None:
    found = look({"properties": tree}, envelope=frozenset())
    assert set(found.values()) <= set(SHAPES)
    assert len(found) <= MAX_SEEN


def test_the_protocols_own_paths_are_passed_over_with_all_below() -> None:
    source = {"type": "track", "context": {"library": {"name": "x"}, "locale": "de-DE"}}
    assert look(source, envelope=frozenset({"type", "context.library"})) == {("context", "locale"): "text"}


def test_values_of_one_path_that_look_different_are_text() -> None:
    assert look({"tags": ["red", "10.0.0.1"]}, envelope=frozenset()) == {("tags",): "list", ("tags", ITEM): "text"}


@pytest.mark.parametrize("key", ["couponCode", "coupon_code", "address_line_2", "SKU", "q"])
def test_a_word_of_a_program_may_be_shown(key: str) -> None:
    assert may_be_name(key)


@pytest.mark.parametrize(
    "key",
    ["eva@example.com", "Eva Meier", "sku_10234", "4711", "_x", "a-b", "a.b", "a|b", "", "x" * 41, "na\u00efve", "a\n"],
)
def test_what_could_be_a_value_is_no_word_of_a_program(key: str) -> None:
    assert not may_be_name(key)


@pytest.mark.parametrize(("name", "may"), [("Order Completed", True), ("wish_made", True), ("Order 47110", False)])
def test_the_name_of_an_event_is_words(name: str, *, may: bool) -> None:
    assert may_be_event(name) is may


@pytest.mark.parametrize("path", [("properties", "products", ITEM, "sku"), ("a",), ("tags", ITEM), ("*", "*")])
def test_what_was_written_is_read_back(path: tuple[str, ...]) -> None:
    assert read(written("Order Completed", path)) == ("Order Completed", path)
