"""Key derivation, and keys wrapped under keys.

HKDF-SHA256 (RFC 5869) is written out over HMAC because only then can the extracted half be cached:
a wrap key costs one HMAC instead of four. Tests hold it against the RFC's vectors and the library's HKDF.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.signatures import KEY_BYTES, Entropy
from lockhouse.errors import Invalid, Tampered
from lockhouse.secret import Secret

VERSION = b"\x01"
"""The first byte of everything sealed or wrapped: AES-256-GCM with a 96-bit random nonce."""
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD = len(VERSION) + NONCE_BYTES + TAG_BYTES
_SHA256 = SHA256()
_NO_SALT = bytes(32)


def keyed(key: bytes) -> HMAC:
    """An HMAC-SHA256 that has taken in its key; `copy()` it per message (a third of the cost of a new one)."""
    return HMAC(key, _SHA256)


def extract(salt: HMAC, ikm: bytes) -> HMAC:
    """HKDF-Extract (RFC 5869 §2.2) with a salt already keyed; the result is ready for `expand`."""
    mac = salt.copy()
    mac.update(ikm)
    return HMAC(mac.finalize(), _SHA256)


def expand(prk: HMAC, info: bytes) -> bytes:
    """HKDF-Expand (RFC 5869 §2.3) to 32 bytes, which is its first block."""
    mac = prk.copy()
    mac.update(info)
    mac.update(b"\x01")
    return mac.finalize()


def unsalted(ikm: Secret) -> HMAC:
    """HKDF-Extract without a salt (RFC 5869: 32 zero bytes)."""
    return extract(HMAC(_NO_SALT, _SHA256), ikm.reveal())


def derive(key: Secret, info: bytes, *, salt: bytes = _NO_SALT) -> Secret:
    """HKDF-SHA256 to 32 bytes."""
    return Secret(expand(extract(HMAC(salt, _SHA256), key.reveal()), info))


def seal_bytes(key: Secret, plaintext: bytes, aad: bytes, *, entropy: Entropy = os.urandom) -> bytes:
    """`01 | nonce 12 | AES-256-GCM ciphertext | tag 16` of any bytes, bound to `aad`."""
    nonce = entropy(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key.reveal()).encrypt(nonce, plaintext, aad)


def open_bytes(key: Secret, blob: bytes, aad: bytes) -> bytes:
    """What `seal_bytes` sealed under the same key and `aad`.

    Raises:
        Tampered: wrong key, context or version, or changed bytes. Which of them is not told.
    """
    return open_blob(AESGCM(key.reveal()), blob, aad)


def open_blob(aes: AESGCM, blob: bytes, aad: bytes) -> bytes:
    """As `open_bytes`, with the cipher already made.

    Raises:
        Tampered: wrong key, context or version, or changed bytes. Which of them is not told.
    """
    if len(blob) < OVERHEAD or blob[:1] != VERSION:
        raise Tampered("sealed bytes: expected version 1")
    try:
        return aes.decrypt(blob[1:13], blob[13:], aad)
    except InvalidTag as err:
        raise Tampered("sealed bytes: expected what was sealed here") from err


def wrap(  # noqa: PLR0913  (what a wrapped key is bound to is named in full at every call)
    kek: Secret,
    plaintext: Secret,
    *,
    house: bytes,
    purpose: str,
    name: bytes | str,
    generation: int,
    version: int,
    entropy: Entropy = os.urandom,
) -> bytes:
    """A key under a KEK, bound to house, purpose, name, generation and version (docs/spec/ring.md).

    For epoch keys, index keys, secrets and KEKs; rings have their own, sharded wrap keys.
    """
    key = derive(kek, lp("lockhouse/key/1", house, generation, purpose))
    aad = lp("lockhouse/key/1", house, purpose, name, generation, version)
    return seal_bytes(key, plaintext.reveal(), aad, entropy=entropy)


def epoch_name(compartment: int, epoch: int, serial: bytes) -> bytes:
    """Which epoch key a wrapped one is. Its serial is bound too: journal and tombstones know the key by it alone."""
    return lp(compartment, epoch, serial)


def unwrap(  # noqa: PLR0913  (what a wrapped key is bound to is named in full at every call)
    kek: Secret, blob: bytes, *, house: bytes, purpose: str, name: bytes | str, generation: int, version: int
) -> Secret:
    """The key that `wrap` wrapped for exactly this place.

    Raises:
        Tampered: another place, another KEK or changed bytes.
    """
    key = derive(kek, lp("lockhouse/key/1", house, generation, purpose))
    aad = lp("lockhouse/key/1", house, purpose, name, generation, version)
    return Secret(open_bytes(key, blob, aad))


def stretch(passphrase: Secret, salt: bytes, *, memory_kib: int, iterations: int, lanes: int) -> Secret:
    """A 32-byte key from a passphrase by Argon2id (RFC 9106).

    Raises:
        Invalid: parameters that Argon2id does not take.
    """
    try:
        kdf = Argon2id(salt=salt, length=KEY_BYTES, iterations=iterations, lanes=lanes, memory_cost=memory_kib)
        return Secret(kdf.derive(passphrase.reveal()))
    except ValueError as err:
        raise Invalid("passphrase", "parameters of RFC 9106", got="others") from err
