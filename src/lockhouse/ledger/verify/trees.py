"""Proofs of a leaf in a tree, and of a tree in a later one (RFC 9162 §2.1.3.2, §2.1.4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto.merkle import check_consistency, check_inclusion

if TYPE_CHECKING:
    from collections.abc import Sequence


def inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return only if the leaf stands at `index` in the tree of `size` leaves with this root.

    Args:
        leaf_hash: SHA-256(0x00 || entry), 32 bytes.
        index: from 0.
        size: leaves of the tree.
        proof: the audit path, leaf to root, 32 bytes each.
        root: 32 bytes.

    Raises:
        Tampered: it does not, or the proof has the wrong length.
    """
    check_inclusion(leaf_hash, index, size, proof, root)


def consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Return only if the tree of `size1` leaves is a prefix of that of `size2`.

    Args:
        size1: the older size, 1 or more.
        size2: the newer size.
        proof: hashes of 32 bytes.
        root1: of the older tree.
        root2: of the newer.

    Raises:
        Tampered: it is not, the proof has the wrong length, or `size1` is 0.
    """
    check_consistency(size1, size2, proof, root1, root2)
