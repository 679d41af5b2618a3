"""Deliveries are proven as their providers sign them, and by nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lockhouse.channels.hooks import BAD_SIGNATURE, STALE, Delivery, Proven, Unproven
from lockhouse.channels.hooks.scheme import prove, sign
from lockhouse.crypto.hooks import LEAST_KEY_BYTES, hook_key, new_hook_secret
from lockhouse.errors import Invalid
from lockhouse.model.signing import Signing
from lockhouse.secret import Secret

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
NOW = 1_614_265_330_000
KEY = Secret(b"k" * 32)
OTHER = Secret(b"o" * 32)
STAMPED = Signing(
    header="x-sig", signed="{id}.{timestamp}.{body}", timestamp="header:x-at", id="header:x-id", element="v1"
)
BODY = b'{"type":"a"}'


def _key(vector: dict[str, Any], signing: Signing) -> Secret:
    shown = Secret(vector["secret"].encode())
    if signing.key == "text":
        return shown  # vendors' vectors have keys shorter than a house takes
    return hook_key(shown, form=signing.key, prefix=signing.key_prefix)


def _delivery(*headers: tuple[str, str], body: bytes = BODY, at: int = NOW) -> Delivery:
    raw = [(name.encode(), text.encode()) for name, text in headers]
    return Delivery(headers=raw, body=body, received_at=at)


def _signed(*, key: Secret = KEY, own: str = "d-1", stamp: str = str(NOW // 1000), body: bytes = BODY) -> Delivery:
    text = sign(STAMPED, {"id": own.encode(), "timestamp": stamp.encode(), "body": body}, key=key)
    return _delivery(("x-id", own), ("x-at", stamp), ("x-sig", text), body=body)


@pytest.mark.parametrize("vector", VECTORS, ids=[one["name"] for one in VECTORS])
def test_each_vector_is_signed_and_proven_as_it_is_published(vector: dict[str, Any]) -> None:
    signing = msgspec.convert(vector["sign"], Signing)
    parts = {name: vector.get(name, "").encode() for name in ("body", "url", "timestamp", "id")}
    key = _key(vector, signing)
    assert sign(signing, parts, key=key) == vector["expected"]
    headers = [(signing.header, vector["expected"])]
    headers += [("t", vector["timestamp"])] if signing.timestamp == "header:t" else []
    headers += [("i", vector["id"])] if signing.id == "header:i" else []
    stamp = vector.get("timestamp", "")
    received = int(stamp) * 1000 if stamp.isdigit() else 1_767_225_600_000
    delivery = Delivery(
        headers=[(name.encode(), text.encode()) for name, text in headers],
        body=parts["body"], url=vector.get("url", ""), received_at=received,
    )  # fmt: skip
    assert isinstance(prove(delivery, signing, keys=[key]), Proven)
    assert isinstance(
        prove(msgspec.structs.replace(delivery, body=parts["body"] + b" "), signing, keys=[key]), Unproven
    )


def test_the_id_and_the_time_that_are_believed_are_those_that_are_signed() -> None:
    assert prove(_signed(), STAMPED, keys=[KEY]) == Proven(id="d-1", at=NOW)
    moved = _signed()
    headers = [(name, b"d-2" if name == b"x-id" else text) for name, text in moved.headers]
    assert prove(msgspec.structs.replace(moved, headers=headers), STAMPED, keys=[KEY]) == Unproven(
        code=BAD_SIGNATURE, why="wrong-signature"
    )


def test_an_id_that_is_not_signed_is_not_believed() -> None:
    signing = Signing(header="x-sig", id="header:x-id")
    text = sign(signing, {"body": BODY}, key=KEY)
    assert prove(_delivery(("x-id", "made-up"), ("x-sig", text)), signing, keys=[KEY]) == Proven()


def test_either_of_two_live_secrets_proves_and_a_third_does_not() -> None:
    assert isinstance(prove(_signed(key=OTHER), STAMPED, keys=[KEY, OTHER]), Proven)
    assert isinstance(prove(_signed(key=KEY), STAMPED, keys=[KEY, OTHER]), Proven)
    assert isinstance(prove(_signed(key=Secret(b"x" * 32)), STAMPED, keys=[KEY, OTHER]), Unproven)
    assert isinstance(prove(_signed(), STAMPED, keys=[]), Unproven)


@pytest.mark.parametrize("off_s", [-301, 301])
def test_outside_the_window_a_right_signature_proves_nothing(off_s: int) -> None:
    late = msgspec.structs.replace(_signed(), received_at=NOW + off_s * 1000)
    assert prove(late, STAMPED, keys=[KEY]) == Unproven(code=STALE, why="outside-window")
    assert isinstance(prove(msgspec.structs.replace(late, received_at=NOW + 299_000), STAMPED, keys=[KEY]), Proven)


@pytest.mark.parametrize("name", ["x-sig", "x-at", "x-id"])
def test_a_header_that_stands_twice_or_not_at_all_proves_nothing(name: str) -> None:
    good = _signed()
    again = [pair for pair in good.headers if pair[0] == name.encode()]
    for headers in ([*good.headers, *again], [pair for pair in good.headers if pair not in again]):
        found = prove(msgspec.structs.replace(good, headers=headers), STAMPED, keys=[KEY])
        assert isinstance(found, Unproven), name


@pytest.mark.parametrize(
    "text",
    ["", "v1=", "v1=zz", "v1", "v0={mac}", "V1={mac}", "sha256={mac}", "{mac}", "v1=0x{mac}", "v1={mac}00",
     "v1=" + "0" * 64, "v1=a,v1=b,v1=c,v1=d,v1={mac}", ",".join(["a=b"] * 17) + ",v1={mac}", "v1={mac}" + "a" * 5000],
)  # fmt: skip
def test_signatures_in_another_form_prove_nothing(text: str) -> None:
    good = _signed()
    mac = good.one("x-sig") or ""
    headers = [(name, said) for name, said in good.headers if name != b"x-sig"]
    headers.append((b"x-sig", text.replace("{mac}", mac.removeprefix("v1=")).encode()))
    assert isinstance(prove(msgspec.structs.replace(good, headers=headers), STAMPED, keys=[KEY]), Unproven)


@pytest.mark.parametrize("algorithm", ["sha1", "sha512"])
def test_a_sender_does_not_choose_the_algorithm(algorithm: Any) -> None:
    other = msgspec.structs.replace(STAMPED, algorithm=algorithm)
    parts = {"id": b"d-1", "timestamp": str(NOW // 1000).encode(), "body": BODY}
    text = sign(other, parts, key=KEY)
    delivery = _delivery(("x-id", "d-1"), ("x-at", str(NOW // 1000)), ("x-sig", text))
    assert isinstance(prove(delivery, other, keys=[KEY]), Proven)
    assert isinstance(prove(delivery, STAMPED, keys=[KEY]), Unproven)


@pytest.mark.parametrize("stamp", ["", " 1", "-1", "1e9", "1614265330x", "٣", "99999999999999", "nan"])
def test_a_time_in_another_form_proves_nothing_though_it_is_signed(stamp: str) -> None:
    assert isinstance(prove(_signed(stamp=stamp), STAMPED, keys=[KEY]), Unproven)


@pytest.mark.parametrize("text", [b"", b"   ", b"short", b"whsec_", b"x" * (LEAST_KEY_BYTES - 1), b"x" * 600])
def test_an_empty_or_a_short_secret_is_none(text: bytes) -> None:
    with pytest.raises(Invalid, match="a key of 16 to 512 bytes"):
        hook_key(Secret(text), form="text", prefix="whsec_")


@pytest.mark.parametrize("form", ["text", "base64", "hex"])
def test_a_secret_of_ours_can_be_read_in_its_own_form(form: Any) -> None:
    made = new_hook_secret(lambda size: bytes(range(size)), form=form, prefix="whsec_")
    key = hook_key(made, form=form, prefix="whsec_")
    assert len(key) >= 32
    assert hook_key(key, form="text") == key
