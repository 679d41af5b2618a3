"""Whoever can write to the stores moves, swaps and rolls back sealed things: none of it opens."""

import os
from typing import Any

import pytest

from lockhouse.crypto import (
    Keyring,
    Notary,
    Noted,
    SealedBox,
    WrappedRing,
    canonical_json,
    decode_boxes,
    encode_boxes,
    leaf_hash,
    refs_root,
    unwrap,
    wrap,
)
from lockhouse.errors import Conflict, Erased, Expired, Refused, Tampered
from lockhouse.secret import Secret

PRODUCTION, STAGING = b"production-house", b"staging-house-01"
ADA, BOB = b"a" * 16, b"b" * 16
FIRST, SECOND = b"1" * 16, b"2" * 16
ROOT = {1: Secret(b"k" * 32), 2: Secret(b"l" * 32)}
EPOCHS = {(compartment, epoch): Secret(os.urandom(32)) for compartment in (1, 2) for epoch in (31, 62)}


class House:
    """A keyring with Ada's and Bob's rings in use, and tickets for both."""

    def __init__(self, house: bytes = PRODUCTION) -> None:
        self.house = house
        self.notary = Notary(house)
        self.keyring = Keyring(
            house, keks=ROOT, generation=1, entropy=os.urandom, alive=lambda: True, notary=self.notary.public
        )
        self.rings = {person: self.keyring.mint(person, [1, 2]) for person in (ADA, BOB)}
        for ring in self.rings.values():
            self.use(ring)
        for (compartment, epoch), key in EPOCHS.items():
            self.keyring.add_epoch(compartment, epoch, key)

    def use(self, ring: WrappedRing) -> None:
        self.keyring.admit(ring.person, ring.generation, ring.version, ring.blob)

    def seal(self, person: bytes = ADA, **changed: Any) -> SealedBox:
        place: dict[str, Any] = {"record": FIRST, "compartment": 1, "epoch": 31} | changed
        return self.keyring.seal(person, plaintext=b"the fields of one box", **place)

    def open(self, box: SealedBox, *, person: bytes = ADA, record: bytes = FIRST) -> bytes:
        refs = sorted(self.keyring.ref(one) for one in (ADA, BOB))
        body = {"purpose": "support", "compartments": [1, 2], "count": 2, "refs_root": refs_root(refs).hex()}
        entry = canonical_json({"kind": "disclosure", "body": body})
        notary = self.notary
        noted = Noted.from_commit(
            house=self.house,
            public=notary.public,
            entry_id=SECOND,
            entry=entry,
            signature=notary.sign(SECOND, leaf_hash(entry)),
            refs=refs,
        )
        return self.keyring.open(box, noted, person=person, record=record, purpose="support")


def _with(box: SealedBox, **changed: Any) -> SealedBox:
    fields = {name: getattr(box, name) for name in box.__struct_fields__}
    return SealedBox(**(fields | changed))


@pytest.fixture
def house() -> House:
    return House()


def test_in_its_own_place_the_box_opens(house: House) -> None:
    assert house.open(house.seal()) == b"the fields of one box"


def test_a_box_swapped_into_another_record_is_tampered(house: House) -> None:
    first, second = house.seal(record=FIRST), house.seal(record=SECOND)
    for box, record in ((first, SECOND), (second, FIRST)):
        with pytest.raises(Tampered):
            house.open(box, record=record)


def test_a_box_swapped_to_another_person_is_erased_and_with_that_person_s_serial_tampered(house: House) -> None:
    box = house.seal(ADA)
    with pytest.raises(Erased):
        house.open(box, person=BOB)
    with pytest.raises(Tampered):
        house.open(_with(box, serial=house.keyring.serials(BOB)[1]), person=BOB)


def test_a_box_swapped_into_another_compartment_is_tampered(house: House) -> None:
    box = house.seal(compartment=1)
    with pytest.raises(Erased):
        house.open(_with(box, compartment=2))
    with pytest.raises(Tampered):
        house.open(_with(box, compartment=2, serial=house.keyring.serials(ADA)[2]))


def test_a_box_moved_to_an_epoch_that_ends_later_is_tampered(house: House) -> None:
    with pytest.raises(Tampered):
        house.open(_with(house.seal(epoch=31), epoch=62))


