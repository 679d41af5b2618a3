from collections.abc import Callable

import pytest

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
from lockhouse.errors import Invalid, Tampered

# The eight leaves and roots that transparency logs share (trillian's testonly constants).
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = ["6e340b9c", "fac54203", "aeb6bcfe", "d37ee418", "4e3bbb1f", "76e67dad", "ddb89be4", "5dc9da79"]
LEAVES = [leaf_hash(bytes.fromhex(one)) for one in INPUTS]


def test_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_hashes_are_the_known_ones() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_roots_of_one_to_eight_leaves_are_the_known_ones() -> None:
    assert [root(LEAVES[:size]).hex()[:8] for size in range(1, 9)] == ROOTS
    assert root(LEAVES).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_a_frontier_goes_on_where_it_was_written_down() -> None:
    whole = Frontier()
    for size, leaf in enumerate(LEAVES):
        whole = Frontier.from_bytes(whole.to_bytes())
        assert (whole.size, whole.root()) == (size, root(LEAVES[:size]))
        whole.append(leaf)


@pytest.mark.parametrize("raw", [b"", bytes(7), bytes(9), (3).to_bytes(8, "big") + bytes(32)])
def test_a_frontier_whose_hashes_do_not_fit_its_size_is_tampered(raw: bytes) -> None:
    with pytest.raises(Tampered, match="frontier: expected"):
        Frontier.from_bytes(raw)


def test_an_index_or_size_outside_the_tree_has_no_proof() -> None:
    with pytest.raises(Invalid, match="expected an index below the size, got 8 of 8"):
        inclusion_proof(LEAVES, 8)
    with pytest.raises(Invalid, match="expected an older size of 1 or more, got 0 of 8"):
        consistency_proof(LEAVES, 0)
    with pytest.raises(Tampered, match="index below the size"):
        check_inclusion(LEAVES[0], 1, 1, [], LEAVES[0])


def test_an_older_size_of_zero_is_rejected() -> None:
    with pytest.raises(Tampered, match="older size of 1 or more"):
        check_consistency(0, 8, [], root([]), root(LEAVES))


def test_equal_sizes_need_equal_roots_and_no_hashes() -> None:
    check_consistency(8, 8, [], root(LEAVES), root(LEAVES))
    with pytest.raises(Tampered, match="equal roots"):
        check_consistency(8, 8, [], root(LEAVES), root(LEAVES[:7]))
    with pytest.raises(Tampered, match="equal roots and no hashes"):
        check_consistency(8, 8, [LEAVES[0]], root(LEAVES), root(LEAVES))


def _longer(proof: list[bytes]) -> list[bytes]:
    return [*proof, LEAVES[0]]


def _shorter(proof: list[bytes]) -> list[bytes]:
    return proof[:-1]


def _other(proof: list[bytes]) -> list[bytes]:
    return [LEAVES[1], *proof[1:]]


@pytest.mark.parametrize("change", [_longer, _shorter, _other])
def test_a_changed_proof_is_tampered(change: Callable[[list[bytes]], list[bytes]]) -> None:
    with pytest.raises(Tampered, match="inclusion proof"):
        check_inclusion(LEAVES[5], 5, 8, change(inclusion_proof(LEAVES, 5)), root(LEAVES))
    with pytest.raises(Tampered, match="consistency proof"):
        check_consistency(5, 8, change(consistency_proof(LEAVES, 5)), root(LEAVES[:5]), root(LEAVES))


def test_no_hashes_prove_no_growth() -> None:
    with pytest.raises(Tampered, match="expected more hashes"):
        check_consistency(3, 8, [], root(LEAVES[:3]), root(LEAVES))
