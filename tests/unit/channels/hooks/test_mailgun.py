"""Mailgun signs a token and a time and nothing else: so a token counts once, and what stands beside it little."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.channels.hooks import BAD_SIGNATURE, HOOKS, STALE, Proven, Unproven
from lockhouse.model.event import Demand, Event, Fault
from lockhouse.model.scale import Assurance
from tests.unit.channels.hooks.mail_world import NOW, delivery, proven, read

VECTOR: dict[str, str] = json.loads((Path(__file__).parent / "mail_vectors.json").read_text("utf-8"))["mailgun"]
KEY, TOKEN = VECTOR["key"], VECTOR["token"]
ANNA = "anna@customer.example"


def _mac(stamp: str, token: str, key: str = KEY) -> str:
    return hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()


def _signature(stamp: str = str(NOW // 1000), token: str = TOKEN) -> dict[str, Any]:
    return {"timestamp": stamp, "token": token, "signature": _mac(stamp, token)}


def _body(signature: Any, **event: Any) -> bytes:
    data = {"event": "unsubscribed", "timestamp": NOW / 1000 - 60, "recipient": ANNA, "id": "m1"} | event
    return json.dumps({"signature": signature, "event-data": data}).encode()


def _found(signature: Any, *, at: int = NOW) -> Proven | Unproven:
    return proven("mailgun", delivery(_body(signature), at=at), KEY)


def _one(**event: Any) -> Event:
    sent = delivery(_body(_signature(), **event))
    [found] = read("mailgun", sent, proven("mailgun", sent, KEY))
    assert isinstance(found, Event)
    return found


def test_the_vector_is_proven_at_its_time() -> None:
    said = {"timestamp": VECTOR["timestamp"], "token": TOKEN, "signature": VECTOR["expected"]}
    at = int(VECTOR["timestamp"]) * 1000
    assert _found(said, at=at) == Proven(id=TOKEN, at=at)


@given(
    at=st.integers(min_value=0, max_value=49),
    mutation=st.sampled_from(["none", "stamp", "token", "signature", "lost", "number"]),
    shift=st.sampled_from([0, -3600, 3600, -10 * 3600, 10 * 3600]),
)
def test_it_is_proven_exactly_if_token_and_time_are_the_signed_ones_and_recent(
    at: int, mutation: str, shift: int
) -> None:
    said = _signature(str(NOW // 1000 + shift))
    if mutation == "stamp":
        said["timestamp"] = str(int(said["timestamp"]) + 1 + at)
    elif mutation in {"token", "signature"}:
        text = said[mutation]
        said[mutation] = text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]
    elif mutation == "lost":
        del said[("timestamp", "token", "signature")[at % 3]]
    elif mutation == "number":
        said["timestamp"] = int(said["timestamp"])
    ours = isinstance(_found(said), Proven)
    assert ours == (mutation in {"none", "number"} and abs(shift) < 9 * 3600)


def test_digits_of_the_token_are_never_read_as_part_of_the_time() -> None:
    token = "12345" + TOKEN[5:]
    said = _signature(token=token)
    moved = {**said, "timestamp": said["timestamp"] + token[:3], "token": token[3:]}
    assert isinstance(_found(said), Proven)
    assert _found(moved) == Unproven(code=BAD_SIGNATURE, why="no-signature")


def test_an_old_token_proves_nothing() -> None:
    assert _found(_signature(str(NOW // 1000 - 9 * 3600 - 1))) == Unproven(code=STALE, why="outside-window")


def test_the_account_above_signs_for_a_subaccount() -> None:
    said = _signature()
    said["parent-signature"], said["signature"] = said["signature"], "0" * 64
    assert isinstance(_found(said), Proven)


@pytest.mark.parametrize(
    "said",
    [None, [], "x", {}, {"timestamp": [], "token": {}, "signature": 1}, {**_signature(), "signature": "0x" + "0" * 62},
     {**_signature(), "token": ""}, {**_signature(), "signature": _mac(str(NOW // 1000), TOKEN).upper()}],
)  # fmt: skip
def test_a_signature_in_another_form_proves_nothing(said: Any) -> None:
    assert isinstance(_found(said), Unproven)


def test_another_body_around_the_same_token_has_its_id() -> None:
    assert _one().message_id == _one(recipient="ben@customer.example", event="complained").message_id == TOKEN


@pytest.mark.parametrize(("event", "asked"), [("unsubscribed", "unsubscribe"), ("complained", "complaint")])
def test_what_a_recipient_asked_for_stands_on_its_event(event: str, asked: Any) -> None:
    found = _one(event=event)
    assert found.demand == Demand(what=asked, identifiers=(("email", ANNA),))
    assert found.occurred_at == NOW - 60_000


@pytest.mark.parametrize("event", ["failed", "opened", "clicked", "delivered", "accepted", "stored"])
def test_nobody_asked_for_anything_by_what_became_of_a_mail(event: str) -> None:
    assert (_one(event=event).demand, _one(event=event).consent) == (None, None)


def test_it_counts_as_little_as_what_whoever_has_a_key_sends() -> None:
    assert HOOKS["mailgun"].assurance == Assurance.SECRET


def test_what_the_button_for_a_test_sends_is_a_test() -> None:
    is_test = HOOKS["mailgun"].is_test
    assert is_test is not None
    assert is_test({"event-data": {"recipient": "alice@example.com"}})
    assert not is_test({"event-data": {"recipient": ANNA}})


def test_a_body_without_an_event_is_a_fault_without_a_value() -> None:
    body = json.dumps({"signature": _signature(), "event-data": [ANNA]}).encode()
    sent = delivery(body)
    [found] = read("mailgun", sent, proven("mailgun", sent, KEY))
    assert isinstance(found, Fault)
    assert ANNA not in repr(found)
