"""What is done once and kept, on the way of every event, gives what doing it anew gives."""

from __future__ import annotations

import os

import pytest

from lockhouse.crypto.credentials import MAX_CLASSES, MessageTags, message_tag
from lockhouse.crypto.keyring import MINTED_KEPT, Keyring, Plain
from lockhouse.crypto.signatures import hmac_sha256
from lockhouse.errors import Erased, Expired, Tampered, Unavailable
from lockhouse.secret import Secret

HOUSE, PERSON, RECORD = bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48))
KEY = Secret(bytes(32))
EPOCH = 2_500


def a_keyring() -> Keyring:
    keyring = Keyring(HOUSE, keks={1: Secret(bytes(31) + b"k")}, generation=1, entropy=os.urandom, alive=lambda: True)
    for compartment in (1, 2, 3):
        keyring.add_epoch(compartment, EPOCH, Secret(bytes(31) + bytes((compartment,))))
    return keyring


@pytest.mark.parametrize("text", ["", "m-1", "é", "\ud800", "x" * 99])
def test_a_kept_tag_is_the_message_tag(text: str) -> None:
    tags = MessageTags(KEY)
    for credential_class in ("1/2", "1/1", "1/2"):
        assert tags.tag(text, credential_class=credential_class) == message_tag(
            text, key=KEY, credential_class=credential_class
        )


def test_more_classes_than_are_kept_are_tagged_alike() -> None:
    tags = MessageTags(KEY)
    for number in range(MAX_CLASSES + 2):
        tags.tag("m", credential_class=f"{number}/2")
    last = f"{MAX_CLASSES + 1}/2"
    assert tags.tag("m", credential_class=last) == message_tag("m", key=KEY, credential_class=last)


def test_a_body_is_known_again_by_its_keyed_hash() -> None:
    assert MessageTags(KEY).body(b"item") == hmac_sha256(KEY, b"item")[:8]


def test_boxes_sealed_together_name_the_places_of_boxes_sealed_one_by_one() -> None:
    keyring = a_keyring()
    ring = keyring.mint(PERSON, [1, 2, 3])
    keyring.admit(PERSON, ring.generation, ring.version, ring.blob)
    parts = [(3, EPOCH, b"a" * 16), (1, EPOCH, b"b" * 32)]
    [together] = keyring.seal_group([Plain(PERSON, RECORD, parts)])
    assert isinstance(together, list)
    alone = [
        keyring.seal(PERSON, record=RECORD, compartment=compartment, epoch=epoch, plaintext=plain)
        for compartment, epoch, plain in parts
    ]
    for one, other in zip(together, alone, strict=True):
        assert (one.compartment, one.epoch, one.serial, one.seal) == (
            other.compartment, other.epoch, other.serial, other.seal,
        )  # fmt: skip
        assert len(one.blob) == len(other.blob)
    assert len({one.blob[1:13] for one in (*together, *alone)}) == 4


def test_of_a_record_whose_key_is_gone_nothing_is_sealed_and_its_neighbours_are() -> None:
    keyring = a_keyring()
    ring = keyring.mint(PERSON, [1, 2])
    keyring.admit(PERSON, ring.generation, ring.version, ring.blob)
    keyring.add_epoch(3, EPOCH + 1, Secret(bytes(32)))
    parts = [[(2, EPOCH, b"a" * 16)], [(1, EPOCH, b"a" * 16), (3, EPOCH, b"b" * 16)], [(1, EPOCH + 1, b"c" * 16)], []]
    first, gone, expired, empty = keyring.seal_group([Plain(PERSON, RECORD, one) for one in parts])
    [stranger] = keyring.seal_group([Plain(RECORD, RECORD, [(1, EPOCH, b"a" * 16)])])
    assert isinstance(first, list)
    assert [box.compartment for box in first] == [2]
    assert [type(gone), type(expired), empty, type(stranger)] == [Erased, Expired, [], Unavailable]


def test_a_process_without_a_lease_seals_nothing_of_a_group() -> None:
    keyring = Keyring(HOUSE, keks={1: KEY}, generation=1, entropy=os.urandom, alive=lambda: False)
    answers = keyring.seal_group([Plain(PERSON, RECORD, []), Plain(PERSON, RECORD, [])])
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]


def test_what_a_ring_lacks_is_said_in_order() -> None:
    keyring = a_keyring()
    with pytest.raises(Unavailable):
        keyring.lacks(PERSON, [1])
    ring = keyring.mint(PERSON, [2])
    keyring.admit(PERSON, ring.generation, ring.version, ring.blob)
    assert keyring.lacks(PERSON, [3, 2, 1]) == [3, 1]


def test_a_ring_read_back_as_it_was_minted_is_the_one_that_unwraps() -> None:
    minting, reading = a_keyring(), a_keyring()
    ring = minting.mint(PERSON, [1, 2, 3])
    for keyring in (minting, reading):
        keyring.admit(PERSON, ring.generation, ring.version, ring.blob)
    assert minting.serials(PERSON) == reading.serials(PERSON)
    assert minting.ref(PERSON) == reading.ref(PERSON)


@pytest.mark.parametrize("change", ["blob", "generation", "version"])
def test_a_ring_read_back_changed_is_not_taken_for_the_minted_one(change: str) -> None:
    keyring = a_keyring()
    ring = keyring.mint(PERSON, [1])
    blob = ring.blob[:-1] + bytes((ring.blob[-1] ^ 1,)) if change == "blob" else ring.blob
    generation, version = (2 if change == "generation" else 1), (2 if change == "version" else 1)
    with pytest.raises((Tampered, Unavailable)):
        keyring.admit(PERSON, generation, version, blob)


def test_minted_rings_that_are_never_read_back_do_not_gather() -> None:
    keyring = a_keyring()
    for number in range(MINTED_KEPT + 5):
        keyring.mint(number.to_bytes(16), [1])
    assert len(keyring._minted) <= MINTED_KEPT


@pytest.mark.parametrize("how", ["forget", "purge"])
def test_a_minted_ring_is_forgotten_with_everything_else(how: str) -> None:
    keyring = a_keyring()
    keyring.mint(PERSON, [1])
    if how == "forget":
        keyring.forget(PERSON)
    else:
        keyring.purge()
    assert keyring._minted == {}
