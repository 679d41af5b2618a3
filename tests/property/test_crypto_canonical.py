"""What is packed comes back, whatever it is; what comes in canonical JSON is the reference's."""

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.crypto import Value, canonical_json, lp, pack_fields, unpack_fields
from lockhouse.errors import Invalid, Tampered

text = st.text(st.characters(codec="utf-8"), max_size=40)
plain = st.none() | st.booleans() | text
packable: st.SearchStrategy[Value] = st.recursive(
    plain | st.integers(-(2**63), 2**64 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
jsonable = st.recursive(
    plain | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
fields = st.dictionaries(st.integers(0, 2**32), packable, max_size=6)


@given(values=fields, floor=st.sampled_from([16, 256]))
def test_every_field_comes_back(values: dict[int, Value], floor: int) -> None:
    plaintext = pack_fields(values, floor=floor)
    assert len(plaintext) % 16 == 0
    assert len(plaintext) >= floor
    assert unpack_fields(plaintext) == values


@given(raw=st.binary(max_size=80))
def test_bytes_from_anywhere_are_tampered_or_the_one_packing(raw: bytes) -> None:
    try:
        values = unpack_fields(raw)
    except Tampered:
        return
    assert pack_fields(values, floor=len(raw)) == raw


@given(values=fields, data=st.data())
def test_a_changed_byte_is_tampered_or_another_value_s_one_packing(
    values: dict[int, Value], data: st.DataObject
) -> None:
    whole = pack_fields(values)
    at = data.draw(st.integers(0, len(whole) - 1))
    raw = whole[:at] + bytes((whole[at] ^ data.draw(st.integers(1, 255)),)) + whole[at + 1 :]
    try:
        changed = unpack_fields(raw)
    except Tampered:
        return
    assert pack_fields(changed, floor=len(raw)) == raw


@given(values=fields, data=st.data())
def test_only_one_order_of_fields_unpacks(values: dict[int, Value], data: st.DataObject) -> None:
    order = data.draw(st.permutations(sorted(values)))
    packed = msgspec.msgpack.encode({key: values[key] for key in order})
    plaintext = (packed + b"\x80").ljust(-(-(len(packed) + 1) // 16) * 16, b"\x00")
    if plaintext == pack_fields(values):
        assert unpack_fields(plaintext) == values
    else:
        with pytest.raises(Tampered):
            unpack_fields(plaintext)


@given(value=jsonable)
def test_json_is_the_reference_s(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # its type is private


@given(value=st.text(st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF), min_size=1) | st.floats() | st.binary())
def test_what_json_cannot_hold_is_invalid(value: object) -> None:
    for place in (value, [value], {"a": value}):
        with pytest.raises(Invalid):
            canonical_json(place)


@given(one=st.lists(st.binary(max_size=6)), other=st.lists(st.binary(max_size=6)))
def test_unlike_lists_never_share_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert (lp(*one) == lp(*other)) == (one == other)
