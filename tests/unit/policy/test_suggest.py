"""What a policy lacks of what was seen: YAML that only waits for purposes, and what is better left where it is."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from lockhouse.channels import segment
from lockhouse.errors import Invalid
from lockhouse.model.event import Event
from lockhouse.model.names import NameBook
from lockhouse.policy.compile import compile_policy
from lockhouse.policy.document import parse
from lockhouse.policy.observe import ITEM
from lockhouse.policy.reduce import Reducer
from lockhouse.policy.suggest import Lack, Sighting, Suggestion, render, suggest
from lockhouse.wiring import template
from tests.world import POLICY

if TYPE_CHECKING:
    from lockhouse.model.policy import Policy

ORDER = "Order Completed"


def compiled(text: str = POLICY) -> Policy:
    return compile_policy(parse({"policy.yaml": text}, templates=template), NameBook(), {"segment": segment.KIND})


def lack(*sightings: tuple[str, str], event: str = ORDER) -> Lack:
    """What is lacking of dotted paths and their shapes."""
    policy = compiled()
    seen = [Sighting(event, tuple(path.split(".")), shape, 1) for path, shape in sightings]
    return suggest(policy, policy.channels["backend"], seen)


def only(path: str, shape: str) -> Suggestion:
    [field] = lack((path, shape)).fields
    return field


def merged(found: Lack, *, purpose: str | None) -> str:
    """The policy with the YAML merged in, as by hand; with the purpose said, or left open."""
    yaml = YAML(typ="safe", pure=True)
    draft: Any = yaml.load(POLICY)
    more: Any = yaml.load(render(found, compiled().channels["backend"]))
    for name, field in more.get("fields", {}).items():
        draft["fields"][name] = field | ({} if purpose is None else {"for": [purpose]})
    draft["events"].update(more.get("events", {}))
    for name, channel in more.get("channels", {}).items():
        draft["channels"][name].update(channel)
    out = StringIO()
    YAML().dump(draft, out)
    return out.getvalue()


SEEN = (
    ("properties.coupon_code", "text"), ("properties.cart.giftWrap", "boolean"), ("properties.tax", "decimal"),
    ("properties.products", "list"), (f"properties.products.{ITEM}.sku", "id"),
    (f"properties.products.{ITEM}.price", "decimal"), ("properties.tags", "list"), (f"properties.tags.{ITEM}", "text"),
    ("context.ip", "ip"), ("properties.on", "boolean"),
)  # fmt: skip


def test_the_gap_for_the_purpose_is_refused_with_a_clear_word_and_with_one_all_is_kept() -> None:
    found = lack(*SEEN)
    with pytest.raises(Invalid, match="at least one purpose: a field without one is not kept") as caught:
        compiled(merged(found, purpose=None))
    assert len(caught.value.problems) == len(found.fields)
    policy = compiled(merged(found, purpose="fulfilment"))
    event = Event(
        name=ORDER, message_id=None, occurred_at=0,
        source={
            "properties": {
                "coupon_code": "SPRING", "cart": {"giftWrap": True}, "tax": 1.5, "tags": ["red"], "on": True,
                "products": [{"sku": "a1", "price": 9.5}],
            },
            "context": {"ip": "10.0.0.1"},
        },
    )  # fmt: skip
    reduced = Reducer(policy, "backend").reduce(event, (1 << len(policy.purposes)) - 1)
    assert (reduced.kept, reduced.dropped) == (len(found.fields), ())


def test_what_is_printed_says_no_purpose_anywhere() -> None:
    found = lack(*SEEN)
    text = render(found, compiled().channels["backend"])
    assert text.count("for: []") == text.count("decide: for what purpose?") == len(found.fields)


@pytest.mark.parametrize(
    ("path", "shape", "said"),
    [
        ("traits.work_email", "email", ("work_email", "email", "contact", "email", None)),
        ("properties.callback", "phone", ("callback", "phone", "contact", "phone", None)),
        ("context.ip", "ip", ("ip", "ip", "location", "network", "network")),
        ("properties.shippingPrice", "integer", ("shipping_price", "money", "transactions", "hidden", None)),
        ("properties.quantity", "integer", ("quantity", "integer", "behaviour", "hidden", None)),
        ("traits.postal_code", "id", ("postal_code", "text", "location", "hidden", "coarse_geo")),
        ("properties.latitude", "decimal", ("latitude", "decimal", "location", "hidden", "coarse_geo")),
        ("traits.firstName", "text", ("first_name", "text", "contact", "first", None)),
        ("properties.product_name", "text", ("product_name", "text", "transactions", "hidden", "redact_identifiers")),
        ("properties.note", "identifiers", ("note", "text", "behaviour", "hidden", "redact_identifiers")),
        ("properties.link", "url", ("link", "url", "behaviour", "hidden", "redact_identifiers")),
        ("traits.birthday", "date", ("birth_date", "date", "profile", "year", None)),
        ("userId", "id", ("customer_id", "id", "identity", "last4", None)),
    ],
)
def test_type_class_mask_and_minimiser_are_guessed(path: str, shape: str, said: tuple[str, ...]) -> None:
    field = only(path, shape)
    assert (field.name, field.type, field.class_, field.mask, field.minimise) == said


def test_where_a_field_is_looked_for_anyway_needs_no_map() -> None:
    assert not only("properties.coupon_code", "text").is_mapped
    assert not only("context.ip", "ip").is_mapped
    assert only("properties.couponCode", "text").is_mapped
    assert only("properties.cart.coupon_code", "text").is_mapped


def test_a_declared_field_that_its_event_does_not_list_is_lacking_there() -> None:
    found = lack(("properties.page_path", "text"))
    assert found.fields == ()
    assert found.events == {ORDER: (*compiled().events[ORDER].fields, "page_path")}
    assert lack(("properties.email", "email")) == Lack(fields=(), events={}, left=())


def test_an_event_that_the_policy_does_not_name_is_suggested_with_what_it_carries() -> None:
    found = lack(("properties.email", "email"), ("properties.wish", "text"), event="Wish Made")
    assert found.events == {"Wish Made": ("email", "wish")}


def test_what_is_better_left_where_it_is_is_said_with_its_reason() -> None:
    found = lack(("properties.pan", "card"), ("properties.*", "text"), ("_x", "text"))
    assert found.fields == ()
    assert dict(found.left) == {
        "properties.pan": "looks like payment card numbers: leave it to the payment provider",
        f"{ORDER}: properties.*": "stands under a name that is not shown",
        "_x": "has no name that a field can have",
    }
    assert "# Not suggested: properties.pan looks like" in render(found, compiled().channels["backend"])


@pytest.mark.parametrize(
    ("event", "path", "shape"),
    [
        (ORDER, "properties.a", "text, for: [marketing]"), (ORDER, "properties.a\n  b: {for: [marketing]}", "text"),
        ('x"]\nfields: {a: 1}', "properties.a", "text"), (ORDER, "", "text"), (ORDER, ITEM, "text"),
        (ORDER, "properties.\x1b[2J.*", "text"),
    ],
)  # fmt: skip
def test_a_planted_count_writes_no_policy(event: str, path: str, shape: str) -> None:
    found = lack((path, shape), event=event)
    assert (found.fields, found.events) == ((), {})
    assert render(found, compiled().channels["backend"]).splitlines()[1:] == [
        "# Not suggested: * was counted by no gate: a row of drop_count was written by somebody else."
    ]


def test_of_several_shapes_the_most_frequent_counts_and_identifiers_are_always_taken_out() -> None:
    policy = compiled()
    seen = [
        Sighting(ORDER, ("properties", "note"), "id", 900), Sighting(ORDER, ("properties", "note"), "identifiers", 1)
    ]  # fmt: skip
    [field] = suggest(policy, policy.channels["backend"], seen).fields
    assert (field.type, field.minimise, field.seen) == ("text", "redact_identifiers", 901)
