"""SendGrid's deliveries are proven as its own library proves them, and read event by event."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.channels.hooks import BAD_SIGNATURE, STALE, Delivery, Proven, Unproven
from lockhouse.crypto.hooks import hook_key
from lockhouse.errors import Invalid
from lockhouse.model.event import Demand, Event, Fault
from lockhouse.secret import Secret
from tests.unit.channels.hooks.mail_world import NOW, delivery, proven, read

VECTOR: dict[str, str] = json.loads((Path(__file__).parent / "mail_vectors.json").read_text("utf-8"))["sendgrid"]
SIGNATURE, STAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
ANNA = "anna@customer.example"


@cache
def _key(curve: str = "p256") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1() if curve == "p256" else ec.SECP384R1())


def _shown(key: ec.EllipticCurvePrivateKey) -> str:
    raw = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(raw).decode()


def _signed(body: bytes, stamp: int = NOW // 1000) -> dict[str, str]:
    text = base64.b64encode(_key().sign(str(stamp).encode() + body, ec.ECDSA(SHA256()))).decode()
    return {SIGNATURE: text, STAMP: str(stamp)}


def _events(*trees: Any) -> list[Event | Fault]:
    body = json.dumps(trees).encode() + b"\r\n"
    sent = delivery(body, _signed(body))
    return read("sendgrid", sent, proven("sendgrid", sent, _shown(_key())))


def _one(**tree: Any) -> Event:
    [event] = _events({"email": ANNA, "timestamp": NOW // 1000 - 60, "sg_event_id": "e1", **tree})
    assert isinstance(event, Event)
    return event


def _vector(**other: str) -> Proven | Unproven:
    said = VECTOR | other
    headers = {SIGNATURE: said["signature"], STAMP: said["timestamp"]}
    at = int(VECTOR["timestamp"]) * 1000
    return proven("sendgrid", delivery(said["body"].encode(), headers, at=at), said["key"])


def test_the_published_vector_is_proven_and_nothing_of_it_may_differ() -> None:
    assert isinstance(_vector(), Proven)
    others = (
        {"key": VECTOR["other_key"]}, {"signature": VECTOR["other_signature"]}, {"body": VECTOR["body"].rstrip()},
        {"timestamp": "1600112503"}, {"timestamp": "timestamp"}, {"signature": ""}, {"signature": "?"},
    )  # fmt: skip
    assert [_vector(**one) for one in others if isinstance(_vector(**one), Proven)] == []


@given(
    body=st.binary(min_size=1, max_size=60).map(lambda raw: b'[{"a":"' + raw.hex().encode() + b'"}]\r\n'),
    at=st.integers(min_value=0, max_value=60),
    mutation=st.sampled_from(["none", "body", "stamp", "signature", "key", "lost"]),
)
def test_what_their_library_takes_we_take(body: bytes, at: int, mutation: str) -> None:
    oracle = pytest.importorskip("sendgrid").EventWebhook
    headers, key = _signed(body), _key()
    if mutation == "body":
        body = body[: at % len(body)] + b" " + body[at % len(body) :]
    elif mutation == "stamp":
        headers[STAMP] = str(int(headers[STAMP]) + 1 + at)
    elif mutation == "signature":
        raw = bytearray(base64.b64decode(headers[SIGNATURE]))
        raw[at % len(raw)] ^= 1
        headers[SIGNATURE] = base64.b64encode(raw).decode()
    elif mutation == "key":
        key = ec.generate_private_key(ec.SECP256R1())
    theirs = oracle(_shown(key)).verify_signature(body.decode(), headers[SIGNATURE], headers[STAMP])
    if mutation == "lost":
        del headers[(SIGNATURE, STAMP)[at % 2]]
    ours = isinstance(proven("sendgrid", delivery(body, headers), _shown(key)), Proven)
    assert ours == (mutation == "none")
    assert theirs == (mutation in {"none", "lost"})


@pytest.mark.parametrize("off_s", [-25 * 3600 - 1, 25 * 3600 + 1])
def test_what_is_older_than_sendgrid_tries_for_proves_nothing(off_s: int) -> None:
    body = b"[]"
    found = proven("sendgrid", delivery(body, _signed(body, NOW // 1000 - off_s)), _shown(_key()))
    assert found == Unproven(code=STALE, why="outside-window")


def test_a_header_that_stands_twice_proves_nothing() -> None:
    body = b"[]"
    sent = delivery(body, _signed(body))
    again = Delivery(headers=[*sent.headers, sent.headers[0]], body=body, received_at=NOW)
    assert proven("sendgrid", again, _shown(_key())) == Unproven(code=BAD_SIGNATURE, why="no-signature")


@pytest.mark.parametrize("shown", ["SG.an-api-key-in-its-place", "whsec_" + "A" * 44, "A" * 124, "p384"])
def test_no_other_key_can_be_given_to_the_channel(shown: str) -> None:
    text = _shown(_key("p384")) if shown == "p384" else shown
    with pytest.raises(Invalid, match="as the provider shows it"):
        hook_key(Secret(text.encode()), form="p256")


@pytest.mark.parametrize(
    ("event", "asked"),
    [("unsubscribe", "unsubscribe"), ("group_unsubscribe", "unsubscribe"), ("spamreport", "complaint")],
)
def test_what_a_recipient_asked_for_stands_on_its_event(event: str, asked: Any) -> None:
    found = _one(event=event, asm_group_id=10)
    assert found.demand == Demand(what=asked, identifiers=(("email", ANNA),))
    assert (found.message_id, found.occurred_at, found.consent) == ("e1", NOW - 60_000, None)


@pytest.mark.parametrize("event", ["bounce", "dropped", "open", "click", "delivered", "deferred", "processed"])
def test_nobody_asked_for_anything_by_what_became_of_a_mail(event: str) -> None:
    found = _one(event=event, reason="Unsubscribed Address", type="blocked")
    assert (found.demand, found.consent) == (None, None)


def test_a_yes_is_to_the_group_and_a_word_that_no_purpose_can_be_called() -> None:
    assert _one(event="group_resubscribe", asm_group_id=10).consent == {"sendgrid:group:10": True}
    assert _one(event="group_resubscribe", asm_group_id={"a": ANNA}).consent is None


def test_of_several_events_a_bad_one_harms_none_and_each_has_its_own_id() -> None:
    found = _events(
        {"email": ANNA, "event": "open", "sg_event_id": "e1"}, {"email": ANNA, "event": [7], "sg_event_id": "e2"},
        {"email": ANNA, "event": "open"}, 5,
    )  # fmt: skip
    assert [type(one) for one in found] == [Event, Fault, Event, Fault]
    ids = [one.message_id for one in found]
    assert ids[:2] == ["e1", "e2"]
    assert len(set(ids)) == 4
    assert ANNA not in repr([one for one in found if isinstance(one, Fault)])


def test_what_the_button_for_a_test_sends_is_nobodys() -> None:
    assert _events({"email": "example@test.com", "event": "group_unsubscribe", "sg_event_id": "x"}) == []


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[", b"null", b"[" * 5000, b'[{"a":1,"a":2}]', b"[" + b"1," * 1001 + b"1]"]
)
def test_a_proven_body_that_is_no_list_of_events_is_a_fault(body: bytes) -> None:
    sent = delivery(body, _signed(body))
    found = read("sendgrid", sent, proven("sendgrid", sent, _shown(_key())))
    assert found
    assert all(isinstance(one, Fault) for one in found)
