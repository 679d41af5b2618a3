"""The Merkle tree of RFC 6962 §2.1 and RFC 9162 §2.1 over SHA-256: roots, proofs and their checks.

Functions take *leaf hashes* (`leaf_hash(entry)`), never entries: a leaf outlives what it commits to.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import TYPE_CHECKING

from lockhouse.crypto.signatures import equal
from lockhouse.errors import Invalid, Tampered

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
_SIZE = struct.Struct(">Q")


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 | data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 | left | right); the prefix keeps a node from passing for a leaf."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in this order; SHA-256 of nothing for none.

    Level by level: the last node of an odd number goes up as it is, which is the tree that RFC 6962 §2.1 splits at the
    largest power of two. It is a third of the time of a `Frontier`, and holds a level.
    """
    nodes = list(leaves)
    while len(nodes) > 1:
        pairs = [sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
        nodes = [*pairs, nodes[-1]] if len(nodes) & 1 else pairs
    return nodes[0] if nodes else EMPTY_ROOT


class Frontier:
    """The right edge of a growing tree: one hash per set bit of its size, so that appending is O(1) amortised."""

    __slots__ = ("_edge", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._edge: list[bytes] = []

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        edge, size, node = self._edge, self._size, leaf
        while size & 1:
            node = sha256(b"\x01" + edge.pop() + node).digest()  # as `node_hash`; each call saved is 5 % of an audit
            size >>= 1
        edge.append(node)
        self._size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        if not self._edge:
            return EMPTY_ROOT
        node = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            node = node_hash(left, node)
        return node

    def to_bytes(self) -> bytes:
        """Size as u64 BE, then the edge's hashes, largest subtree first."""
        return _SIZE.pack(self._size) + b"".join(self._edge)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Frontier:
        """The frontier that `to_bytes` wrote.

        Raises:
            Tampered: the number of hashes does not fit the size.
        """
        if len(raw) < _SIZE.size:
            raise Tampered("frontier: expected a size")
        frontier = cls()
        (frontier._size,) = _SIZE.unpack_from(raw)
        edge = raw[_SIZE.size :]
        if len(edge) != HASH_BYTES * frontier._size.bit_count():
            raise Tampered("frontier: expected one hash for each set bit of its size")
        frontier._edge = [edge[at : at + HASH_BYTES] for at in range(0, len(edge), HASH_BYTES)]
        return frontier


def _split(size: int) -> int:
    """The largest power of two below `size` (RFC 6962 §2.1)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index`, leaf to root (RFC 6962 §2.1.1).

    Raises:
        Invalid: no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise Invalid("inclusion proof", "an index below the size", got=f"{index} of {len(leaves)}")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low = middle
    return path[::-1]


def consistency_proof(leaves: Sequence[bytes], size1: int) -> list[bytes]:
    """The proof that the tree of the first `size1` leaves is a prefix of this one (RFC 6962 §2.1.2).

    Raises:
        Invalid: `size1` is not between 1 and the size.
    """
    if not 1 <= size1 <= len(leaves):
        raise Invalid("consistency proof", "an older size of 1 or more", got=f"{size1} of {len(leaves)}")
    path: list[bytes] = []
    low, high, whole = 0, len(leaves), True
    while size1 != high:
        middle = low + _split(high - low)
        if size1 <= middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low, whole = middle, False
    if not whole:
        path.append(root(leaves[low:high]))
    return path[::-1]


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return only if the leaf stands at `index` of the tree with this size and root (RFC 9162 §2.1.3.2).

    Raises:
        Tampered: it does not, the proof has the wrong length, or a hash has not 32 bytes.
    """
    _require_hashes("inclusion proof", leaf, root, *proof)
    if not 0 <= index < size:
        raise Tampered("inclusion proof: expected an index below the size")
    at, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise Tampered("inclusion proof: expected fewer hashes")
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    if last or not equal(node, root):
        raise Tampered("inclusion proof: expected the stated root")


def _require_hashes(what: str, *hashes: bytes) -> None:
    """Every hash has its length: a byte moved from one to its neighbour would leave what is hashed as it was."""
    if any(len(one) != HASH_BYTES for one in hashes):
        raise Tampered(f"{what}: expected hashes of 32 bytes")


def check_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Return only if the older tree is a prefix of the newer (RFC 9162 §2.1.4.2).

    Raises:
        Tampered: it is not, the proof has the wrong length, a hash has not 32 bytes, or `size1` is 0 (proofs begin at
            size 1).
    """
    _require_hashes("consistency proof", root1, root2, *proof)
    if not 1 <= size1 <= size2:
        raise Tampered("consistency proof: expected an older size of 1 or more")
    if size1 == size2:
        if proof or not equal(root1, root2):
            raise Tampered("consistency proof: expected equal roots and no hashes")
        return
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not path:
        raise Tampered("consistency proof: expected more hashes")
    _walk_consistency(size1, size2, path, root1, root2)


def _walk_consistency(size1: int, size2: int, path: list[bytes], root1: bytes, root2: bytes) -> None:
    at, last = size1 - 1, size2 - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise Tampered("consistency proof: expected fewer hashes")
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    if last or not equal(old, root1) or not equal(new, root2):
        raise Tampered("consistency proof: expected the stated roots")
