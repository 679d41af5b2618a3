"""What the vendors' own libraries take we take, and what they refuse we refuse: good deliveries, and mutated ones."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.channels.hooks import HOOKS, Delivery, Proven
from lockhouse.channels.hooks.scheme import prove
from lockhouse.crypto.hooks import hook_key
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")
SVIX = ("svix-id", "svix-timestamp", "svix-signature")
SHIFTS = st.sampled_from([0, -200, 200, -400, 400])
"""Seconds; no library's window ends between them, so that the time the test takes plays no part."""
BODIES = st.binary(min_size=1, max_size=60).map(lambda raw: b'{"a":"' + raw.hex().encode() + b'"}')
AT = st.integers(min_value=0, max_value=9)
MUTATIONS = st.sampled_from(["none", "body", "id", "stamp", "signature", "lost", "two", "other-version"])


def _proven(kind: str, headers: Mapping[str, str], body: bytes) -> bool:
    known = HOOKS[kind]
    signing = known.signing
    assert signing is not None
    keys = [hook_key(Secret(SECRET.encode()), form=signing.key, prefix=signing.key_prefix)]
    raw = [(name.encode(), text.encode()) for name, text in headers.items()]
    delivery = Delivery(headers=raw, body=body, received_at=time.time_ns() // 1_000_000)
    found = known.prove(delivery, signing, keys) if known.prove else prove(delivery, signing, keys=keys)
    return isinstance(found, Proven)


def _takes(verify: Any, *said: Any) -> bool:
    try:
        verify(*said)
    except Exception:  # noqa: BLE001  # every refusal of a library is one to us
        return False
    return True


def _other(text: str, at: int) -> str:
    """Another digit, in hex as in base64: a capital one of hex would be the same."""
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def _mutated(mutation: str, headers: dict[str, str], *, names: tuple[str, str, str], at: int) -> dict[str, str]:
    own, stamp, signature = names
    if mutation == "id":
        headers[own] += "x"
    elif mutation == "stamp":
        headers[stamp] = str(int(headers[stamp]) + 1)
    elif mutation == "signature":
        headers[signature] = "v1," + _other(headers[signature].removeprefix("v1,"), at)
    elif mutation == "lost":
        del headers[names[at % 3]]
    elif mutation == "two":
        headers[signature] = f"v1,{'A' * 43}= {headers[signature]}"
    elif mutation == "other-version":
        headers[signature] = headers[signature].replace("v1,", "v2,")
    return headers


@pytest.mark.parametrize("whose", [("standardwebhooks", STANDARD), ("svix", SVIX), ("svix", STANDARD)])
@given(body=BODIES, mutation=MUTATIONS, shift=SHIFTS, at=AT)
def test_standard_webhooks_agree(
    whose: tuple[str, tuple[str, str, str]], body: bytes, mutation: str, shift: int, at: int
) -> None:
    library, names = whose
    oracle = pytest.importorskip(library).Webhook(SECRET)
    stamp = int(time.time()) + shift
    signed = oracle.sign("msg_1", datetime.fromtimestamp(stamp, tz=UTC), body.decode())
    headers = _mutated(mutation, dict(zip(names, ("msg_1", str(stamp), signed), strict=True)), names=names, at=at)
    sent = body[:-1] + b" }" if mutation == "body" else body
    ours = _proven("standard-webhooks", headers, sent)
    assert ours == _takes(oracle.verify, sent.decode(), headers)
    assert ours == (mutation in {"none", "two"} and abs(shift) < 300)


@given(body=BODIES, mutation=st.sampled_from(["none", "body", "stamp", "signature", "v0", "two"]), shift=SHIFTS, at=AT)
def test_stripe_agrees(body: bytes, mutation: str, shift: int, at: int) -> None:
    oracle = pytest.importorskip("stripe").WebhookSignature
    stamp = int(time.time()) + shift
    mac = oracle._compute_signature(f"{stamp}.{body.decode()}", SECRET)
    header = {
        "stamp": f"t={stamp + 1},v1={mac}", "signature": f"t={stamp},v1={_other(mac, at)}",
        "v0": f"t={stamp},v0={mac}", "two": f"t={stamp},v1={'0' * 64},v1={mac}",
    }.get(mutation, f"t={stamp},v1={mac}")  # fmt: skip
    sent = body[:-1] + b" }" if mutation == "body" else body
    ours, theirs = _proven("stripe", {"stripe-signature": header}, sent), mutation in {"none", "two"}
    assert _takes(oracle.verify_header, sent.decode(), header, SECRET, 300) == (theirs and shift > -300)
    # Their library looks at the age alone and takes a time in the future; ours has a window on both sides.
    assert ours == (theirs and abs(shift) < 300)
