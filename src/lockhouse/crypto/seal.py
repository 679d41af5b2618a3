"""Boxes: their bytes, their key, their place (docs/spec/box.md).

A box is bound to house, record, source person, compartment, epoch, key serial and seal number: moved or
rolled back it does not open. There is no trial decryption: the row names the keys.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import msgspec

from lockhouse.crypto.canonical import lp
from lockhouse.crypto.derive import OVERHEAD, VERSION, extract, open_blob
from lockhouse.errors import Invalid, Tampered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hmac import HMAC

ID_BYTES = 16
SERIAL_BYTES = 8
MAX_BOXES = 255
_ENTRY = struct.Struct(">HH8sHI")
_PERSON_PLACE = struct.Struct(">I16sIQIQ")
_BOX_START = struct.Struct(">I16sI16s")
_BOX_PLACE = struct.Struct(">IQIQI8sIQ")


class SealedBox(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The sealed fields of one compartment of one record.

    Attributes:
        compartment: its number (u16).
        epoch: the day the epoch began, counted from 2020-01-01 (u16).
        serial: the person key's random serial, 8 bytes.
        seal: the seal number (u16): 1, and one more for each re-seal.
        blob: `01 | nonce 12 | ciphertext | tag 16`.
    """

    compartment: int
    epoch: int
    serial: bytes
    seal: int
    blob: bytes


def encode_boxes(boxes: Sequence[SealedBox]) -> bytes:
    """A row's boxes: u8 count, an entry of 18 bytes for each box, then their blobs in the same order.

    Raises:
        Invalid: more than 255 boxes, or a number out of range.
    """
    if len(boxes) > MAX_BOXES:
        raise Invalid("boxes", f"at most {MAX_BOXES}", got=str(len(boxes)))
    parts = [bytes((len(boxes),))]
    blobs = []
    try:
        for box in boxes:
            serial, blob = box.serial, box.blob
            if len(serial) != SERIAL_BYTES:
                raise Invalid("boxes", "serials of 8 bytes", got="another length")
            parts.append(_ENTRY.pack(box.compartment, box.epoch, serial, box.seal, len(blob)))
            blobs.append(blob)
    except struct.error as err:
        raise Invalid("boxes", "compartment, epoch and seal number of 16 bits") from err
    return b"".join(parts + blobs)


def decode_boxes(raw: bytes) -> list[SealedBox]:
    """The boxes that `encode_boxes` wrote; nothing is opened or verified yet.

    Raises:
        Tampered: lengths that do not add up, or a blob too short to be a box.
    """
    if not raw:
        raise Tampered("boxes: expected a directory")
    at = 1 + raw[0] * _ENTRY.size
    if len(raw) < at:
        raise Tampered("boxes: expected a whole directory")
    boxes = []
    for entry in range(1, at, _ENTRY.size):
        compartment, epoch, serial, seal, length = _ENTRY.unpack_from(raw, entry)
        if length < OVERHEAD or at + length > len(raw):
            raise Tampered("boxes: expected blobs of the stated lengths")
        boxes.append(SealedBox(compartment, epoch, serial, seal, raw[at : at + length]))
        at += length
    if at != len(raw):
        raise Tampered("boxes: expected nothing behind the last blob")
    return boxes


def box_key_prefix(house: bytes) -> bytes:
    """The part of a box key's info that is the same for a whole house."""
    return lp("lockhouse/box/1", house)


def box_keys(prefix: bytes, wanted: Sequence[tuple[HMAC, bytes, tuple[bytes, int, int]]]) -> list[bytes]:
    """HKDF-SHA256(salt = epoch key, ikm = person key, info = lp("lockhouse/box/1", house, person, compartment, epoch)).

    With either key gone there is no box key: a dual PRF, so each ends the box on its own.

    Args:
        prefix: `box_key_prefix(house)`.
        wanted: for each key, the epoch key as a keyed HMAC (`derive.keyed`), the person key (32 bytes), and (source
            person, compartment, epoch).
    """
    macs = [extract(epoch_key, person_key) for epoch_key, person_key, _ in wanted]
    for mac, (_, _, (person, compartment, epoch)) in zip(macs, wanted, strict=True):
        # `expand` to one block, without its copy: each key is derived for nothing else.
        mac.update(prefix + _PERSON_PLACE.pack(16, person, 8, compartment, 8, epoch) + b"\x01")
    return [mac.finalize() for mac in macs]


def box_aad_prefix(house: bytes) -> bytes:
    """The part of a box's associated data that is the same for a whole house."""
    return lp(VERSION, house)


def box_aad(prefix: bytes, *, record: bytes, person: bytes, box: tuple[int, int, bytes, int]) -> bytes:
    """lp(01, house, record, source person, compartment, epoch, serial, seal), with `box` the last four.

    Raises:
        Invalid: a record or person id that is not 16 bytes.
    """
    return box_aad_of(box_aad_start(prefix, record=record, person=person), box)


def box_aad_start(prefix: bytes, *, record: bytes, person: bytes) -> bytes:
    """The part of the associated data that all boxes of a record share.

    Raises:
        Invalid: a record or person id that is not 16 bytes.
    """
    if len(record) != ID_BYTES or len(person) != ID_BYTES:
        raise Invalid("box", "record and person ids of 16 bytes")
    return prefix + _BOX_START.pack(16, record, 16, person)


def box_aad_of(start: bytes, box: tuple[int, int, bytes, int]) -> bytes:
    """`box_aad` from its start."""
    compartment, epoch, serial, seal = box
    return start + _BOX_PLACE.pack(8, compartment, 8, epoch, 8, serial, 8, seal)


def snapshot_head(*, covers: int, root: bytes) -> bytes:
    """What stands before the place in a snapshot's associated data: lp("lockhouse/snapshot/1", covers, root).

    A record's begins with a part of one byte, so neither opens as the other. The place of a snapshot is that of the
    last record that it covers, with seal number 1.
    """
    return lp("lockhouse/snapshot/1", covers, root)


def seal_box(aes: AESGCM, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """The blob of a box: `01 | nonce | ciphertext | tag`.

    A random 96-bit nonce is safe: one box key seals the boxes of one person, compartment and month, far fewer
    than 2^32 (NIST SP 800-38D §8.3).
    """
    return VERSION + nonce + aes.encrypt(nonce, plaintext, aad)


def open_box(aes: AESGCM, blob: bytes, aad: bytes) -> bytes:
    """The plaintext of a box.

    Raises:
        Tampered: wrong place, key or version, or changed bytes. Which of them is not told.
    """
    return open_blob(aes, blob, aad)
