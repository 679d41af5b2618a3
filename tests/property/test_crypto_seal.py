"""A box opens in its own place and in no other, whatever the places are."""

import os
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import assume, given
from hypothesis import strategies as st

from lockhouse.crypto import SealedBox, decode_boxes, derive, encode_boxes, unwrap, wrap
from lockhouse.crypto.derive import keyed
from lockhouse.crypto.ring import Ring, Wrapper, minted
from lockhouse.crypto.seal import box_aad, box_aad_prefix, box_key_prefix, box_keys, open_box, seal_box
from lockhouse.errors import Tampered
from lockhouse.secret import Secret

ids = st.binary(min_size=16, max_size=16)
small = st.integers(0, 0xFFFF)
serials = st.binary(min_size=8, max_size=8)
PERSON_KEY, EPOCH_KEY = b"p" * 32, keyed(b"e" * 32)


class Place(NamedTuple):
    house: bytes
    record: bytes
    person: bytes
    compartment: int
    epoch: int
    serial: bytes
    seal: int


places = st.builds(Place, ids, ids, ids, small, small, serials, small)


def _cipher(place: Place) -> AESGCM:
    where = (place.person, place.compartment, place.epoch)
    [key] = box_keys(box_key_prefix(place.house), [(EPOCH_KEY, PERSON_KEY, where)])
    return AESGCM(key)


def _aad(place: Place) -> bytes:
    box = (place.compartment, place.epoch, place.serial, place.seal)
    return box_aad(box_aad_prefix(place.house), record=place.record, person=place.person, box=box)


@given(place=places, plaintext=st.binary(max_size=100))
def test_a_box_opens_in_its_own_place(place: Place, plaintext: bytes) -> None:
    blob = seal_box(_cipher(place), os.urandom(12), plaintext, _aad(place))
    assert open_box(_cipher(place), blob, _aad(place)) == plaintext


@given(place=places, other=places, moved=st.sampled_from(Place._fields))
def test_a_box_moved_in_any_one_respect_is_tampered(place: Place, other: Place, moved: str) -> None:
    assume(getattr(place, moved) != getattr(other, moved))
    elsewhere = place._replace(**{moved: getattr(other, moved)})
    blob = seal_box(_cipher(place), os.urandom(12), b"fields", _aad(place))
    with pytest.raises(Tampered):
        open_box(_cipher(place), blob, _aad(elsewhere))
    with pytest.raises(Tampered):
        open_box(_cipher(elsewhere), blob, _aad(elsewhere))


boxes = st.lists(st.builds(SealedBox, small, small, serials, small, st.binary(min_size=29, max_size=60)), max_size=5)


@given(row=boxes)
def test_a_row_s_boxes_come_back(row: list[SealedBox]) -> None:
    assert decode_boxes(encode_boxes(row)) == row


@given(row=boxes, more=st.binary(min_size=1, max_size=40))
def test_a_row_holds_nothing_but_its_boxes(row: list[SealedBox], more: bytes) -> None:
    with pytest.raises(Tampered):
        decode_boxes(encode_boxes(row) + more)


@given(raw=st.binary(max_size=120))
def test_bytes_from_anywhere_are_tampered_or_one_row(raw: bytes) -> None:
    try:
        row = decode_boxes(raw)
    except Tampered:
        return
    assert encode_boxes(row) == raw


keys = st.dictionaries(small, st.binary(min_size=40, max_size=40), max_size=5)


@given(person=ids, other=ids, ring_keys=keys, version=st.integers(1, 5), is_new=st.booleans())
def test_a_ring_unwraps_for_its_person_and_version_only(
    *, person: bytes, other: bytes, ring_keys: dict[int, bytes], version: int, is_new: bool
) -> None:
    assume(person != other)
    wrapper = Wrapper(b"h" * 16, {1: Secret(b"k" * 32)}, draw=lambda: os.urandom(12))
    ring = minted(b"s" * 32, sorted(ring_keys)) if is_new and ring_keys else Ring(b"r" * 32, ring_keys)
    wrapped = wrapper.wrap(person, ring, generation=1, version=version)
    assert wrapper.unwrap(person, 1, version, wrapped.blob) == ring
    for who, which in ((other, version), (person, version + 1)):
        with pytest.raises(Tampered):
            wrapper.unwrap(who, 1, which, wrapped.blob)


names = st.binary(max_size=8)


@given(purpose=st.text("ab", max_size=2), name=names, other_purpose=st.text("ab", max_size=2), other_name=names)
def test_a_wrapped_key_unwraps_under_its_own_name_only(
    purpose: str, name: bytes, other_purpose: str, other_name: bytes
) -> None:
    kek, key = Secret(b"k" * 32), derive(Secret(b"x"), b"")
    blob = wrap(kek, key, house=b"h" * 16, purpose=purpose, name=name, generation=1, version=1)
    assert unwrap(kek, blob, house=b"h" * 16, purpose=purpose, name=name, generation=1, version=1) == key
    assume((purpose, name) != (other_purpose, other_name))
    with pytest.raises(Tampered):
        unwrap(kek, blob, house=b"h" * 16, purpose=other_purpose, name=other_name, generation=1, version=1)
