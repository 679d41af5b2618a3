"""Shopify's deliveries: proven by their body; what narrows is read from its shape, whatever the topic says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lockhouse.channels.hooks import HOOKS, Proven, Unproven
from lockhouse.channels.hooks.scheme import prove, sign
from lockhouse.model.event import Demand, Event, Fault
from lockhouse.secret import Secret
from tests.unit.channels.hooks.mail_world import NOW, delivery, proven, read
from tests.unit.channels.hooks.test_scheme import VECTORS

KEY = "shopify-client-secret-1"
HEADER, TOPIC = "x-shopify-hmac-sha256", "x-shopify-topic"
SIGNING = HOOKS["shopify"].signing
ANNA, PHONE = "anna@customer.example", "+4930123456"
CUSTOMER = {"id": 191167, "email": ANNA, "phone": PHONE}
SHOP = {"shop_id": 954889, "shop_domain": "northwind.myshopify.example"}
REDACT = {**SHOP, "customer": CUSTOMER, "orders_to_redact": [299938]}
ACCESS = {**SHOP, "customer": CUSTOMER, "orders_requested": [299938], "data_request": {"id": 9999}}
ORDER = {"id": 1, "order_number": 1001, "email": ANNA, "updated_at": "2026-11-23T09:30:00Z", "customer": CUSTOMER}
WHOSE = (("customer_id", "191167"), ("email", ANNA), ("phone", PHONE))
SAID_AT = "2026-11-20T09:30:00+01:00"
SAID_MS = 1_795_163_400_000


def signed(tree: Any, topic: str | None, *, key: str = KEY) -> Any:
    """A delivery as Shopify sends it."""
    assert SIGNING is not None
    body = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    text = sign(SIGNING, {"body": body}, key=Secret(key.encode()))
    return delivery(body, {HEADER: text} | ({} if topic is None else {TOPIC: topic}))


def _one(tree: Any, topic: str | None) -> Event | Fault:
    sent = signed(tree, topic)
    [event] = read("shopify", sent, proven("shopify", sent, KEY))
    return event


def _event(tree: Any, topic: str | None) -> Event:
    event = _one(tree, topic)
    assert isinstance(event, Event)
    return event


def test_the_kind_proves_its_vector_and_no_other_body() -> None:
    [vector] = [one for one in VECTORS if one["name"] == "shopify"]
    assert SIGNING is not None
    keys = [Secret(vector["secret"].encode())]
    sent = delivery(vector["body"].encode(), {HEADER: vector["expected"]})
    assert isinstance(prove(sent, SIGNING, keys=keys), Proven)
    other = delivery(vector["body"].encode() + b" ", {HEADER: vector["expected"]})
    assert isinstance(prove(other, SIGNING, keys=keys), Unproven)


def test_an_order_is_one_event_of_its_topic_known_again_by_body_and_topic() -> None:
    created, paid = _event(ORDER, "orders/create"), _event(ORDER, "orders/paid")
    assert (created.name, paid.name, created.occurred_at) == ("orders/create", "orders/paid", 1_795_426_200_000)
    assert created.message_id != paid.message_id
    assert created.message_id == _event(ORDER, "orders/create").message_id
    assert (created.demand, created.consent) == (None, None)
    assert isinstance(_one(ORDER, None), Fault)


@pytest.mark.parametrize("topic", ["customers/redact", "customers/data_request", "orders/create", "x", None])
@pytest.mark.parametrize(
    ("tree", "name", "demand"),
    [(REDACT, "customers/redact", Demand(what="erasure", identifiers=WHOSE)),
     (ACCESS, "customers/data_request", Demand(what="access", identifiers=WHOSE, reference="9999")),
     (SHOP, "shop/redact", Demand(what="shop", identifiers=()))],
)  # fmt: skip
def test_what_must_be_passed_on_is_what_its_body_says_under_every_topic(
    tree: Any, name: str, demand: Demand, topic: str | None
) -> None:
    event = _event(tree, topic)
    assert (event.name, event.demand, event.occurred_at) == (name, demand, NOW)
    assert event.message_id == _event(tree, name).message_id, "another topic makes no second request of it"


@pytest.mark.parametrize("topic", ["customers/redact", "customers/data_request", "shop/redact"])
@pytest.mark.parametrize(
    "tree",
    [ORDER, {**CUSTOMER, "verified_email": True}, {}, {"shop_id": 1}, {**SHOP, "customer": CUSTOMER},
     {**REDACT, "shop_id": "954889"}, {**REDACT, "customer": ANNA}, {**REDACT, "orders_to_redact": "all"},
     {**REDACT, "data_request": {"id": 1}}, {**ACCESS, "data_request": 9999}, {**SHOP, "name": "Northwind"}],
)  # fmt: skip
def test_no_other_body_asks_for_anything_under_such_a_topic(tree: Any, topic: str) -> None:
    fault = _one(tree, topic)
    assert isinstance(fault, Fault)
    assert ANNA not in str(fault)


def test_a_request_of_which_only_an_address_is_known_is_one() -> None:
    event = _event({**REDACT, "customer": {"email": ANNA, "phone": None}}, "customers/redact")
    assert event.demand == Demand(what="erasure", identifiers=(("email", ANNA),))


def _consent(state: str, level: str | None = "single_opt_in", at: str | None = SAID_AT) -> dict[str, Any]:
    return {"state": state, "opt_in_level": level, "consent_updated_at": at}


@pytest.mark.parametrize("topic", ["customers_email_marketing_consent/update", "customers/update", "orders/create"])
def test_who_unsubscribed_said_no_when_they_said_it(topic: str) -> None:
    mail = {"customer_id": 191167, "email_address": ANNA, "email_marketing_consent": _consent("UNSUBSCRIBED")}
    no = Demand(what="unsubscribe", identifiers=(("email", ANNA),), at=SAID_MS)
    assert _event(mail, topic).demand == no
    text = {"id": 191167, "phone": PHONE, "sms_marketing_consent": _consent("unsubscribed", at=None)}
    assert _event(text, topic).demand == Demand(what="unsubscribe", identifiers=(("phone", PHONE),))
    both = {**CUSTOMER, "updated_at": "2026-11-23T09:30:00Z", **{key: text[key] for key in ("sms_marketing_consent",)}}
    both["email_marketing_consent"] = mail["email_marketing_consent"]
    assert _event(both, topic).demand == Demand(what="unsubscribe", identifiers=(("email", ANNA), ("phone", PHONE)))


@pytest.mark.parametrize(
    ("about", "words"),
    [(_consent("subscribed"), {"shopify:email": True}),
     (_consent("subscribed", "confirmed_opt_in"), {"shopify:email": True, "shopify:email:confirmed": True}),
     (_consent("subscribed", "unknown"), None), (_consent("subscribed", None), None),
     (_consent("subscribed", at=None), None), (_consent("not_subscribed"), None), (_consent("pending"), None),
     (_consent("redacted"), None), ("subscribed", None), (None, None)],
)  # fmt: skip
def test_a_yes_is_a_word_of_a_customer_who_said_it_and_when(about: Any, words: Any) -> None:
    event = _event(
        {"email_address": ANNA, "email_marketing_consent": about}, "customers_email_marketing_consent/update"
    )
    assert (event.consent, event.demand) == (words, None)
    assert words is None or event.occurred_at == SAID_MS


def test_a_yes_that_a_customers_record_repeats_is_no_new_one() -> None:
    tree = {**CUSTOMER, "updated_at": "2026-11-23T09:30:00Z", "email_marketing_consent": _consent("subscribed")}
    event = _event(tree, "customers_email_marketing_consent/update")
    assert (event.consent, event.demand, event.occurred_at) == (None, None, 1_795_426_200_000)


def test_a_customers_number_stands_where_that_of_an_order_does() -> None:
    assert _event({**CUSTOMER, "verified_email": True}, "customers/update").source["customer_id"] == 191167
    assert "customer_id" not in _event(ORDER, "customers/update").source


def test_an_order_of_the_test_gateway_is_known_as_one() -> None:
    is_test = HOOKS["shopify"].is_test
    assert is_test is not None
    assert (is_test({"test": True}), is_test({"test": False}), is_test(ORDER)) == (True, False, False)