def test_an_older_seal_in_the_place_of_a_newer_is_tampered(house: House) -> None:
    before, after = house.seal(seal=1), house.seal(seal=2)
    assert house.open(after) == house.open(before)
    with pytest.raises(Tampered):
        house.open(_with(after, blob=before.blob))


def test_two_boxes_of_one_row_do_not_trade_places(house: House) -> None:
    one, two = decode_boxes(encode_boxes([house.seal(compartment=1), house.seal(compartment=2)]))
    for box, other in ((one, two), (two, one)):
        with pytest.raises(Tampered):
            house.open(_with(box, blob=other.blob))


def test_a_box_of_staging_does_not_open_in_production_under_one_root() -> None:
    production, staging = House(PRODUCTION), House(STAGING)
    box = staging.seal()
    with pytest.raises(Erased):
        production.open(box)
    with pytest.raises(Tampered):
        production.open(_with(box, serial=production.keyring.serials(ADA)[1]))


def test_a_ring_of_staging_does_not_unwrap_in_production_under_one_root() -> None:
    ring = House(STAGING).rings[ADA]
    production = House(PRODUCTION)
    production.keyring.forget(ADA)
    with pytest.raises(Tampered):
        production.use(ring)


def test_a_wrapped_key_of_staging_does_not_unwrap_in_production_under_one_root() -> None:
    place: dict[str, Any] = {"purpose": "epoch", "name": b"1", "generation": 1, "version": 1}
    blob = wrap(ROOT[1], EPOCHS[1, 31], house=STAGING, **place)
    assert unwrap(ROOT[1], blob, house=STAGING, **place) == EPOCHS[1, 31]
    with pytest.raises(Tampered):
        unwrap(ROOT[1], blob, house=PRODUCTION, **place)


@pytest.mark.parametrize("changed", [{"purpose": "index"}, {"name": b"2"}, {"generation": 2}, {"version": 2}])
def test_a_wrapped_key_does_not_unwrap_in_another_key_s_place(changed: dict[str, Any]) -> None:
    place: dict[str, Any] = {"house": PRODUCTION, "purpose": "epoch", "name": b"1", "generation": 1, "version": 1}
    blob = wrap(ROOT[1], EPOCHS[1, 31], **place)
    with pytest.raises(Tampered):
        unwrap(ROOT[1], blob, **(place | changed))


def test_a_ring_given_to_another_person_is_tampered(house: House) -> None:
    ring = house.rings[ADA]
    house.keyring.forget(BOB)
    with pytest.raises(Tampered):
        house.keyring.admit(BOB, ring.generation, ring.version, ring.blob)


def test_an_older_ring_under_a_newer_version_s_number_is_tampered(house: House) -> None:
    older = house.rings[ADA]
    newer = house.keyring.cut(older, [1])
    house.keyring.forget(ADA)
    with pytest.raises(Tampered):
        house.keyring.admit(ADA, newer.generation, newer.version, older.blob)


def test_a_ring_row_rolled_back_whole_is_not_taken_over_the_one_in_use(house: House) -> None:
    older = house.rings[ADA]
    newer = house.keyring.cut(older, [1])
    house.use(newer)
    with pytest.raises(Conflict):
        house.use(older)
    with pytest.raises(Erased):
        house.seal()


def test_a_ring_relabelled_to_another_generation_is_tampered(house: House) -> None:
    ring = house.rings[ADA]
    house.keyring.forget(ADA)
    with pytest.raises(Tampered):
        house.keyring.admit(ADA, 2, ring.version, ring.blob)


def test_every_flipped_byte_of_a_box_is_tampered(house: House) -> None:
    box = house.seal()
    for at in range(len(box.blob)):
        flipped = box.blob[:at] + bytes((box.blob[at] ^ 1,)) + box.blob[at + 1 :]
        with pytest.raises(Tampered):
            house.open(_with(box, blob=flipped))


def test_every_flipped_byte_of_a_row_s_boxes_keeps_it_shut(house: House) -> None:
    raw = encode_boxes([house.seal(compartment=1), house.seal(compartment=2)])
    for at in range(len(raw)):
        flipped = raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]
        # A changed compartment is not noted, a changed epoch not known, a changed serial a key that is gone.
        with pytest.raises((Tampered, Erased, Expired, Refused)):
            _open_all(house, flipped)


def _open_all(house: House, raw: bytes) -> None:
    for box in decode_boxes(raw):
        house.open(box)
