"""The key of a spool file and the bytes of what lies in it (docs/spec/spool.md).

A spool's key is random, made with its file and wrapped in the file's head under the key-encryption key that the process
holds in memory: it needs neither a store nor the root. Each frame is bound to house, file and its place in the file, so
that none can be moved, repeated or brought in from another file.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import NONCE_BYTES, OVERHEAD, VERSION, open_blob, unwrap, wrap
from lockhouse.crypto.signatures import KEY_BYTES, Entropy
from lockhouse.errors import Tampered
from lockhouse.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

MAGIC = b"LHSPOOL\x01"
_ID_BYTES = 16
_HEAD = struct.Struct(f">8s{_ID_BYTES}sQI{OVERHEAD + KEY_BYTES}s")
_CHECK = struct.Struct(">I")
HEAD_BYTES = _HEAD.size + _CHECK.size


class Sealer:
    """Seals and opens the frames of one spool file.

    Attributes:
        head: the file's first bytes.
        began_at: when the file was begun, in ms.
    """

    def __init__(self, head: bytes, *, began_at: int, key: Secret, aad: bytes, entropy: Entropy) -> None:
        self.head = head
        self.began_at = began_at
        self._aes = AESGCM(key.reveal())
        self._aad = aad
        self._entropy = entropy

    def seal(self, plaintext: bytes, *, place: int) -> bytes:
        """`01 | nonce 12 | ciphertext | tag 16`, for this place in the file.

        A random 96-bit nonce is safe: a file holds far fewer than 2^32 frames (NIST SP 800-38D §8.3).
        """
        nonce = self._entropy(NONCE_BYTES)
        return VERSION + nonce + self._aes.encrypt(nonce, plaintext, self._aad + lp(place))

    def open(self, blob: bytes, *, place: int) -> bytes:
        """What was sealed for this place.

        Raises:
            Tampered: it was not, or its bytes were changed.
        """
        return open_blob(self._aes, blob, self._aad + lp(place))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolKeys:
    """What a house's spool files are begun and opened with.

    Attributes:
        keks: by generation; the one of `generation` wraps what is new.
    """

    house: bytes
    keks: Mapping[int, Secret]
    generation: int
    entropy: Entropy

    def begin(self, *, at: int) -> Sealer:
        """A sealer for a new file, with a key that no other file has."""
        spool, key = self.entropy(_ID_BYTES), Secret(self.entropy(KEY_BYTES))
        wrapped = wrap(
            self.keks[self.generation], key, house=self.house, purpose="spool", name=lp(spool, at),
            generation=self.generation, version=1, entropy=self.entropy,
        )  # fmt: skip
        head = _HEAD.pack(MAGIC, spool, at, self.generation, wrapped)
        return self._sealer(head + _CHECK.pack(zlib.crc32(head)), spool, at, key)

    def read(self, head: bytes) -> Sealer:
        """The sealer of the file that begins so.

        Raises:
            Tampered: it is no head of this house's, or the key that wraps its own is gone.
        """
        if len(head) != HEAD_BYTES or _CHECK.pack(zlib.crc32(head[: _HEAD.size])) != head[_HEAD.size :]:
            raise Tampered("spool: expected a whole head")
        magic, spool, at, generation, wrapped = _HEAD.unpack_from(head)
        kek = self.keks.get(generation)
        if magic != MAGIC or kek is None:
            raise Tampered("spool: expected one of this house, under a key that it has")
        key = unwrap(
            kek, wrapped, house=self.house, purpose="spool", name=lp(spool, at), generation=generation, version=1
        )
        return self._sealer(head, spool, at, key)

    def _sealer(self, head: bytes, spool: bytes, at: int, key: Secret) -> Sealer:
        aad = lp("lockhouse/spool/1", self.house, spool)
        return Sealer(head, began_at=at, key=key, aad=aad, entropy=self.entropy)
