import os

import msgspec
import pytest

from lockhouse.crypto import lp, seal_bytes
from lockhouse.crypto.derive import expand, unsalted
from lockhouse.crypto.ring import Ring, Wrapper, new_keys
from lockhouse.errors import Tampered
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
    ],
)
def test_a_ring_of_another_shape_is_tampered_even_under_the_right_key(plain: bytes) -> None:
    key = Secret(expand(unsalted(KEK), lp("lockhouse/wrap/1", HOUSE, 1, PERSON[-1:])))
    blob = seal_bytes(key, plain, lp("lockhouse/ring/1", HOUSE, PERSON, 1, 1))
    with pytest.raises(Tampered, match="ring: expected a ref key and keys"):
        _wrapper().unwrap(PERSON, 1, 1, blob)


def test_keys_are_cut_from_one_draw_and_sorted() -> None:
    keys = new_keys([9, 1, 9], lambda size: bytes(range(size)))
    assert list(keys) == [1, 9]
    assert keys[9] == bytes(range(40, 80))
    assert new_keys([], lambda _: b"never asked") == {}
