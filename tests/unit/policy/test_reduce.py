from __future__ import annotations

from typing import Any

import pytest

from lockhouse.errors import NotFound
from lockhouse.model.decision import PersonFacts
from lockhouse.model.policy import Policy
from lockhouse.policy.decide import purposes_open, why_shut
from lockhouse.policy.reduce import REASONS, Reduced, Reducer, find_value
from lockhouse.policy.sentences import SENTENCES, not_kept
from tests.unit.policy.worlds import EXAMPLE, compiled, event

ORDER = {
    "type": "track",
    "messageId": "m-1",
    "context": {"library": {"name": "x"}, "traits": {"name": "Wrong Name"}},
    "properties": {
        "email": " Ann@Shop.EXAMPLE",
        "phone": "+4915112345678",
        "name": "Ann van Example",
        "order_id": "O-12345",
        "order_total": 19.99,
        "items": [{"sku": "A1", "quantity": 2, "price": 9.99, "gift_note": "for Bob"}],
        "shipping_country": "de",
    },
}


def _bits(policy: Policy, *names: str) -> int:
    return sum(1 << position for position, one in enumerate(policy.purposes) if one.name in names)


def _reduce(source: dict[str, Any], *live: str, name: str = "Order Completed", channel: str = "backend") -> Reduced:
    policy = compiled()
    return Reducer(policy, channel).reduce(event(name, source), _bits(policy, *live))


def _named(reduced: Reduced) -> dict[str, Any]:
    names = {slot.id: slot.name for slot in compiled().slots}
    kept = {names[slot]: value for box in reduced.boxes.values() for slot, value in box.items()}
    return kept | {names[slot]: value for slot, value in reduced.clear.items()}


def test_without_consent_the_order_is_kept_for_the_purposes_that_need_none() -> None:
    reduced = _reduce(ORDER, "fulfilment", "accounting")
    assert _named(reduced) == {
        "email@fulfilment": "ann@shop.example",
        "phone@fulfilment": "+4915112345678",
        "name@fulfilment": "Ann van Example",
        "order_id@accounting+fulfilment": "O-12345",
        "order_total@accounting": "19.99",
        "items@fulfilment": [{"sku": "A1", "quantity": 2, "price": "9.99"}],
        "shipping_country@fulfilment": "DE",
    }
    assert reduced.kept == 7


def test_with_consent_the_same_field_goes_to_another_slot() -> None:
    assert _named(_reduce(ORDER, "fulfilment", "accounting", "marketing"))["email@fulfilment+marketing"]


def test_clear_fields_are_apart_from_boxes() -> None:
    reduced = _reduce(ORDER, "fulfilment", "accounting", "analytics")
    assert sorted(map(str, reduced.clear.values())) == ["19.99", "DE"]
    assert all("DE" not in box.values() for box in reduced.boxes.values())


def test_every_slot_stands_in_the_box_of_its_compartment() -> None:
    home = {slot.id: slot.compartment for slot in compiled().slots}
    reduced = _reduce(ORDER, "fulfilment", "accounting", "analytics", "marketing")
    assert all(home[slot] == number for number, box in reduced.boxes.items() for slot in box)


def test_identifiers_and_lookups_come_only_from_what_is_kept() -> None:
    reduced = _reduce(ORDER, "fulfilment", "accounting")
    assert reduced.identifiers == (("email", "ann@shop.example"), ("phone", "+4915112345678"))
    assert set(reduced.lookups) == {
        ("phone", "last4", "5678"), ("name", "surname", "example"), ("order_id", "exact", "O-12345"),
    }  # fmt: skip
    assert _reduce(ORDER, "analytics").identifiers == ()


def test_identifiers_can_be_asked_before_anything_is_decided() -> None:
    reducer = Reducer(compiled(), "backend")
    assert reducer.identifiers(event("Order Completed", ORDER)) == (
        ("email", "ann@shop.example"), ("phone", "+4915112345678"),
    )  # fmt: skip
    assert reducer.identifiers(event("Order Completed", {"properties": {"email": "not one"}})) == ()
    assert reducer.identifiers(event("Unknown", ORDER)) == ()


def _region(reducer: Reducer, name: str, source: dict[str, Any]) -> str | None:
    return reducer.look(event(name, source)).region(source)


def test_the_region_comes_from_declared_evidence_first_known_wins() -> None:
    reducer = Reducer(compiled(), "backend")
    assert _region(reducer, "Order Completed", ORDER) == "de"
    assert _region(reducer, "Order Completed", {"properties": {"shipping_country": "Atlantis"}}) is None
    assert _region(reducer, "page", {"properties": {"shipping_country": "DE"}}) is None


def test_an_item_key_nobody_declared_is_dropped_and_counted() -> None:
    assert ("properties.items.*", "undeclared") in _reduce(ORDER, "fulfilment").dropped


@pytest.mark.parametrize(
    ("source", "path", "reason"),
    [
        ({"properties": {"shoe_size": 42}}, "properties.*", "undeclared"),
        ({"properties": {"jane@example.org": 1}}, "properties.*", "undeclared"),
        ({"jane@example.org": {"deep": 1}}, "*", "undeclared"),
        ({"properties": "text"}, "properties", "undeclared"),
        ({"properties": {"birth_date": "1990-01-01"}}, "properties.birth_date", "not-on-this-event"),
        ({"properties": {"email": "nobody"}}, "properties.email", "bad-value"),
        ({"properties": {"email": {"a": "b"}}}, "properties.email", "bad-value"),
        ({"properties": {"name": "x" * 5000}}, "properties.name", "too-long"),
    ],
)
def test_a_drop_says_where_and_why_and_never_what(source: dict[str, Any], path: str, reason: str) -> None:
    assert _reduce(source, "fulfilment", "accounting").dropped == ((path, reason),)


