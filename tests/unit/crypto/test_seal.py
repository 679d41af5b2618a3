import pytest

from lockhouse.crypto import SealedBox, decode_boxes, encode_boxes
from lockhouse.errors import Invalid, Tampered

BOX = SealedBox(1, 31, b"serial-8", 1, bytes(29))
OTHER = SealedBox(65535, 65535, b"\xff" * 8, 65535, bytes(45))


def test_a_row_s_boxes_come_back_in_order() -> None:
    for boxes in ([], [BOX], [BOX, OTHER, BOX]):
        assert decode_boxes(encode_boxes(boxes)) == boxes


def test_a_directory_entry_takes_eighteen_bytes() -> None:
    assert encode_boxes([]) == b"\x00"
    assert len(encode_boxes([BOX, OTHER])) == 1 + 2 * 18 + 29 + 45


@pytest.mark.parametrize("cut", range(len(encode_boxes([BOX, OTHER]))))
def test_a_row_cut_short_is_tampered(cut: int) -> None:
    with pytest.raises(Tampered, match="boxes: expected"):
        decode_boxes(encode_boxes([BOX, OTHER])[:cut])


def test_bytes_behind_the_boxes_are_tampered() -> None:
    with pytest.raises(Tampered, match="nothing behind the last blob"):
        decode_boxes(encode_boxes([BOX]) + b"\x00")


def test_a_blob_too_short_for_nonce_and_tag_is_tampered() -> None:
    with pytest.raises(Tampered, match="blobs of the stated lengths"):
        decode_boxes(encode_boxes([SealedBox(1, 31, b"serial-8", 1, bytes(28))]))


@pytest.mark.parametrize(
    "box",
    [
        SealedBox(65536, 1, b"serial-8", 1, b""),
        SealedBox(1, 65536, b"serial-8", 1, b""),
        SealedBox(1, 1, b"serial-8", -1, b""),
        SealedBox(1, 1, b"a longer serial", 1, b""),
        SealedBox(1, 1, b"short", 1, b""),
    ],
)
def test_a_number_out_of_range_is_invalid(box: SealedBox) -> None:
    with pytest.raises(Invalid, match="boxes: expected"):
        encode_boxes([box])


def test_a_row_holds_255_boxes_at_most() -> None:
    assert len(decode_boxes(encode_boxes([BOX] * 255))) == 255
    with pytest.raises(Invalid, match="boxes: expected at most 255, got 256"):
        encode_boxes([BOX] * 256)
