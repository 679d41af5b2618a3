"""Recovery codes are random enough to be hashed plainly, forgiving to type, and work once."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.access import recovery


@pytest.mark.asvs("6.5.2", "6.5.3", "6.5.4")
def test_ten_codes_of_120_bits_are_made() -> None:
    codes = recovery.new(os.urandom)
    assert len({*codes}) == 10
    assert {len(recovery.normal(code) or "") for code in codes} == {24}
    drawn = iter([bytes(range(24)), bytes(range(232, 256)), *[bytes(24)] * 8])
    assert recovery.new(lambda _: next(drawn))[:2] == (
        "0123-4567-89AB-CDEF-GHJK-MNPQ",
        "89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ",
    )


def test_a_code_is_read_however_it_was_typed() -> None:
    meant = "0123456789ABCDEF10JKMNPQ"
    typed = ["0123-4567-89AB-CDEF-10JK-MNPQ", "0123456789abcdef10jkmnpq", " o123 4567-89ab cdef-LOJK-mnpq "]
    assert {recovery.normal(one) for one in typed} == {meant}


@given(st.text(max_size=30))
def test_what_is_no_code_is_none(typed: str) -> None:
    code = recovery.normal(typed)
    assert code is None or (len(code) == 24 and recovery.normal(recovery.shown(code)) == code)


def test_a_code_works_once() -> None:
    tags = [bytes([at]) * 32 for at in range(10)]
    assert recovery.match(tags, tags[9], used=0) == 9
    used = recovery.spent(recovery.spent(0, 9), 0)
    assert recovery.match(tags, tags[9], used=used) is None
    assert recovery.match(tags, tags[1], used=used) == 1
    assert recovery.match(tags, b"x" * 32, used=0) is None
    assert recovery.left(tags, used=used) == 8