def test_a_field_whose_purposes_are_all_shut_is_dropped_with_the_word_that_is_missing() -> None:
    source = {"anonymousId": "d-1", "context": {"ip": "203.0.113.9"}, "traits": {"birth_date": "1990-01-01"}}
    assert dict(_reduce(source, name="page").dropped) == {
        "anonymousId": "no-consent", "context.ip": "objected", "traits.birth_date": "not-on-this-event",
    }  # fmt: skip
    assert dict(_reduce(source, name="identify").dropped)["traits.birth_date"] == "no-consent"
    assert dict(_reduce(ORDER).dropped)["properties.phone"] == "no-purpose"


def test_finer_reasons_come_from_what_is_known_of_the_person() -> None:
    policy = compiled()
    facts = PersonFacts(region="de", objected=frozenset({"analytics"}))
    seen = event("page", {"anonymousId": "d-1"})
    reduced = Reducer(policy, "web").reduce(seen, purposes_open(policy, facts), why=why_shut(policy, facts))
    assert reduced.dropped == (("anonymousId", "objected"),)
    unknown = PersonFacts(region=None)
    reduced = Reducer(policy, "web").reduce(
        event("identify", {"traits": {"birth_date": "1990-01-01"}}), 0, why=why_shut(policy, unknown)
    )
    assert reduced.dropped == (("traits.birth_date", "region"),)


def test_the_first_root_wins_and_null_is_absent() -> None:
    assert _named(_reduce(ORDER, "fulfilment"))["name@fulfilment"] == "Ann van Example"
    source = {"properties": {"name": None}, "context": {"traits": {"name": "Ann"}}}
    assert _named(_reduce(source, "fulfilment")) == {"name@fulfilment": "Ann"}
    assert _reduce({"properties": {"name": None}}, "fulfilment").dropped == ()


@pytest.mark.parametrize("empty", ["", None])
def test_an_identifier_that_is_empty_is_absent_and_hides_no_good_one(empty: str | None) -> None:
    source = {"traits": {"email": empty}, "context": {"traits": {"email": "ann@example.com"}}}
    assert _reduce(source, "fulfilment", name="identify").identifiers == (("email", "ann@example.com"),)
    alone = _reduce({"traits": {"email": empty}}, "fulfilment", name="identify")
    assert (alone.kept, alone.dropped) == (0, ())


def test_a_map_replaces_the_kinds_own_places() -> None:
    text = EXAMPLE.replace("key: secret", "key: secret\n    map: {order_id: properties.order.number}")
    policy = compiled(text)
    source = {"properties": {"order": {"number": 7, "secret": 1}, "order_id": "X"}}
    reduced = Reducer(policy, "backend").reduce(
        event("Order Completed", source), _bits(policy, "fulfilment", "accounting")
    )
    assert [list(box.values()) for box in reduced.boxes.values()] == [["7"]]
    assert set(reduced.dropped) == {("properties.*.*", "undeclared"), ("properties.order_id", "undeclared")}


def test_the_protocols_own_paths_are_neither_kept_nor_counted() -> None:
    source = {"messageId": "m", "context": {"library": {"jane@example.org": 1}}}
    assert _reduce(source, "fulfilment") == _reduce({}, "fulfilment")


def test_minimisers_act_before_anything_is_kept() -> None:
    source = {"anonymousId": "d-1", "context": {"ip": "203.0.113.9", "page": {"path": "/a?m=ann@shop.example"}}}
    assert _named(_reduce(source, "analytics", name="page")) == {
        "device_id@analytics": "d-1", "ip@analytics": "203.0.113.0/24", "page_path@analytics": "/a?m=[e-mail]",
    }  # fmt: skip


def test_an_event_the_channel_may_not_send_keeps_nothing() -> None:
    reduced = _reduce(ORDER, "fulfilment", name="Secret Event")
    assert (reduced.kept, reduced.boxes, reduced.dropped) == (0, {}, (("*", "not-on-this-event"),))
    assert Reducer(compiled(), "backend").plan("Secret Event") is None


@pytest.mark.parametrize("channel", ["nowhere", "shop-berlin"])
def test_a_channel_that_is_not_served_has_no_reducer(channel: str) -> None:
    with pytest.raises(NotFound):
        Reducer(compiled(), channel)


def test_the_value_that_is_indexed_is_the_value_that_is_searched() -> None:
    assert find_value("surname", "Ann van Example") == "example"
    assert find_value("surname", "Example, Ann") == "example"
    assert find_value("last4", "+4915112345678") == "5678"
    assert find_value("exact", "O-1") == "O-1"
    assert find_value("last4", "12") == find_value("surname", " ") == ""


def test_every_reason_has_its_sentence() -> None:
    assert set(REASONS) <= set(SENTENCES)
    assert [code for code in REASONS if not not_kept(code).startswith("Not kept: ")] == []
