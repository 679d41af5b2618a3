import math
from itertools import pairwise

import pytest

from lockhouse.crypto import (
    Indexer,
    check_row,
    credential_hash,
    hmac_sha256,
    looks_valid,
    lp,
    message_tag,
    new_credential,
    plan_bits,
    row_mac,
    suppression_tag,
    truncated,
)
from lockhouse.errors import Invalid, Tampered, Unavailable
from lockhouse.secret import Secret

HOUSE, KEY, OTHER = b"h" * 16, Secret(b"k" * 32), Secret(b"o" * 32)


def test_a_tag_is_an_hmac_of_house_kind_norm_and_value() -> None:
    index = Indexer(HOUSE, {(1, 1): KEY})
    expected = hmac_sha256(KEY, lp(HOUSE, 1, 2, "b\u00fccher@example.org"))[:16]
    assert index.tag(1, 1, "b\u00fccher@example.org", norm=2) == expected


def test_house_kind_generation_norm_and_value_each_change_the_tag() -> None:
    index = Indexer(HOUSE, {(1, 1): KEY, (2, 1): KEY, (1, 2): OTHER})
    tags = [
        index.tag(1, 1, "a", norm=1),
        index.tag(2, 1, "a", norm=1),
        index.tag(1, 2, "a", norm=1),
        index.tag(1, 1, "a", norm=2),
        index.tag(1, 1, "b", norm=1),
        Indexer(b"x" * 16, {(1, 1): KEY}).tag(1, 1, "a", norm=1),
        suppression_tag(KEY, HOUSE, 1, "a", 1),
    ]
    assert len(set(tags)) == len(tags)
    assert index.tag(1, 1, "a", norm=1) == tags[0]


def test_a_missing_index_key_is_unavailable_and_a_surrogate_invalid() -> None:
    index = Indexer(HOUSE, {(1, 1): KEY})
    with pytest.raises(Unavailable, match="expected a key of kind 1, generation 2"):
        index.tag(1, 2, "a", norm=1)
    with pytest.raises(Invalid, match="blind index: expected text in UTF-8"):
        index.tag(1, 1, "\ud800", norm=1)


@pytest.mark.parametrize(("bits", "expected"), [(1, "80"), (8, "ff"), (9, "ff80"), (12, "fff0"), (16, "ffff")])
def test_a_truncated_tag_keeps_its_first_bits(bits: int, expected: str) -> None:
    assert truncated(b"\xff\xff\xff", bits).hex() == expected


@pytest.mark.parametrize("bits", [0, -1, 25])
def test_a_tag_has_no_other_number_of_bits(bits: int) -> None:
    with pytest.raises(Invalid, match="truncated tag: expected 1 to 24 bits"):
        truncated(b"\xff\xff\xff", bits)


@pytest.mark.parametrize(("rows", "most"), [(10**5, 15), (10**6, 18), (10**7, 22), (10**8, 25)])
def test_the_plan_takes_the_most_bits_the_rule_allows(rows: int, most: int) -> None:
    assert plan_bits(rows, 64.0) == most


@pytest.mark.parametrize("rows", [16, 100, 10**5, 10**8])
@pytest.mark.parametrize("entropy", [1.0, 4.0, 9.5, 13.0, 30.0])
def test_every_plan_keeps_the_rule(rows: int, entropy: float) -> None:
    bits = plan_bits(rows, entropy)
    if bits is None:
        assert rows / 2 ** math.floor(entropy) > math.sqrt(rows)
    else:
        assert 2 <= rows / 2**bits <= math.sqrt(rows)


def test_too_few_rows_get_no_truncated_index() -> None:
    assert plan_bits(15, 64.0) is None


def test_a_credential_is_recognised_by_shape_and_checksum() -> None:
    for kind, prefix in (("public", "lhp_"), ("secret", "lhs_")):
        text = new_credential("public" if kind == "public" else "secret", _entropy).reveal().decode()
        assert text.startswith(prefix)
        assert looks_valid(text)
        assert len(text) == 4 + 30 + 1 + 6
        for wrong in (
            text[:-1],
            text + "0",
            text.swapcase(),
            "lhx_" + text[4:],
            text[:5] + "-" + text[6:],
            text + "\n",
        ):
            assert not looks_valid(wrong)


def test_every_mistyped_letter_of_a_credential_is_seen() -> None:
    text = new_credential("secret", _entropy).reveal().decode()
    for at in range(4, len(text)):
        typed = text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]
        assert not looks_valid(typed)


def test_bytes_that_would_favour_some_letters_are_left_out() -> None:
    drawn = iter([bytes([255] * 30), bytes(range(30))])
    text = new_credential("public", lambda _: next(drawn)).reveal().decode()
    assert text[4:34] == "0123456789ABCDEFGHIJKLMNOPQRST"


def _entropy(size: int) -> bytes:
    return bytes((at * 37 + 11) % 256 for at in range(size))


def test_credentials_and_message_ids_are_known_by_keyed_hash() -> None:
    hashes = [
        credential_hash("lhp_a", key=KEY),
        credential_hash("lhp_a", key=OTHER),
        credential_hash("lhp_b", key=KEY),
        message_tag("m", key=KEY, credential_class="public"),
        message_tag("m", key=KEY, credential_class="secret"),
        message_tag("m", key=OTHER, credential_class="public"),
    ]
    assert len(set(hashes)) == len(hashes)
    assert [len(one) for one in hashes] == [32, 32, 32, 16, 16, 16]


def test_a_surrogate_in_a_credential_misses_and_does_not_fail() -> None:
    assert credential_hash("\ud800", key=KEY) != credential_hash("\ud801", key=KEY)
    assert not looks_valid("\ud800")


@pytest.mark.parametrize("moved", ["table", "key", "content", "position"])
def test_a_row_is_bound_to_table_key_content_and_position(moved: str) -> None:
    table, parts = "staff", {"key": b"k", "content": b"c", "position": b"p"}
    mac = row_mac(KEY, table, parts["key"], parts["content"], parts["position"])
    check_row(KEY, mac, table=table, key_bytes=b"k", content=b"c", position=b"p")
    other = parts | {moved: b"x"}
    with pytest.raises(Tampered, match="expected a row whose mac verifies"):
        check_row(
            KEY,
            mac,
            table="role" if moved == "table" else table,
            key_bytes=other["key"],
            content=other["content"],
            position=other["position"],
        )


def test_a_row_mac_under_another_key_is_tampered() -> None:
    with pytest.raises(Tampered, match="staff: expected"):
        check_row(OTHER, row_mac(KEY, "staff", b"", b"", b""), table="staff", key_bytes=b"", content=b"", position=b"")


def test_a_byte_moved_from_one_column_to_the_next_changes_the_mac() -> None:
    macs = [row_mac(KEY, "t", b"abc"[:at], b"abc"[at:], b"") for at in range(4)]
    assert all(one != other for one, other in pairwise(macs))
