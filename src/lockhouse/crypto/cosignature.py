"""Cosignatures of witnesses (C2SP tlog-cosignature v1, Ed25519): somebody else saw this checkpoint, and when.

A cosignature is a further signature line of the checkpoint's note. Whoever knows the log's key alone passes it over.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from lockhouse.crypto.signatures import KEY_BYTES, SigningKey, verify
from lockhouse.errors import Invalid, Tampered

if TYPE_CHECKING:
    from collections.abc import Sequence

ED25519_COSIGNATURE = b"\x04"
"""The signature type of a timestamped Ed25519 cosignature (C2SP signed-note)."""
_KEY_ID_BYTES = 4
_TIME = struct.Struct(">Q")
_SIGNATURE_BYTES = 64
_NAME = re.compile(r"[^\s+\ud800-\udfff]+")
_DASH = "\u2014 "


class Seen(NamedTuple):
    """That a witness saw a checkpoint: its name, and when, in seconds since 1970, by its own clock."""

    witness: str
    at_s: int


def witness_vkey(name: str, public: bytes) -> str:
    """The verifier key of a witness: `name+hex(key id)+base64(04 | public key)`.

    Raises:
        Invalid: a name that is empty or holds white space or `+`, or a key that is not 32 bytes.
    """
    if not _NAME.fullmatch(name) or len(public) != KEY_BYTES:
        raise Invalid("witness", "a name without space or plus and 32 bytes of key", got="something else")
    return f"{name}+{_key_id(name, public).hex()}+{base64.b64encode(ED25519_COSIGNATURE + public).decode()}"


def cosign(checkpoint: str, *, name: str, key: SigningKey, at_s: int) -> str:
    """The signature line by which a witness says that it saw this checkpoint, grown from all that it saw before.

    Args:
        checkpoint: a signed note; the caller has verified it and knows that it has grown.
        name: of the witness.
        key: its own.
        at_s: seconds since 1970.
    """
    payload = _key_id(name, key.public()) + _TIME.pack(at_s) + key.sign(_message(checkpoint, at_s))
    return f"{_DASH}{name} {base64.b64encode(payload).decode()}\n"


def cosigners(checkpoint: str, vkeys: Sequence[str]) -> list[Seen]:
    """Which of these witnesses saw a checkpoint, and when; others' lines are passed over.

    Raises:
        Tampered: a line by one of these keys does not verify.
        Invalid: one of `vkeys` is no verifier key of a witness.
    """
    known = dict(map(_parsed, vkeys))
    found: dict[str, Seen] = {}
    for line in checkpoint.rpartition("\n\n")[2].splitlines():
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as err:
            raise Tampered("note: expected base64 in a signature line") from err
        public = known.get((name, raw[:_KEY_ID_BYTES]))
        if public is None:
            continue
        if len(raw) != _KEY_ID_BYTES + _TIME.size + _SIGNATURE_BYTES:
            raise Tampered("cosignature: expected a time and a signature")
        (at_s,) = _TIME.unpack_from(raw, _KEY_ID_BYTES)
        verify(public, _message(checkpoint, at_s), raw[_KEY_ID_BYTES + _TIME.size :])
        found[name] = Seen(name, at_s)
    return list(found.values())


def _message(checkpoint: str, at_s: int) -> bytes:
    body = checkpoint.rpartition("\n\n")[0] + "\n"
    try:
        return f"cosignature/v1\ntime {at_s}\n{body}".encode()
    except UnicodeEncodeError as err:
        raise Tampered("note: expected text in UTF-8") from err


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + ED25519_COSIGNATURE + public).digest()[:_KEY_ID_BYTES]


def _parsed(text: str) -> tuple[tuple[str, bytes], bytes]:
    name, _, rest = text.partition("+")
    _, _, encoded = rest.partition("+")
    try:
        public = base64.b64decode(encoded, validate=True)[1:]
    except (binascii.Error, ValueError) as err:
        raise Invalid("witness", "name+id+key", got="something else") from err
    if witness_vkey(name, public) != text:
        raise Invalid("witness", "the verifier key of a witness", got="another")
    return (name, _key_id(name, public)), public
