"""Cosignatures of witnesses: the bytes of C2SP tlog-cosignature, and what does not verify."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest

from lockhouse.crypto.checkpoint import open_checkpoint, sign_checkpoint, vkey
from lockhouse.crypto.cosignature import cosign, cosigners, witness_vkey
from lockhouse.crypto.signatures import SigningKey, verify
from lockhouse.errors import Invalid, Tampered
from lockhouse.secret import Secret

LOG, WITNESS = (SigningKey.from_secret(Secret(bytes([number]) * 32)) for number in (1, 2))
ORIGIN, NAME, AT = "lockhouse.example/harbour", "witness.example/w1", 1_790_000_000
CHECKPOINT = sign_checkpoint(ORIGIN, 3, bytes(32), LOG)
VKEY = witness_vkey(NAME, WITNESS.public())


def _cosigned() -> str:
    return CHECKPOINT + cosign(CHECKPOINT, name=NAME, key=WITNESS, at_s=AT)


def test_a_cosignature_is_over_the_header_the_time_and_the_checkpoint_s_text() -> None:
    line = cosign(CHECKPOINT, name=NAME, key=WITNESS, at_s=AT)
    dash, name, encoded = line.rstrip("\n").split(" ")
    raw = base64.b64decode(encoded)
    assert (dash, name, len(raw)) == ("\u2014", NAME, 4 + 8 + 64)
    assert raw[:4] == sha256(f"{NAME}\n".encode() + b"\x04" + WITNESS.public()).digest()[:4]
    assert int.from_bytes(raw[4:12], "big") == AT
    body = f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()}\n"
    verify(WITNESS.public(), f"cosignature/v1\ntime {AT}\n{body}".encode(), raw[12:])


def test_a_cosigned_checkpoint_is_still_the_log_s_and_says_who_saw_it() -> None:
    text = _cosigned()
    assert open_checkpoint(text, [vkey(ORIGIN, LOG.public())]).size == 3
    assert cosigners(text, [VKEY]) == [(NAME, AT)]
    assert cosigners(CHECKPOINT, [VKEY]) == []
    other = witness_vkey("witness.example/w2", LOG.public())
    assert cosigners(text, [other]) == []


def test_a_cosignature_of_another_checkpoint_or_time_is_tampered() -> None:
    moved = sign_checkpoint(ORIGIN, 4, bytes(32), LOG) + _cosigned().splitlines()[-1] + "\n"
    with pytest.raises(Tampered):
        cosigners(moved, [VKEY])
    *head, line = _cosigned().splitlines()
    dash, name, encoded = line.split(" ")
    raw = bytearray(base64.b64decode(encoded))
    raw[11] ^= 1
    for changed in (bytes(raw), bytes(raw[:40])):
        text = "\n".join([*head, f"{dash} {name} {base64.b64encode(changed).decode()}", ""])
        with pytest.raises(Tampered):
            cosigners(text, [VKEY])
    with pytest.raises(Tampered, match="expected base64"):
        cosigners(f"{CHECKPOINT}{dash} {name} !\n", [VKEY])


@pytest.mark.parametrize("wrong", ["", "w+00+AA==", "w+00+!", vkey(ORIGIN, LOG.public())])
def test_what_is_no_verifier_key_of_a_witness_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        cosigners(CHECKPOINT, [wrong])
