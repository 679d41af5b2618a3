"""The tree against a naive definition, for every size, index and older size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.crypto import (
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
)
from lockhouse.errors import Tampered


def naive(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1 word for word."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else root([])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive(leaves[:split]), naive(leaves[split:]))


trees = st.integers(1, 70).map(lambda size: [leaf_hash(at.to_bytes(2, "big")) for at in range(size)])


@given(leaves=trees)
def test_the_root_is_the_definition_s(leaves: list[bytes]) -> None:
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert frontier.root() == root(leaves) == naive(leaves)


@given(leaves=trees, data=st.data())
def test_every_leaf_has_a_proof_and_no_other_leaf_has_it(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = inclusion_proof(leaves, index)
    check_inclusion(leaves[index], index, len(leaves), proof, naive(leaves))
    with pytest.raises(Tampered):
        check_inclusion(leaf_hash(b"another"), index, len(leaves), proof, naive(leaves))
    other = data.draw(st.integers(0, len(leaves)))
    if other != index:
        with pytest.raises(Tampered):
            check_inclusion(leaves[index], other, len(leaves), proof, naive(leaves))


@given(leaves=trees, data=st.data())
def test_every_older_tree_is_consistent_and_no_other_is(leaves: list[bytes], data: st.DataObject) -> None:
    older = data.draw(st.integers(1, len(leaves)))
    proof = consistency_proof(leaves, older)
    check_consistency(older, len(leaves), proof, naive(leaves[:older]), naive(leaves))
    rewritten = [leaf_hash(b"rewritten"), *leaves[1:older]]
    with pytest.raises(Tampered):
        check_consistency(older, len(leaves), proof, naive(rewritten), naive(leaves))


@given(leaves=trees, data=st.data(), junk=st.lists(st.binary(min_size=32, max_size=32), max_size=8))
def test_made_up_proofs_are_tampered(leaves: list[bytes], data: st.DataObject, junk: list[bytes]) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    if junk != inclusion_proof(leaves, index):
        with pytest.raises(Tampered):
            check_inclusion(leaves[index], index, len(leaves), junk, naive(leaves))
