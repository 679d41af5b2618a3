"""Klaviyo signs a list of events and its time; each event brings its profile."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.channels.hooks import Proven
from lockhouse.model.event import Demand, Event, Fault
from tests.unit.channels.hooks.mail_world import NOW, delivery, proven, read

VECTOR: dict[str, str] = json.loads((Path(__file__).parent / "mail_vectors.json").read_text("utf-8"))["klaviyo"]
KEY = VECTOR["key"]
ANNA, PHONE = "anna@customer.example", "+4930123456"
PROFILE = {"type": "profile", "attributes": {"email": ANNA, "phone_number": PHONE, "first_name": "Anna"}}


def _signed(body: bytes, stamp: str = str(NOW // 1000)) -> dict[str, str]:
    mac = hmac.new(KEY.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()
    return {"klaviyo-signature": mac, "klaviyo-timestamp": stamp}


def _item(topic: Any = "opened_email", own: Any = "x1", *, included: Any = (PROFILE,)) -> dict[str, Any]:
    about = {"datetime": "2026-11-23T09:30:00+00:00", "event_properties": {"Subject": "News"}}
    payload = {"data": {"type": "event", "attributes": about}, "included": included}
    name = f"event:klaviyo.{topic}" if isinstance(topic, str) else topic
    return {"external_id": own, "topic": name, "payload": payload}


def _read(tree: Any, **headers: str) -> list[Event | Fault]:
    body = json.dumps(tree).encode()
    sent = delivery(body, _signed(body) | headers)
    return read("klaviyo", sent, proven("klaviyo", sent, KEY))


def _one(topic: str, **more: Any) -> Event:
    [found] = _read({"data": [_item(topic, **more)], "meta": {}})
    assert isinstance(found, Event)
    return found


def test_the_vector_is_proven_at_its_time() -> None:
    headers = {"klaviyo-signature": VECTOR["expected"], "klaviyo-timestamp": VECTOR["timestamp"]}
    sent = delivery(VECTOR["body"].encode(), headers, at=int(VECTOR["timestamp"]) * 1000)
    assert isinstance(proven("klaviyo", sent, KEY), Proven)


@given(
    mutation=st.sampled_from(["none", "body", "stamp", "signature", "lost", "iso", "moved"]),
    shift=st.sampled_from([0, -3600, 3600, -26 * 3600, 26 * 3600]), at=st.integers(min_value=0, max_value=19),
)  # fmt: skip
def test_it_is_proven_exactly_if_body_and_time_are_the_signed_ones_and_recent(
    mutation: str, shift: int, at: int
) -> None:
    body, stamp = b'{"data":[],"meta":{}}', str(NOW // 1000 + shift)
    if mutation == "iso":
        stamp = "2026-11-23T13:30:30Z"
    headers = _signed(body, stamp)
    if mutation == "body":
        body = body[:at] + b" " + body[at:]
    elif mutation == "stamp":
        headers["klaviyo-timestamp"] = str(int(stamp) + 1)
    elif mutation == "signature":
        text = headers["klaviyo-signature"]
        headers["klaviyo-signature"] = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]
    elif mutation == "lost":
        del headers[("klaviyo-signature", "klaviyo-timestamp")[at % 2]]
    elif mutation == "moved":
        body, headers["klaviyo-timestamp"] = body[:-1], "}" + stamp
    ours = isinstance(proven("klaviyo", delivery(body, headers), KEY), Proven)
    assert ours == (mutation == "iso" or (mutation == "none" and abs(shift) < 25 * 3600))


@pytest.mark.parametrize(
    ("topic", "asked", "whose"),
    [("unsubscribed_from_email_marketing", "unsubscribe", ("email", ANNA)),
     ("unsubscribed", "unsubscribe", ("email", ANNA)), ("unsubscribed_from_list", "unsubscribe", ("email", ANNA)),
     ("marked_email_as_spam", "complaint", ("email", ANNA)),
     ("unsubscribed_from_sms_marketing", "unsubscribe", ("phone", PHONE))],
)  # fmt: skip
def test_what_a_recipient_asked_for_stands_on_its_event(topic: str, asked: Any, whose: tuple[str, str]) -> None:
    found = _one(topic)
    assert (found.demand, found.consent) == (Demand(what=asked, identifiers=(whose,)), None)
    assert found.source["profile"]["email"] == ANNA


@pytest.mark.parametrize("topic", ["opened_email", "bounced_email", "clicked_sms", "received_email"])
def test_nobody_asked_for_anything_by_what_became_of_a_message(topic: str) -> None:
    assert (_one(topic).demand, _one(topic).consent) == (None, None)


def test_a_yes_is_a_word_that_no_purpose_can_be_called() -> None:
    assert _one("subscribed_to_email_marketing").consent == {"klaviyo:email": True}
    assert _one("subscribed_to_sms_marketing").consent == {"klaviyo:sms": True}
    assert _one("subscribed_to_list").consent is None


@pytest.mark.parametrize(
    "included", [(), None, "x", [5], [PROFILE, PROFILE], [{"type": "profile", "attributes": [ANNA]}]]
)
def test_without_one_profile_nobody_is_named(included: Any) -> None:
    found = _one("marked_email_as_spam", included=included)
    assert (found.demand, found.source["profile"]) == (None, {})


def test_each_event_has_its_own_id_and_a_bad_one_harms_none() -> None:
    found = _read({"data": [_item(own="x1"), _item(own="x2"), _item(topic=[7]), _item(own=None), 5], "meta": {}})
    assert [type(one) for one in found] == [Event, Event, Fault, Event, Fault]
    assert len({one.message_id for one in found[:2]} | {one.message_id for one in found[3:]}) == 4


def test_a_delivery_of_another_webhook_than_its_header_says_is_a_fault() -> None:
    tree = {"data": [_item()], "meta": {"klaviyo_webhook_id": "w1"}}
    assert isinstance(_read(tree, **{"klaviyo-webhook-id": "w1"})[0], Event)
    assert isinstance(_read(tree, **{"klaviyo-webhook-id": "w2"})[0], Fault)


@pytest.mark.parametrize("tree", [{}, {"data": {}}, {"data": [1] * 1001}, [], {"data": None}])
def test_a_proven_body_that_is_no_list_of_events_is_a_fault(tree: Any) -> None:
    [found] = _read(tree)
    assert isinstance(found, Fault)
