"""What shops and tills pass on goes through a served house and its stores: proven, stored once, and narrowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from lockhouse.channels.hooks import HOOKS
from lockhouse.channels.hooks.scheme import sign
from lockhouse.model.rows import Record
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
    .replace("events:\n", "events:\n  payment.created: [email, order_id]\n  customer.updated: [email]\n")
    .replace(
        "channels:\n",
        "channels:\n  tills: {kind: square, events: [payment.created, customer.updated], narrows: [marketing]}\n",
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
