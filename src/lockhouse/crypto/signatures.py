"""Ed25519 signatures (RFC 8032), HMAC-SHA256 (RFC 2104), and the MACs of rows that give authority."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from lockhouse.crypto.canonical import lp
from lockhouse.errors import Invalid, Tampered
from lockhouse.secret import Secret

KEY_BYTES = 32
"""Length of every symmetric key, Ed25519 seed and public key."""
ROW_MAC_BYTES = 16
"""Length of the MACs that `RowMacs` makes: half of the hash's, the least that RFC 2104 §5 advises."""

Entropy = Callable[[int], bytes]
"""Gives that many random bytes; `os.urandom` in production, a counter-fed hash in vectors."""


class SigningKey:
    """An Ed25519 private key."""

    __slots__ = ("_key",)

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls, entropy: Entropy = os.urandom) -> SigningKey:
        """A new key from 32 random bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(entropy(KEY_BYTES)))

    @classmethod
    def from_secret(cls, secret: Secret) -> SigningKey:
        """The key of a 32-byte seed.

        Raises:
            Invalid: the seed is not 32 bytes.
        """
        if len(secret) != KEY_BYTES:
            raise Invalid("signing key", "32 bytes", got=f"{len(secret)}")
        return cls(Ed25519PrivateKey.from_private_bytes(secret.reveal()))

    def secret(self) -> Secret:
        """The 32-byte seed, to be wrapped and stored."""
        return Secret(self._key.private_bytes_raw())

    def public(self) -> bytes:
        """The 32-byte public key."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of a message."""
        return self._key.sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Return only if the signature is this key's over this message.

    Raises:
        Tampered: it is not, or the key is no Ed25519 public key.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as err:
        raise Tampered("signature: expected one by the stated key") from err


def hmac_sha256(key: Secret, message: bytes) -> bytes:
    """The 32-byte HMAC-SHA256 of a message."""
    mac = HMAC(key.reveal(), SHA256())
    mac.update(message)
    return mac.finalize()


def equal(a: bytes, b: bytes) -> bool:
    """Whether two digests are the same, in time that does not depend on where they differ."""
    return hmac.compare_digest(a, b)


def row_mac(key: Secret, table: str, key_bytes: bytes, content: bytes, position: bytes) -> bytes:
    """The 32-byte MAC of a row that gives authority, bound to its table, key and the ledger entry that made it.

    Whoever can write to the database but has no key cannot add, move, change or roll such a row back to
    another position.
    """
    return hmac_sha256(key, lp("lockhouse/row/1", table, key_bytes, content, position))


def check_row(key: Secret, mac: bytes, *, table: str, key_bytes: bytes, content: bytes, position: bytes) -> None:  # noqa: PLR0913  (every part of what is bound must be named by the caller)
    """Return only if the row's MAC is right.

    Raises:
        Tampered: it is not.
    """
    if not equal(mac, row_mac(key, table, key_bytes, content, position)):
        raise Tampered(f"{table}: expected a row whose mac verifies")


class RowMacs:
    """Short MACs of rows that are made and read with every event, under one key that was taken in once.

    Bound to the table and the content, which holds the row's key. No ledger entry is named: these rows have none.
    """

    __slots__ = ("_begun", "_keyed")

    def __init__(self, key: Secret) -> None:
        self._keyed = HMAC(key.reveal(), SHA256())
        self._begun: dict[str, HMAC] = {}

    def of(self, table: str, content: bytes) -> bytes:
        """The 16-byte MAC of a row's content."""
        begun = self._begun.get(table)
        if begun is None:
            begun = self._keyed.copy()
            begun.update(lp("lockhouse/row/2", table))
            self._begun[table] = begun
        mac = begun.copy()
        mac.update(content)
        return mac.finalize()[:ROW_MAC_BYTES]

    def check(self, mac: bytes, *, table: str, content: bytes) -> None:
        """Return only if the row's MAC is right.

        Raises:
            Tampered: it is not.
        """
        if not equal(mac, self.of(table, content)):
            raise Tampered(f"{table}: expected a row whose mac verifies")
