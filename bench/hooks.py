"""Proofs of webhooks alone, without a house: what the proof of one delivery adds, for each way of signing.

Deliveries are of one event and about a kilobyte. Time is the CPU time of this thread, in microseconds a delivery.
"""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.report import Figure
from lockhouse.channels.hooks import HOOKS, Delivery, Proven
from lockhouse.channels.hooks.scheme import prove, sign
from lockhouse.crypto.hooks import hook_key
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.channels.hooks import Unproven

    Proof = Callable[[], Proven | Unproven]

DELIVERIES = 2_000
AT_MS = 1_795_440_630_000
STAMP = str(AT_MS // 1000)
PADDING = "x" * 700
"""Beside the event itself: what a provider tells of the mail."""


def costs(*, rounds: int) -> list[Figure]:
    """What one proof takes by HMAC, by ECDSA and by RSA, each a sample a round."""
    ways = (
        ("hook_hmac_us", _hmac(), "HMAC-SHA256 over time and body, as Stripe signs"),
        ("hook_ecdsa_us", _ecdsa(), "ECDSA on P-256 over time and body, as SendGrid signs"),
        ("hook_rsa_us", _rsa(), "RSA of 2,048 bits over parts of the body, as Amazon SNS signs"),
    )
    return [Figure(name, _samples(proof, rounds), "us", f"proof of a webhook: {about}") for name, proof, about in ways]


def _samples(proof: Proof, rounds: int) -> tuple[float, ...]:
    if not isinstance(proof(), Proven):
        raise SystemExit("bench: expected a delivery that is proven")
    found = []
    for _ in range(rounds):
        began = time.thread_time()
        for _ in range(DELIVERIES):
            proof()
        found.append((time.thread_time() - began) / DELIVERIES * 1e6)
    return tuple(found)


def _delivery(body: bytes, *headers: tuple[str, str], fetched: bytes = b"") -> Delivery:
    raw = [(name.encode(), text.encode()) for name, text in headers]
    return Delivery(headers=raw, body=body, received_at=AT_MS, fetched=fetched)


def _hmac() -> Proof:
    signing, key = HOOKS["stripe"].signing, Secret(b"k" * 32)
    if signing is None:
        raise SystemExit("bench: expected a kind that signs in one way")
    body = json.dumps({"id": "evt_1", "type": "charge.succeeded", "note": PADDING}).encode()
    text = sign(signing, {"timestamp": STAMP.encode(), "body": body}, key=key)
    delivery = _delivery(body, ("stripe-signature", text))
    return lambda: prove(delivery, signing, keys=[key])


def _ecdsa() -> Proof:
    kind, own = HOOKS["sendgrid"], ec.generate_private_key(ec.SECP256R1())
    shown = base64.b64encode(own.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    key = hook_key(Secret(shown), form="p256")
    body = json.dumps([{"event": "open", "sg_event_id": "e1", "note": PADDING}]).encode()
    text = base64.b64encode(own.sign(STAMP.encode() + body, ec.ECDSA(SHA256()))).decode()
    name = "x-twilio-email-event-webhook"
    delivery = _delivery(body, (f"{name}-signature", text), (f"{name}-timestamp", STAMP))
    if kind.prove is None or kind.signing is None:
        raise SystemExit("bench: expected a kind with a proof of its own")
    return lambda: kind.prove(delivery, kind.signing, [key])  # type: ignore[misc, arg-type]  # both stand above


def _rsa() -> Proof:
    kind, own = HOOKS["ses"], rsa.generate_private_key(65537, 2048)
    at, topic = datetime.fromtimestamp(AT_MS / 1000, tz=UTC), "arn:aws:sns:eu-central-1:123456789012:mail"
    name, day = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns")]), timedelta(days=1)
    made = x509.CertificateBuilder(name, name, own.public_key(), 1, at - day, at + day).sign(own, SHA256())
    tree = {
        "Message": json.dumps({"eventType": "Open", "note": PADDING}), "MessageId": "m1", "Type": "Notification",
        "Timestamp": at.isoformat(), "TopicArn": topic,
    }  # fmt: skip
    said = "".join(f"{part}\n{tree[part]}\n" for part in ("Message", "MessageId", "Timestamp", "TopicArn", "Type"))
    signature = base64.b64encode(own.sign(said.encode(), padding.PKCS1v15(), SHA256())).decode()
    body = json.dumps({**tree, "SignatureVersion": "2", "Signature": signature}).encode()
    delivery = _delivery(body, fetched=made.public_bytes(Encoding.PEM))
    if kind.prove is None or kind.signing is None:
        raise SystemExit("bench: expected a kind with a proof of its own")
    return lambda: kind.prove(delivery, kind.signing, [Secret(topic.encode())])  # type: ignore[misc, arg-type]  # as above
