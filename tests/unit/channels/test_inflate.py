"""Gzip with a hard end."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from lockhouse.channels.inflate import inflate, is_gzip
from lockhouse.model.event import Fault

CAP = 1_000


def _code(result: bytes | Fault) -> str:
    assert isinstance(result, Fault)
    return result.code


def test_what_fits_is_unpacked_and_one_byte_more_is_not() -> None:
    assert inflate(gzip.compress(b"x" * CAP), cap=CAP) == b"x" * CAP
    assert _code(inflate(gzip.compress(b"x" * (CAP + 1)), cap=CAP)) == "LH-1011"


def test_a_bomb_costs_its_cap_and_no_more() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    code = _code(inflate(bomb, cap=CAP))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert code == "LH-1011"
    assert peak < 300_000


def test_several_members_are_one_body_under_one_cap() -> None:
    assert inflate(gzip.compress(b"ab") + gzip.compress(b"cd"), cap=CAP) == b"abcd"
    assert _code(inflate(gzip.compress(b"x" * 600) * 2, cap=CAP)) == "LH-1011"


def test_thousands_of_empty_members_are_not_unpacked() -> None:
    assert _code(inflate(gzip.compress(b"") * 5_000, cap=CAP)) == "LH-1013"


@pytest.mark.parametrize("cut", [3, 12, -1, -6])
def test_a_body_that_is_not_whole_is_a_fault(cut: int) -> None:
    assert _code(inflate(gzip.compress(b"hello" * 20)[:cut], cap=CAP)) == "LH-1013"


def test_a_body_with_a_wrong_checksum_is_a_fault() -> None:
    packed = bytearray(gzip.compress(b"hello" * 20))
    packed[-6] ^= 1
    assert _code(inflate(bytes(packed), cap=CAP)) == "LH-1013"


def test_the_first_two_bytes_tell() -> None:
    assert is_gzip(gzip.compress(b""))
    assert not is_gzip(b'{"batch":[]}')
