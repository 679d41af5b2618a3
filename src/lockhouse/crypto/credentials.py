"""Channel credentials and service tokens: made, recognised and hashed.

A credential is text that secret scanners can find (`lhp_` for a public write key, `lhs_` for a secret one, `lh_` for a
service token) with a checksum, so that a typing error is told from a wrong key without a look-up, and a leaked one can
be matched in logs and repositories.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING, Literal

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import keyed
from lockhouse.crypto.signatures import Entropy, hmac_sha256
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hmac import HMAC

BODY = 30
"""Random base62 characters: 178 bits, beyond any guessing, so one HMAC hashes it (no Argon2 per request)."""
CHECK = 6
"""Base62 characters that hold the CRC-32 of what stands before them."""
MESSAGE_TAG_BYTES = 16
BODY_TAG_BYTES = 8
MAX_CLASSES = 256
"""Credential classes whose beginning is kept: one a channel and assurance."""
_LENGTH = struct.Struct(">I")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FAIR = 256 - 256 % len(_ALPHABET)
_SHAPE = re.compile(rf"lh[ps]_[0-9A-Za-z]{{{BODY}}}_[0-9A-Za-z]{{{CHECK}}}", re.ASCII)
_PREFIX = {"public": "lhp_", "secret": "lhs_"}
_OF_TOKENS = "lh_"
_TOKEN = re.compile(rf"{_OF_TOKENS}[0-9A-Za-z]{{{BODY}}}_[0-9A-Za-z]{{{CHECK}}}", re.ASCII)


def new_credential(kind: Literal["public", "secret"], entropy: Entropy) -> Secret:
    """A new credential, as the ASCII bytes of its text: `lhp_` or `lhs_`, 30 characters, `_`, checksum of 6.

    Shown once to whoever made the channel; the house keeps `credential_hash` of it.
    """
    return _made(_PREFIX[kind], entropy)


def new_token(entropy: Entropy) -> Secret:
    """A new service token, as the ASCII bytes of its text: `lh_`, 30 characters, `_`, checksum of 6.

    Shown once to whoever made it; the house keeps `token_hash` of it.
    """
    return _made(_OF_TOKENS, entropy)


def _made(prefix: str, entropy: Entropy) -> Secret:
    body = ""
    while len(body) < BODY:
        # Bytes above the last whole multiple of 62 are left out: taking them modulo 62 would favour some letters.
        body += "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in entropy(BODY) if byte < _FAIR)
    start = prefix + body[:BODY]
    return Secret(f"{start}_{_check(start)}".encode())


def _check(start: str) -> str:
    left, text = zlib.crc32(start.encode()), ""
    for _ in range(CHECK):
        left, digit = divmod(left, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return text


def looks_valid(text: str) -> bool:
    """Whether the shape and the checksum are right. Says nothing of whether the credential is live."""
    return _SHAPE.fullmatch(text) is not None and _check(text[: 4 + BODY]) == text[-CHECK:]


def looks_like_token(text: str) -> bool:
    """Whether the shape and the checksum are a service token's. Says nothing of whether the token stands."""
    return _TOKEN.fullmatch(text) is not None and _check(text[: len(_OF_TOKENS) + BODY]) == text[-CHECK:]


def token_hash(text: str, *, key: Secret) -> bytes:
    """The 32 bytes under which the house knows a service token; never those of a write key of the same text."""
    return hmac_sha256(key, lp("lockhouse/token/1", _raw(text)))


def credential_hash(text: str, *, key: Secret) -> bytes:
    """The 32 bytes under which the house knows a credential: HMAC-SHA256 under the house's own key."""
    return hmac_sha256(key, lp("lockhouse/credential/1", _raw(text)))


def message_tag(text: str, *, key: Secret, credential_class: str) -> bytes:
    """The 16 bytes under which a received message id is remembered.

    The class keeps a public key from squatting on the message ids of a secret one; the key keeps ids, which may
    hold personal values, out of the store.
    """
    return hmac_sha256(key, lp("lockhouse/receipt/1", credential_class, _raw(text)))[:MESSAGE_TAG_BYTES]


class MessageTags:
    """`message_tag` and the hash of an item's body under one key that was taken in once: a third of the cost."""

    __slots__ = ("_begun", "_keyed")

    def __init__(self, key: Secret) -> None:
        self._keyed = keyed(key.reveal())
        self._begun: dict[str, HMAC] = {}

    def tag(self, text: str, *, credential_class: str) -> bytes:
        """What `message_tag` gives for the same key, text and class."""
        begun = self._begun.get(credential_class)
        if begun is None:
            begun = self._keyed.copy()
            begun.update(lp("lockhouse/receipt/1", credential_class))
            if len(self._begun) < MAX_CLASSES:
                self._begun[credential_class] = begun
        mac = begun.copy()
        raw = _raw(text)
        mac.update(_LENGTH.pack(len(raw)) + raw)
        return mac.finalize()[:MESSAGE_TAG_BYTES]

    def body(self, raw: bytes) -> bytes:
        """The 8 bytes by which an item is known again: its own bytes under the same key.

        Two items are compared only if they came under one message id, and nobody without the key can look for two of
        one hash.
        """
        mac = self._keyed.copy()
        mac.update(raw)
        return mac.finalize()[:BODY_TAG_BYTES]


def _raw(text: str) -> bytes:
    # Headers and JSON may carry lone surrogates; a look-up of them must miss, not fail.
    return text.encode("utf-8", "surrogatepass")
