"""Square's deliveries are proven with the address they were registered under; its directory's noes narrow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockhouse.channels.hooks import BAD_SIGNATURE, HOOKS, Proven, Unproven
from lockhouse.channels.hooks.scheme import prove, sign
from lockhouse.model.event import Demand, Event, Fault
from lockhouse.secret import Secret
from tests.unit.channels.hooks.mail_world import delivery, proven, read
from tests.unit.channels.hooks.test_scheme import VECTORS

URL = "https://collect.shop.example/hooks/tills"
KEY = "square-signature-key-1"
HEADER = "x-square-hmacsha256-signature"
SIGNING = HOOKS["square"].signing
ANNA = "anna@customer.example"


def _signed(tree: Any, *, key: str = KEY, url: str = URL) -> Any:
    assert SIGNING is not None
    body = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    text = sign(SIGNING, {"url": url.encode(), "body": body}, key=Secret(key.encode()))
    return replace(delivery(body, {HEADER: text}), url=URL)


def _envelope(kind: str, **objects: Any) -> dict[str, Any]:
    return {
        "merchant_id": "M1", "type": kind, "event_id": "e-1", "created_at": "2026-11-23T09:30:00.25Z",
        "data": {"type": kind.partition(".")[0], "id": "o-1", "object": objects},
    }  # fmt: skip


def _read(tree: Any) -> Event | Fault:
    sent = _signed(tree)
    [event] = read("square", sent, proven("square", sent, KEY))
    return event


@pytest.mark.parametrize(
    "vector", [one for one in VECTORS if one["name"].startswith("square")], ids=lambda v: v["name"]
)
def test_the_kind_proves_squares_published_vectors_and_none_under_another_address(vector: Any) -> None:
    assert SIGNING is not None
    keys = [Secret(vector["secret"].encode())]
    sent = replace(delivery(vector["body"].encode(), {HEADER: vector["expected"]}), url=vector["url"])
    assert isinstance(prove(sent, SIGNING, keys=keys), Proven)
    for url in ("", vector["url"] + "/", vector["url"].replace("https", "http")):
        assert isinstance(prove(replace(sent, url=url), SIGNING, keys=keys), Unproven), url


def test_what_is_signed_for_another_address_proves_nothing() -> None:
    other = _signed(_envelope("payment.created"), url="https://collect.shop.example/hooks/other")
    assert proven("square", other, KEY) == Unproven(code=BAD_SIGNATURE, why="wrong-signature")


@given(
    raw=st.binary(max_size=40),
    mutation=st.sampled_from(["none", "body", "url", "key", "signature", "lost", "hex"]),
    at=st.integers(min_value=0, max_value=42),
)
def test_squares_own_library_agrees(raw: bytes, mutation: str, at: int) -> None:
    oracle = pytest.importorskip("square.utils.webhooks_helper")
    good = _signed(b'{"a":"' + raw.hex().encode() + b'"}', key="other-signature-key-0" if mutation == "key" else KEY)
    text = good.one(HEADER)
    if mutation == "signature":
        text = text[:at] + ("A" if text[at] != "A" else "Q") + text[at + 1 :]
    elif mutation == "hex":
        text = text.encode().hex()
    body = good.body[:-1] + b" }" if mutation == "body" else good.body
    url = URL + "x" if mutation == "url" else URL
    headers = [] if mutation == "lost" else [(HEADER.encode(), text.encode())]
    ours = isinstance(proven("square", replace(good, body=body, url=url, headers=headers), KEY), Proven)
    theirs = mutation != "lost" and oracle.verify_signature(
        request_body=body.decode(), signature_header=text, signature_key=KEY, notification_url=url
    )
    assert ours == theirs == (mutation == "none")


def test_a_delivery_is_one_event_with_squares_id_name_and_time() -> None:
    event = _read(_envelope("payment.created", payment={"id": "P1", "buyer_email_address": ANNA}))
    assert isinstance(event, Event)
    assert (event.name, event.message_id, event.occurred_at) == ("payment.created", "e-1", 1_795_426_200_250)
    assert (event.demand, event.consent) == (None, None)


@pytest.mark.parametrize("kind", ["customer.created", "customer.updated"])
def test_who_is_unsubscribed_in_the_directory_has_said_no(kind: str) -> None:
    event = _read(_envelope(kind, customer={"email_address": ANNA, "preferences": {"email_unsubscribed": True}}))
    assert isinstance(event, Event)
    assert event.demand == Demand(what="unsubscribe", identifiers=(("email", ANNA),))
    assert event.consent is None


@pytest.mark.parametrize(
    "customer",
    [{"email_address": ANNA, "preferences": {"email_unsubscribed": False}}, {"email_address": ANNA},
     {"email_address": ANNA, "preferences": {"email_unsubscribed": "true"}},
     {"preferences": {"email_unsubscribed": True}},
     {"email_address": 5.5, "preferences": {"email_unsubscribed": True}}, "customer", None,
     {"email_address": "x" * 321, "preferences": {"email_unsubscribed": True}}],
)  # fmt: skip
def test_nothing_else_of_the_directory_is_a_word_of_its_customer(customer: Any) -> None:
    event = _read(_envelope("customer.updated", customer=customer))
    assert isinstance(event, Event)
    assert (event.demand, event.consent) == (None, None)


def test_a_customer_that_is_deleted_asked_for_nothing() -> None:
    event = _read(_envelope("customer.deleted", customer={"email_address": ANNA}))
    assert isinstance(event, Event)
    assert event.demand is None


def test_the_test_notification_is_known_as_one_and_a_payment_is_not() -> None:
    is_test = HOOKS["square"].is_test
    assert is_test is not None
    assert is_test({"type": "webhooks.test_notification"})
    assert not is_test({"type": "payment.created"})


def test_without_a_name_it_is_a_fault_without_a_value() -> None:
    fault = _read({"event_id": "e-1", "data": {"object": {"customer": {"email_address": ANNA}}}})
    assert isinstance(fault, Fault)
    assert ANNA not in str(fault)
