"""`lockhouse.ledger.verify` against published figures of RFC 6962 and RFC 9162 trees.

Sources: the known hashes, the eight leaves with their roots, and the paths are those of google/certificate-transparency
(`cpp/merkletree/merkle_tree_test.cc`) and transparency-dev/merkle (`rfc6962/rfc6962_test.go`, `testonly/constants.go`),
which CT logs and their clients test against; the shapes of the seven-leaf example are RFC 9162 §2.1.5.
"""

from __future__ import annotations

import pytest

from lockhouse.errors import Invalid, Tampered
from lockhouse.ledger.verify import (
    consistency,
    consistency_proof,
    inclusion,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
)

INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
LEAVES = [leaf_hash(bytes.fromhex(one)) for one in INPUTS]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
NODE_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
NODE_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODE_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
NODE_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
PATHS = (
    (0, 1, ()),
    (0, 8, (LEAF_1, NODE_2_3, NODE_4_7)),
    (5, 8, (LEAF_4, NODE_6_7, ROOTS[3])),
    (2, 3, (ROOTS[1],)),
    (1, 5, (ROOTS[0], NODE_2_3, LEAF_4)),
)
"""Index, size, audit path."""
GROWTHS = (
    (1, 1, ()),
    (1, 8, (LEAF_1, NODE_2_3, NODE_4_7)),
    (6, 8, (NODE_4_5, NODE_6_7, ROOTS[3])),
    (2, 5, (NODE_2_3, LEAF_4)),
)
"""Older size, newer size, proof."""


def _root(size: int) -> bytes:
    return bytes.fromhex(ROOTS[size - 1])


def test_the_hashes_are_the_published_ones() -> None:
    assert tree_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == ROOTS[0]
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_the_roots_of_one_to_eight_leaves_are_the_published_ones() -> None:
    assert tuple(tree_root(LEAVES[:size]).hex() for size in range(1, 9)) == ROOTS


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_the_published_inclusion_proofs_are_made_and_verify(index: int, size: int, path: tuple[str, ...]) -> None:
    assert tuple(one.hex() for one in inclusion_proof(LEAVES[:size], index)) == path
    inclusion(LEAVES[index], index, size, [bytes.fromhex(one) for one in path], _root(size))


@pytest.mark.parametrize(("size1", "size2", "path"), GROWTHS)
def test_the_published_consistency_proofs_are_made_and_verify(size1: int, size2: int, path: tuple[str, ...]) -> None:
    assert tuple(one.hex() for one in consistency_proof(LEAVES[:size2], size1)) == path
    consistency(size1, size2, [bytes.fromhex(one) for one in path], _root(size1), _root(size2))


def test_the_seven_leaf_example_of_the_rfc_has_its_paths() -> None:
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, m = node_hash(g, h), node_hash(i, j)
    assert tree_root(LEAVES[:7]) == node_hash(k, m)
    assert [inclusion_proof(LEAVES[:7], at) for at in (0, 3, 4, 6)] == [[b, h, m], [c, g, m], [f, j, k], [i, k]]
    assert [consistency_proof(LEAVES[:7], size) for size in (3, 4, 6)] == [[c, d, g, m], [m], [i, j, k]]


def test_every_proof_of_every_tree_up_to_64_leaves_verifies() -> None:
    leaves = [leaf_hash(bytes([at])) for at in range(64)]
    roots = [tree_root(leaves[:size]) for size in range(65)]
    proofs = 0
    for size in range(1, 65):
        for at in range(size):
            inclusion(leaves[at], at, size, inclusion_proof(leaves[:size], at), roots[size])
            consistency(at + 1, size, consistency_proof(leaves[:size], at + 1), roots[at + 1], roots[size])
            proofs += 2
    assert proofs == 64 * 65


def _flipped(hashes: list[bytes]) -> list[list[bytes]]:
    """The hashes with each bit of each of them turned, one at a time."""
    found = []
    for at, one in enumerate(hashes):
        number = int.from_bytes(one, "big")
        turned = [(number ^ (1 << bit)).to_bytes(len(one), "big") for bit in range(8 * len(one))]
        found += [[*hashes[:at], other, *hashes[at + 1 :]] for other in turned]
    return found


@pytest.mark.parametrize("size", [2, 3, 7, 8, 13, 64])
def test_every_bit_of_an_inclusion_proof_counts(size: int) -> None:
    leaves = [leaf_hash(bytes([at])) for at in range(size)]
    at = size * 2 // 3
    good = [leaves[at], tree_root(leaves), *inclusion_proof(leaves, at)]
    for leaf, root, *path in _flipped(good):
        with pytest.raises(Tampered):
            inclusion(leaf, at, size, path, root)


@pytest.mark.parametrize("size", [2, 3, 7, 8, 13, 64])
def test_every_bit_of_a_consistency_proof_counts(size: int) -> None:
    leaves = [leaf_hash(bytes([at])) for at in range(size)]
    older = max(1, size * 2 // 3)
    good = [tree_root(leaves[:older]), tree_root(leaves), *consistency_proof(leaves, older)]
    for root1, root2, *path in _flipped(good):
        with pytest.raises(Tampered):
            consistency(older, size, path, root1, root2)


def test_a_proof_of_another_place_size_or_length_is_tampered() -> None:
    path = inclusion_proof(LEAVES, 5)
    for index, size, other in [
        (4, 8, path), (5, 6, path), (5, 9, path), (-1, 8, path), (8, 8, path), (5, 8, path[:-1]), (5, 8, path[1:]),
        (5, 8, [*path, LEAVES[0]]), (5, 8, [LEAVES[0], *path]), (5, 8, [_root(8)]), (5, 8, []),
    ]:  # fmt: skip
        with pytest.raises(Tampered):
            inclusion(LEAVES[5], index, size, other, _root(8))
    grown = consistency_proof(LEAVES, 6)
    for size1, size2, other in [
        (5, 8, grown), (7, 8, grown), (6, 16, grown), (6, 9, grown), (8, 6, grown), (-6, 8, grown), (6, 8, grown[:-1]),
        (6, 8, grown[1:]), (6, 8, [*grown, LEAVES[0]]), (6, 8, [LEAVES[0], *grown]), (6, 8, []),
    ]:  # fmt: skip
        with pytest.raises(Tampered):
            consistency(size1, size2, other, _root(6), _root(8))


def test_consistency_with_an_empty_tree_is_rejected() -> None:
    for size2, root2 in ((0, tree_root([])), (8, _root(8))):
        with pytest.raises(Tampered, match="older size of 1 or more"):
            consistency(0, size2, [], tree_root([]), root2)


def test_a_byte_moved_from_one_hash_to_its_neighbour_is_tampered() -> None:
    """The node above would be the same: it is hashed over both, joined."""
    leaf, [sibling, *rest] = LEAVES[0], inclusion_proof(LEAVES, 0)
    with pytest.raises(Tampered, match="hashes of 32 bytes"):
        inclusion(leaf + sibling[:1], 0, 8, [sibling[1:], *rest], _root(8))
    first, second, *rest = consistency_proof(LEAVES, 5)
    with pytest.raises(Tampered, match="hashes of 32 bytes"):
        consistency(5, 8, [first + second[:1], second[1:], *rest], _root(5), _root(8))


def test_no_proof_is_made_of_what_is_not_there() -> None:
    with pytest.raises(Invalid):
        inclusion_proof(LEAVES, 8)
    with pytest.raises(Invalid):
        consistency_proof(LEAVES, 9)
