"""The tree of RFC 6962 §2.1 and RFC 9162 §2.1, for whoever checks a log with code of their own.

Leaves are given as leaf hashes (`leaf_hash(entry)`), 32 bytes each, in the order of the log. Proofs are lists of
hashes, leaf to root, as those RFCs and C2SP `tlog-proof` write them. What does not verify raises `Tampered`; nothing
returns a word that a caller could forget to look at.

```python
from lockhouse.ledger.verify import consistency, inclusion, inclusion_proof, leaf_hash, tree_root

leaves = [leaf_hash(entry) for entry in entries]
inclusion(leaves[5], 5, len(leaves), inclusion_proof(leaves, 5), tree_root(leaves))
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.crypto import merkle

if TYPE_CHECKING:
    from collections.abc import Sequence


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || entry)."""
    return merkle.leaf_hash(entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of what stands above two others: SHA-256(0x01 || left || right)."""
    return merkle.node_hash(left, right)


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root of the tree over these leaf hashes, `MTH(D[n])`; SHA-256 of nothing for none."""
    return merkle.root(leaf_hashes)


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index`, `PATH(m, D[n])` of RFC 9162 §2.1.3.1.

    Raises:
        Invalid: no such leaf.
    """
    return merkle.inclusion_proof(leaf_hashes, index)


def consistency_proof(leaf_hashes: Sequence[bytes], size1: int) -> list[bytes]:
    """What proves the first `size1` leaves a prefix of all of them, `PROOF(m, D[n])` of RFC 9162 §2.1.4.1.

    Raises:
        Invalid: `size1` is not between 1 and the size.
    """
    return merkle.consistency_proof(leaf_hashes, size1)


def inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return only if the leaf stands at `index` in the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).

    Args:
        leaf_hash: SHA-256(0x00 || entry), 32 bytes.
        index: from 0.
        size: leaves of the tree, by the checkpoint of the root: a path may be the same in a tree of another size.
        proof: the audit path, leaf to root, 32 bytes each.
        root: 32 bytes.

    Raises:
        Tampered: it does not, the proof has the wrong length, or a hash has not 32 bytes.
    """
    merkle.check_inclusion(leaf_hash, index, size, proof, root)


def consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Return only if the tree of `size1` leaves is a prefix of that of `size2` (RFC 9162 §2.1.4.2).

    Args:
        size1: the older size, 1 or more.
        size2: the newer size; both from the checkpoints of their roots, as in `inclusion`.
        proof: hashes of 32 bytes.
        root1: of the older tree.
        root2: of the newer.

    Raises:
        Tampered: it is not, the proof has the wrong length, a hash has not 32 bytes, or `size1` is 0: proofs begin at
            size 1 (RFC 6962 §2.1.2), and every tree is a growth of the empty one.
    """
    merkle.check_consistency(size1, size2, proof, root1, root2)
