"""What shops and tills pass on goes through a served house and its stores: proven, stored once, and narrowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from lockhouse.channels.hooks import HOOKS
from lockhouse.channels.hooks.scheme import sign
from lockhouse.model.rows import Record, Suppression
from lockhouse.secret import Secret
from tests.faces.serve_world import POLICY, Place, make_place, run, served, stored
from tests.faces.test_serve_mail_hooks import MARKETING, _given, _words

if TYPE_CHECKING:
    from pathlib import Path

PUBLIC = "https://collect.shop.example"
KEY = "provider-signature-key-1"
RULES = (
    POLICY.replace("purposes:\n", "purposes:\n" + MARKETING)
    .replace("for: [fulfilment], identifies: person", "for: [fulfilment, marketing], identifies: person")
    .replace(
        "events:\n",
        "events:\n  orders/create: [email, order_id]\n  payment.created: [email, order_id]\n"
        "  customer.updated: [email]\n",
    )
    .replace(
        "channels:\n",
        "channels:\n"
        "  shop: {kind: shopify, events: [orders/create], narrows: [marketing]}\n"
        "  tills: {kind: square, events: [payment.created, customer.updated], narrows: [marketing]}\n",
    )
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made: Place = run(make_place(tmp_path, policy=RULES))
    return made


def _till(place: Place, tree: dict[str, Any], *, url: str = f"{PUBLIC}/hooks/tills") -> int:
    signing = HOOKS["square"].signing
    assert signing is not None
    body = json.dumps(tree).encode()
    text = sign(signing, {"url": url.encode(), "body": body}, key=Secret(KEY.encode()))
    return httpx.post(f"{place.url}/hooks/tills", content=body, headers={signing.header: text}, timeout=10).status_code


def _square(kind: str, own: str, **objects: Any) -> dict[str, Any]:
    return {"type": kind, "event_id": own, "created_at": "2026-01-05T09:30:00Z", "data": {"object": objects}}


def test_a_payment_is_stored_once_and_an_unsubscribed_customer_is_a_no_under_the_public_address_alone(
    place: Place,
) -> None:
    place.set(public_url=PUBLIC)
    run(_given(place, "tills", KEY))
    payment = _square("payment.created", "e-1", payment={"buyer_email_address": "anna@example.com", "order_id": "o-1"})
    about = {"email_address": "anna@example.com", "preferences": {"email_unsubscribed": True}}
    with served(place):
        refused = _till(place, payment, url=f"{place.url}/hooks/tills")
        taken = [_till(place, one) for one in (payment, payment, _square("customer.updated", "e-2", customer=about))]
    assert (refused, taken) == (401, [200, 200, 200])
    assert run(stored(place)) == (2, 2)
    assert len(run(place.rows(Record))) == 2
    assert run(_words(place)) == [(False, "provider")]


def _shop(place: Place, topic: str, tree: dict[str, Any], *, key: str = KEY) -> int:
    signing = HOOKS["shopify"].signing
    assert signing is not None
    body = json.dumps(tree).encode()
    headers = {signing.header: sign(signing, {"body": body}, key=Secret(key.encode())), "x-shopify-topic": topic}
    return httpx.post(f"{place.url}/hooks/shop", content=body, headers=headers, timeout=10).status_code


def test_shopifys_request_to_redact_suppresses_and_its_order_sent_again_as_one_does_not(place: Place) -> None:
    run(_given(place, "shop", KEY))
    whose = {"id": 7, "email": "anna@example.com", "phone": None}
    order = {"id": 1, "order_number": 1001, "email": "anna@example.com", "customer": whose}
    redact = {"shop_id": 1, "shop_domain": "x.example", "customer": whose, "orders_to_redact": [1]}
    with served(place) as house:
        taken = _shop(place, "orders/create", order)
        twisted = _shop(place, "customers/redact", order)
        before = len(run(place.rows(Suppression)))
        forged = _shop(place, "customers/redact", redact, key="another-client-secret")
        asked = [_shop(place, topic, redact) for topic in ("customers/redact", "orders/create")]
        log = house.log
    assert (taken, twisted, forged, asked) == (200, 400, 401, [200, 200])
    assert before == 0
    assert [row.reason for row in run(place.rows(Suppression))] == ["erasure-request"]
    assert len(run(place.rows(Record))) == 1
    assert "anna@" not in log
