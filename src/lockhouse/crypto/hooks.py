"""What proves a delivery of a provider: MACs under a shared secret, or signatures by a key that is the provider's own.

Keys are somebody else's words: of any length that is not trivial, and used as the provider says. So nothing here is
derived or bound to a house.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import Certificate, load_pem_x509_certificate

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.crypto.signatures import Entropy

Algorithm = Literal["sha256", "sha512", "sha1"]
KeyForm = Literal["text", "base64", "hex", "p256"]
"""`p256`: the provider's public key on the curve P-256, as base64 of its SubjectPublicKeyInfo (RFC 5480)."""
LEAST_KEY_BYTES = 16
"""A shorter one can be guessed from a single delivery; no provider makes one (RFC 2104 §3 asks for the hash's own)."""
MOST_KEY_BYTES = 512
MADE_BYTES = 32
LEAST_RSA_BITS = 2048
_HASHES: dict[str, HashAlgorithm] = {
    "sha256": SHA256(),
    "sha512": SHA512(),
    "sha1": SHA1(),  # noqa: S303  # some providers have nothing else; in an HMAC its collisions help nobody (RFC 6194)
}


def hook_key(shown: Secret, *, form: KeyForm, prefix: str = "") -> Secret:
    """The key behind the text that a provider shows.

    Args:
        shown: as it was typed, in ASCII; blanks around it do not count.
        form: how the text is to be read.
        prefix: that stands before it and is no part of the key (`whsec_`); of a text without it, nothing is taken off.

    Raises:
        Invalid: it cannot be read in this form, is no such key, or has less than 16 bytes or more than 512.
    """
    raw = shown.reveal().strip().removeprefix(prefix.encode())
    try:
        if form in {"base64", "p256"}:
            raw = base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
        elif form == "hex":
            raw = binascii.unhexlify(raw)
    except (binascii.Error, ValueError) as err:
        raise Invalid("secret", f"{form}, as the provider shows it", got="something else") from err
    if not LEAST_KEY_BYTES <= len(raw) <= MOST_KEY_BYTES:
        raise Invalid("secret", f"a key of {LEAST_KEY_BYTES} to {MOST_KEY_BYTES} bytes", got=f"{len(raw)}")
    if form == "p256" and _p256(raw) is None:
        raise Invalid("secret", "a public key on the curve P-256, as the provider shows it", got="something else")
    return Secret(raw)


def new_hook_secret(entropy: Entropy, *, form: KeyForm, prefix: str = "") -> Secret:
    """A new secret of 256 bits as the text that is given to a sender: in base64, or in hex where it is used as text."""
    raw = entropy(MADE_BYTES)
    body = base64.b64encode(raw) if form == "base64" else raw.hex().encode()
    return Secret(prefix.encode() + body)


def hook_mac(key: Secret, message: bytes, *, algorithm: Algorithm) -> bytes:
    """The MAC of what a provider signs (HMAC, RFC 2104)."""
    mac = HMAC(key.reveal(), _HASHES[algorithm])
    mac.update(message)
    return mac.finalize()


def signed_by(keys: Sequence[Secret], message: bytes, *, macs: Sequence[bytes], algorithm: Algorithm) -> bool:
    """Whether one of the MACs that came is one of these keys'. All pairs are compared, each in constant time."""
    found = False
    for key in keys:
        own = hook_mac(key, message, algorithm=algorithm)
        for mac in macs:
            found |= equal(own, mac)
    return found


def same_secret(known: Sequence[Secret], said: bytes) -> bool:
    """Whether a word that came in plain is one of these secrets, for kinds that sign nothing."""
    found = False
    for secret in known:
        found |= equal(secret.reveal(), said)
    return found


def ecdsa_signed_by(keys: Sequence[Secret], message: bytes, *, signature: bytes) -> bool:
    """Whether a signature (ECDSA with SHA-256, in DER) is by one of these public keys on P-256 (FIPS 186-5)."""
    return any(_ecdsa(key.reveal(), message, signature=signature) for key in keys)


def _ecdsa(raw: bytes, message: bytes, *, signature: bytes) -> bool:
    key = _p256(raw)
    if key is None:
        return False
    try:
        key.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=64)
def _p256(raw: bytes) -> EllipticCurvePublicKey | None:
    """The key, kept: reading one takes as long as using it. It is public."""
    try:
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1) else None


def certified(pem: bytes, message: bytes, *, signature: bytes, algorithm: Algorithm, at: int) -> bool:
    """Whether a signature (RSASSA-PKCS1-v1_5, RFC 8017 §8.2) is by a certificate's key, at a time when it is valid.

    Whose certificate it is nobody checks here: whoever fetched it has asked at a pinned host, over TLS. `at` in ms.
    """
    found = _certificate(pem)
    if found is None:
        return False
    certificate, key = found
    when = datetime.fromtimestamp(at / 1000, tz=UTC)
    if not certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc:
        return False
    try:
        key.verify(signature, message, PKCS1v15(), _HASHES[algorithm])
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def _certificate(pem: bytes) -> tuple[Certificate, RSAPublicKey] | None:
    try:
        certificate = load_pem_x509_certificate(pem)
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_RSA_BITS:
        return None
    return certificate, key
