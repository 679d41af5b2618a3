import json
from typing import Any

import msgspec
import pytest
import rfc8785

from lockhouse.crypto import Value, canonical_json, lp, pack_fields, unpack_fields
from lockhouse.errors import Invalid, Tampered


def test_parts_that_join_alike_have_unlike_bytes() -> None:
    assert lp("ab", "c") != lp("a", "bc")
    assert lp("", "a") != lp("a", "")
    assert lp() == b""


def test_a_part_is_its_length_and_its_bytes() -> None:
    assert lp(b"\x01", "\u00e9", 258).hex() == "00000001" + "01" + "00000002" + "c3a9" + "00000008" + "0000000000000102"


@pytest.mark.parametrize("part", [-1, 2**64, "\ud800"])
def test_a_part_without_bytes_of_its_own_is_invalid(part: str | int) -> None:
    with pytest.raises(Invalid, match="lp: expected bytes, UTF-8 text or an integer of 64 bits"):
        lp(part)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"b": 1, "a": {"d": [True, False, None], "c": -(2**53) + 1}},
        {
            "\u20ac": 1,
            "\r": 2,
            "\ufb33": 3,
            "1": 4,
            "\U0001f600": 5,
            "\u0080": 6,
            "\u00f6": [{"\U0001f600": 1, "\uffff": 2}],
        },
        '\u0000\u001f\u007f"\\/\b\f\n\r\t\u2028\U0001f600',
    ],
)
def test_canonical_json_is_byte_equal_to_the_reference(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


def test_keys_are_sorted_by_utf16_units_not_by_code_points() -> None:
    # U+1F600 is D83D DE00 in UTF-16 and so comes before U+FFFF, though its code point is the larger.
    assert canonical_json({"\uffff": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\uffff":1}'.encode()


@pytest.mark.parametrize(
    "value", [1.5, 2**53, -(2**53), {1: 2}, b"x", (1,), {"a": [float("nan")]}, "\ud800", {"\udfff": 1}]
)
def test_what_has_no_canonical_json_is_invalid(value: object) -> None:
    with pytest.raises(Invalid, match="canonical json: expected"):
        canonical_json(value)


def test_endless_nesting_is_invalid_and_no_crash() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Invalid, match="sane depth"):
        canonical_json(deep)


def test_fields_come_back_as_they_were_packed() -> None:
    values: dict[int, Value] = {300: ["x", {"b": None, "a": True}], 1: "Ada", 2: -5, 0: 2**64 - 1}
    assert unpack_fields(pack_fields(values)) == values


def test_the_order_of_fields_leaves_no_trace() -> None:
    assert pack_fields({1: "a", 2: {"x": 1, "y": 2}}) == pack_fields({2: {"y": 2, "x": 1}, 1: "a"})


@pytest.mark.parametrize(("size", "length"), [(0, 16), (10, 16), (11, 16), (12, 16), (13, 32)])
def test_a_plaintext_is_padded_to_blocks_with_one_byte_at_least(size: int, length: int) -> None:
    # The map of one field of text takes three bytes (map, key, text head), the mark of the padding one.
    assert len(pack_fields({1: "x" * size})) == length


def test_special_plaintexts_all_have_the_floor_s_length() -> None:
    assert {len(pack_fields({1: "x" * size}, floor=256)) for size in (0, 1, 100, 250)} == {256}
    assert len(pack_fields({1: "x" * 300}, floor=256)) == 320


@pytest.mark.parametrize(
    "values", [{1: 1.0}, {1: b"x"}, {1: {2: 3}}, {-1: 1}, {True: 1}, {"1": 1}, {1: 2**64}, {1: "\ud800"}, {1: [{1}]}]
)
def test_what_a_box_may_not_hold_is_invalid(values: Any) -> None:
    with pytest.raises(Invalid, match="pack: expected"):
        pack_fields(values)


def _padded(packed: bytes) -> bytes:
    return (packed + b"\x80").ljust(-(-(len(packed) + 1) // 16) * 16, b"\x00")


@pytest.mark.parametrize(
    "packed",
    [
        b"\x82\x01\x01\x01\x02",  # a key twice
        b"\x82\x02\x01\x01\x02",  # keys that descend
        b"\x81\x01\xcc\x05",  # an integer longer than needed
        b"\x81\x01\xcb" + bytes(8),  # a float
        b"\x81\x01\xd4\x05\x00",  # an extension type
        b"\x81\x01\xd6\xff" + bytes(4),  # a time stamp
        b"\x81\x01\x82\xa1b\x01\xa1a\x02",  # inner keys that descend
        b"\x81\x01\x81\x01\x02",  # an inner key that is no text
        b"\xde\x00\x01\x01\x01",  # a map longer than needed
        b"\x80\x00",  # something behind the map
        b"\x81\xff\x01",  # a negative key
        b"\x81\x01\xa1\xff",  # text that is not UTF-8
        b"\x91\x01",  # a list
        b"",
    ],
)
def test_bytes_that_pack_fields_would_not_write_are_tampered(packed: bytes) -> None:
    assert unpack_fields(_padded(b"\x81\x01\x05")) == {1: 5}
    with pytest.raises(Tampered, match="canonical map"):
        unpack_fields(_padded(packed))


@pytest.mark.parametrize("plain", [b"", bytes(16), b"\x80\x80", b"\x80" * 15, b"\x80" + bytes(14) + b"\x01"])
def test_bad_padding_is_tampered(plain: bytes) -> None:
    with pytest.raises(Tampered, match="padding to blocks of 16"):
        unpack_fields(plain)


def test_packing_never_falls_into_json_or_floats() -> None:
    packed = pack_fields({1: "1.50"}).rstrip(b"\x00")[:-1]
    assert msgspec.msgpack.decode(packed) == {1: "1.50"}
    assert json.loads(canonical_json({"a": "1.50"})) == {"a": "1.50"}
