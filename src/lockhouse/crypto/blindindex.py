"""Find a value without keeping it: keyed hashes of identifiers (docs/spec/blind-index.md).

An index is as secret as its key: whoever holds the key can try every phone number. Keys live in the
identity store, wrapped, one per kind and generation; tags never stand in the record store.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import keyed
from lockhouse.crypto.signatures import hmac_sha256
from lockhouse.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.hmac import HMAC

    from lockhouse.secret import Secret

TAG_BYTES = 16
"""128 bits: exact look-up, no chance meeting among 10^9 identifiers (birthday bound 10^-20)."""
LEAST_ROWS = 16
"""Below this no truncated index satisfies 2 <= C <= sqrt(R) with room to spare, so none is planned."""
_NORM_AND_LENGTH = struct.Struct(">IQI")


class Indexer:
    """Tags identifiers under the index keys it was given.

    Args:
        house: the house id; two houses under one root have unlike tags.
        keys: (kind, generation) -> 32-byte key.
    """

    __slots__ = ("_begun", "_house")

    def __init__(self, house: bytes, keys: Mapping[tuple[int, int], Secret]) -> None:
        self._house = house
        self._begun: dict[tuple[int, int], HMAC] = {}
        for (kind, generation), key in keys.items():
            begun = keyed(key.reveal())
            begun.update(lp(house, kind))
            self._begun[kind, generation] = begun

    def tag(self, kind: int, generation: int, value: str, *, norm: int) -> bytes:
        """The 16-byte tag of a normalised identifier: equal in, equal out, nothing back.

        Args:
            kind: the identifier kind's number.
            generation: which index key.
            value: normalised by version `norm` of the kind's rules, which is hashed in so rules can evolve.
            norm: that version.

        Raises:
            Unavailable: no key of this kind and generation is at hand.
            Invalid: text that is not UTF-8.
        """
        begun = self._begun.get((kind, generation))
        if begun is None:
            raise Unavailable(f"blind index: expected a key of kind {kind}, generation {generation}")
        mac = begun.copy()
        try:
            raw = value.encode()
        except UnicodeEncodeError as err:
            raise Invalid("blind index", "text in UTF-8", got="something else") from err
        mac.update(_NORM_AND_LENGTH.pack(8, norm, len(raw)) + raw)
        return mac.finalize()[:TAG_BYTES]


def suppression_tag(key: Secret, house: bytes, kind: int, value: str, norm: int) -> bytes:
    """The 16-byte tag under which a suppression remembers whom not to collect again.

    Its key and prefix are its own: suppressions outlive index generations and are never tagged anew.
    """
    return hmac_sha256(key, lp("lockhouse/suppression/1", house, kind, norm, value))[:TAG_BYTES]


def truncated(tag: bytes, bits: int) -> bytes:
    """The first `bits` bits of a tag, in as few bytes as hold them; the rest of the last byte is zero.

    Raises:
        Invalid: more bits than the tag has, or fewer than one.
    """
    if not 1 <= bits <= 8 * len(tag):
        raise Invalid("truncated tag", f"1 to {8 * len(tag)} bits", got=str(bits))
    size = -(-bits // 8)
    number = int.from_bytes(tag[:size], "big") >> (size * 8 - bits) << (size * 8 - bits)
    return number.to_bytes(size, "big")


def plan_bits(rows: int, entropy_bits: float) -> int | None:
    """How many bits of tag to keep for a low-cardinality look-up, or None if no number is good.

    With C = R / 2^min(bits, entropy) expected rows for each tag, the rule is 2 <= C <= sqrt(R): below 2 a tag
    names one person, above sqrt(R) a look-up opens too many boxes (CipherSweet's planner, AWS beacon guide).
    The most bits that the rule allows are returned, since each extra candidate is a stranger's box opened.
    """
    if rows < LEAST_ROWS:
        return None
    least = math.ceil(math.log2(math.sqrt(rows)))
    most = math.floor(math.log2(rows / 2))
    bits = min(most, math.floor(entropy_bits))
    return bits if bits >= least else None
