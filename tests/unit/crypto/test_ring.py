import os

import msgspec
import pytest

from lockhouse.crypto import lp, seal_bytes
from lockhouse.crypto.derive import expand, unsalted
from lockhouse.crypto.keyring import Keyring
from lockhouse.crypto.ring import Ring, Wrapper, minted, new_keys
from lockhouse.errors import Invalid, Tampered
from lockhouse.secret import Secret

HOUSE, PERSON, KEK = b"h" * 16, b"p" * 16, Secret(b"k" * 32)


def _wrapper() -> Wrapper:
    return Wrapper(HOUSE, {1: KEK}, draw=lambda: os.urandom(12))


def test_there_are_256_wrap_keys_a_generation() -> None:
    wrapper = _wrapper()
    for number in range(1_000):
        wrapper.wrap(number.to_bytes(16, "big"), Ring(bytes(32), {}), generation=1, version=1)
    assert len(wrapper._keys) == 256


def test_persons_of_one_shard_share_a_wrap_key_and_no_ring() -> None:
    wrapper = _wrapper()
    one, other = b"a" * 15 + b"\x02", b"b" * 15 + b"\x02"
    wrapped = wrapper.wrap(one, Ring(bytes(32), {}), generation=1, version=1)
    with pytest.raises(Tampered):
        wrapper.unwrap(other, 1, 1, wrapped.blob)
    assert len(wrapper._keys) == 1


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        msgspec.msgpack.encode([bytes(31), []]),
        msgspec.msgpack.encode([bytes(32), [[1, bytes(7), bytes(32)]]]),
        msgspec.msgpack.encode([bytes(32), [[1, bytes(8), bytes(16)]]]),
        msgspec.msgpack.encode([bytes(32), [], 1]),
        msgspec.msgpack.encode([bytes(31), [1]]),
        msgspec.msgpack.encode([bytes(32), [2, 1]]),
        msgspec.msgpack.encode([bytes(32), [1, 1]]),
        msgspec.msgpack.encode([bytes(32), [-1, 1]]),
        msgspec.msgpack.encode([bytes(32), [1, 2**16]]),
        msgspec.msgpack.encode([bytes(32), [1, [2, bytes(8), bytes(32)]]]),
        msgspec.msgpack.encode([bytes(32), [[2, bytes(8), bytes(32)], 3]]),
    ],
)
def test_a_ring_of_another_shape_is_tampered_even_under_the_right_key(plain: bytes) -> None:
    key = Secret(expand(unsalted(KEK), lp("lockhouse/wrap/1", HOUSE, 1, PERSON[-1:])))
    blob = seal_bytes(key, plain, lp("lockhouse/ring/1", HOUSE, PERSON, 1, 1))
    with pytest.raises(Tampered, match="ring: expected a ref key and keys, or a seed and compartments"):
        _wrapper().unwrap(PERSON, 1, 1, blob)


def test_keys_are_cut_from_one_draw_and_sorted() -> None:
    keys = new_keys([9, 1, 9], lambda size: bytes(range(size)))
    assert list(keys) == [1, 9]
    assert keys[9] == bytes(range(40, 80))
    assert new_keys([], lambda _: b"never asked") == {}


def test_a_ring_as_it_was_minted_is_stored_as_its_seed_a_third_as_long_as_its_keys() -> None:
    whole = minted(b"s" * 32, [0, 1, 2, 3, 4, 5, 6, 7])
    short = _wrapper().wrap(PERSON, whole, generation=1, version=1)
    full = _wrapper().wrap(PERSON, whole._replace(seed=b""), generation=1, version=1)
    assert 3 * len(short.blob) < len(full.blob)
    assert _wrapper().unwrap(PERSON, 1, 1, short.blob) == whole
    assert _wrapper().unwrap(PERSON, 1, 1, full.blob) == whole._replace(seed=b"")


def test_the_keys_of_a_seed_are_all_different_and_each_seed_has_others() -> None:
    rings = [minted(bytes((one,)) * 32, range(20)) for one in range(20)]
    keys = [joined for ring in rings for joined in ring.keys.values()]
    assert len({*keys, *(ring.ref_key for ring in rings)}) == 20 * 21
    assert len({one[:8] for one in keys} | {one[8:] for one in keys}) == 2 * 20 * 20


@pytest.mark.parametrize("compartments", [[], [-1], [1, 2**16]])
def test_a_ring_is_minted_for_compartments_of_16_bits(compartments: list[int]) -> None:
    with pytest.raises(Invalid, match="compartments of 16 bits"):
        minted(bytes(32), compartments)


def test_nothing_that_a_cut_key_could_be_made_from_stays_in_a_ring() -> None:
    keyring = Keyring(HOUSE, keks={1: KEK}, generation=1, entropy=os.urandom, alive=lambda: True)
    ring = keyring.mint(PERSON, [1, 2])
    assert keyring._unwrap(ring).seed != b""
    limbo_without = keyring.cut(ring, [2])
    for changed in (
        keyring.cut(ring, [1]),
        limbo_without,
        keyring.extend(ring, [3]),
        keyring.rewrap(keyring.cut(ring, [1])),
    ):
        now, was = keyring._unwrap(changed), keyring._unwrap(ring)
        assert now.seed == b""
        assert now.ref_key == was.ref_key
        assert all(now.keys[one] == was.keys[one] for one in now.keys.keys() & was.keys.keys())
    assert keyring._unwrap(keyring.restore(limbo_without, ring, [2])).seed == b""
    assert keyring._unwrap(keyring.rewrap(ring)).seed == keyring._unwrap(ring).seed
