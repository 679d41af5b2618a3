import os
from collections.abc import Iterable
from typing import Any, cast

import pytest

from lockhouse.crypto import Keyring, Notary, Noted, SealedBox, WrappedRing, canonical_json, leaf_hash, refs_root
from lockhouse.crypto.boxkeys import BOX_KEYS_KEPT
from lockhouse.crypto.keyring import Plain
from lockhouse.errors import Conflict, Erased, Expired, Invalid, LockhouseError, Refused, Tampered, Unavailable
from lockhouse.secret import Secret

HOUSE, PERSON, RECORD = b"h" * 16, b"p" * 16, b"r" * 16
KEKS = {1: Secret(b"1" * 32), 2: Secret(b"2" * 32)}
EPOCH_KEY = Secret(b"e" * 32)


class Lease:
    """Whether the process may use keys; a test switches it."""

    def __init__(self) -> None:
        self.live = True

    def __call__(self) -> bool:
        return self.live


NOTARY = Notary(HOUSE)
"""The writer's, for tickets that the keyrings of these tests take."""


def a_keyring(*, generation: int = 1, lease: Lease | None = None, cache: int = 100, **kwargs: Any) -> Keyring:
    alive = lease or Lease()
    kwargs.setdefault("notary", NOTARY.public)
    keyring = Keyring(HOUSE, keks=KEKS, generation=generation, entropy=os.urandom, alive=alive, cache=cache, **kwargs)
    keyring.add_epoch(1, 100, EPOCH_KEY)
    keyring.add_epoch(2, 100, EPOCH_KEY)
    return keyring


def admitted(keyring: Keyring, compartments: Iterable[int] = (1, 2), *, person: bytes = PERSON) -> WrappedRing:
    ring = keyring.mint(person, compartments)
    keyring.admit(person, ring.generation, ring.version, ring.blob)
    return ring


def ticket(*refs: bytes, compartments: Iterable[int] = (1, 2), notary: Notary | None = None) -> Noted:
    notary = notary or NOTARY
    body = {
        "purpose": "support",
        "compartments": list(compartments),
        "count": len(refs),
        "refs_root": refs_root(refs).hex(),
    }
    entry = canonical_json({"kind": "disclosure", "body": body})
    signature = notary.sign(RECORD, leaf_hash(entry))
    return Noted.from_commit(
        house=HOUSE, public=notary.public, entry_id=RECORD, entry=entry, signature=signature, refs=refs
    )


def sealed(keyring: Keyring, **changed: Any) -> SealedBox:
    place: dict[str, Any] = {"record": RECORD, "compartment": 1, "epoch": 100, "plaintext": b"fields"} | changed
    return keyring.seal(PERSON, **place)


def opened(keyring: Keyring, box: SealedBox, noted: Noted | None = None, **changed: Any) -> bytes:
    place: dict[str, Any] = {"person": PERSON, "record": RECORD, "purpose": "support"} | changed
    return keyring.open(box, noted or ticket(keyring.ref(PERSON)), **place)


def test_a_box_opens_to_what_was_sealed() -> None:
    keyring = a_keyring()
    admitted(keyring)
    assert opened(keyring, sealed(keyring)) == b"fields"


def test_a_minted_ring_is_not_in_use_until_it_is_read_back() -> None:
    keyring = a_keyring()
    keyring.mint(PERSON, [1])
    assert keyring.version_of(PERSON) is None
    for use in (lambda: sealed(keyring), lambda: keyring.ref(PERSON), lambda: keyring.serials(PERSON)):
        with pytest.raises(Unavailable, match="expected the person's ring to be admitted"):
            use()


def test_a_ring_tells_its_version_and_serials() -> None:
    keyring = a_keyring()
    admitted(keyring, [2, 1, 2])
    assert keyring.version_of(PERSON) == 1
    serials = keyring.serials(PERSON)
    assert list(serials) == [0, 1, 2]
    assert {len(serial) for serial in serials.values()} == {8}
    assert len(set(serials.values())) == 3


def test_extending_keeps_the_keys_there_were() -> None:
    keyring = a_keyring(generation=2)
    ring = admitted(keyring, [1])
    box, ref, serial = sealed(keyring), keyring.ref(PERSON), keyring.serials(PERSON)[1]
    wider = keyring.extend(ring, [1, 2])
    keyring.admit(PERSON, wider.generation, wider.version, wider.blob)
    assert (wider.version, keyring.serials(PERSON)[1]) == (2, serial)
    assert (opened(keyring, box), keyring.ref(PERSON)) == (b"fields", ref)
    assert sealed(keyring, compartment=2).compartment == 2


def test_a_cut_key_is_erased_and_the_others_live_on() -> None:
    keyring = a_keyring()
    ring = admitted(keyring)
    gone, kept = sealed(keyring), sealed(keyring, compartment=2)
    less = keyring.cut(ring, [1])
    keyring.admit(PERSON, less.generation, less.version, less.blob)
    assert opened(keyring, kept) == b"fields"
    with pytest.raises(Erased, match="box: expected a key that still exists"):
        opened(keyring, gone)
    with pytest.raises(Erased):
        sealed(keyring)


def test_a_key_made_anew_for_a_compartment_does_not_open_older_boxes() -> None:
    keyring = a_keyring()
    ring = admitted(keyring)
    old = sealed(keyring)
    again = keyring.extend(keyring.cut(ring, [1]), [1])
    keyring.admit(PERSON, again.generation, again.version, again.blob)
    assert opened(keyring, sealed(keyring)) == b"fields"
    with pytest.raises(Erased):
        opened(keyring, old)


def test_a_stopped_ending_puts_the_same_keys_back() -> None:
    keyring = a_keyring()
    ring = admitted(keyring)
    box, serials = sealed(keyring), keyring.serials(PERSON)
    less = keyring.cut(ring, [1])
    back = keyring.restore(less, ring, [1])
    keyring.admit(PERSON, back.generation, back.version, back.blob)
    assert (back.version, keyring.serials(PERSON)) == (3, serials)
    assert opened(keyring, box) == b"fields"


def test_a_key_that_is_put_back_behind_a_newer_one_opens_and_seals_no_more() -> None:
    keyring = a_keyring()
    first = admitted(keyring)
    older = sealed(keyring)
    second = keyring.extend(keyring.cut(first, [1]), [1])
    keyring.admit(PERSON, second.generation, second.version, second.blob)
    newer = sealed(keyring)
    both = keyring.restore(second, first, [1])
    for again in (keyring, a_keyring()):
        again.admit(PERSON, both.generation, both.version, both.blob)
        assert opened(again, older) == opened(again, newer) == b"fields"
        assert sealed(again).serial == newer.serial == again.serials(PERSON)[1]
        assert again.every_serial(PERSON)[1] == (newer.serial, older.serial)
    assert keyring.restore(both, first, [1]).version == both.version + 1, "a key that is there is not put there twice"
    keyring.admit(PERSON, both.generation, both.version + 1, keyring.restore(both, first, [1]).blob)
    assert keyring.every_serial(PERSON)[1] == (newer.serial, older.serial)
    gone = keyring.cut(WrappedRing(PERSON, both.generation, both.version, both.blob), [1])
    keyring.admit(PERSON, gone.generation, gone.version + 1, keyring.rewrap(gone).blob)
    for box in (older, newer):
        with pytest.raises(Erased):
            opened(keyring, box)


def test_a_key_is_not_put_back_into_another_s_ring() -> None:
    keyring = a_keyring()
    ring = keyring.mint(PERSON, [1, 2])
    for person in (PERSON, b"q" * 16):
        with pytest.raises(Invalid, match="two versions of one ring"):
            keyring.restore(ring, keyring.mint(person, [1]), [1])


def test_a_rewrapped_ring_is_the_same_ring_under_the_next_generation() -> None:
    old, new = a_keyring(), a_keyring(generation=2)
    ring = admitted(old)
    box = sealed(old)
    moved = new.rewrap(ring)
    new.admit(PERSON, moved.generation, moved.version, moved.blob)
    assert (moved.generation, moved.version, new.serials(PERSON)) == (2, 2, old.serials(PERSON))
    assert opened(new, box) == b"fields"


def test_a_stale_ring_row_is_a_conflict_while_a_newer_one_is_in_use() -> None:
    keyring = a_keyring()
    ring = admitted(keyring)
    newer = keyring.cut(ring, [1])
    keyring.admit(PERSON, newer.generation, newer.version, newer.blob)
    with pytest.raises(Conflict, match="ring: expected the version in use or a newer one"):
        keyring.admit(PERSON, ring.generation, ring.version, ring.blob)
    assert keyring.version_of(PERSON) == 2


def test_a_dropped_epoch_has_expired_even_with_its_cipher_derived() -> None:
    keyring = a_keyring()
    admitted(keyring)
    box, other = sealed(keyring), sealed(keyring, compartment=2)
    assert keyring.has_epoch(1, 100)
    keyring.drop_epoch(1, 100)
    assert not keyring.has_epoch(1, 100)
    with pytest.raises(Expired, match="box: expected an epoch that has not ended"):
        opened(keyring, box)
    with pytest.raises(Expired):
        sealed(keyring)
    assert opened(keyring, other) == b"fields"


def test_a_replaced_epoch_key_replaces_the_cipher() -> None:
    keyring = a_keyring()
    admitted(keyring)
    box = sealed(keyring)
    keyring.add_epoch(1, 100, Secret(b"f" * 32))
    with pytest.raises(Tampered):
        opened(keyring, box)


def test_nothing_is_sealed_or_opened_once_the_lease_has_run_out() -> None:
    lease = Lease()
    keyring = a_keyring(lease=lease)
    admitted(keyring)
    box, noted = sealed(keyring), ticket(keyring.ref(PERSON))
    lease.live = False
    for use in (lambda: sealed(keyring), lambda: opened(keyring, box, noted)):
        with pytest.raises(Unavailable, match="expected a live lease"):
            use()


@pytest.mark.parametrize("changed", [{"purpose": "marketing"}, {"noted": "other-person"}, {"noted": "other-part"}])
def test_what_is_not_noted_stays_shut(changed: dict[str, str]) -> None:
    keyring = a_keyring()
    admitted(keyring)
    tickets = {
        "other-person": ticket(b"x" * 16),
        "other-part": ticket(keyring.ref(PERSON), compartments=[2]),
    }
    noted = tickets.get(changed.get("noted", ""), ticket(keyring.ref(PERSON)))
    with pytest.raises(Refused) as refused:
        opened(keyring, sealed(keyring), noted, purpose=changed.get("purpose", "support"))
    assert refused.value.reasons == ("unnoted",)


class LooksNoted:
    """Has every word of a ticket and no commit behind it."""

    public = b""

    def covers(self, *_: object) -> bool:
        return True


@pytest.mark.parametrize("fake", [LooksNoted(), object.__new__(Noted), None, True])
def test_what_only_looks_like_a_ticket_opens_nothing(fake: object) -> None:
    keyring = a_keyring()
    admitted(keyring)
    box = sealed(keyring)
    with pytest.raises(TypeError, match="expected a"):
        keyring.open(box, cast("Noted", fake), person=PERSON, record=RECORD, purpose="support")


def test_without_a_trusted_notary_nothing_opens() -> None:
    keyring = a_keyring(notary=None)
    admitted(keyring)
    box = sealed(keyring)
    with pytest.raises(Tampered, match="a ticket by this house's notary"):
        opened(keyring, box)


def test_only_the_trusted_notary_s_tickets_open() -> None:
    writer, stranger = Notary(HOUSE), Notary(HOUSE)
    keyring = a_keyring(notary=writer.public)
    admitted(keyring)
    box, ref = sealed(keyring), keyring.ref(PERSON)
    assert opened(keyring, box, ticket(ref, notary=writer)) == b"fields"
    with pytest.raises(Tampered, match="a ticket by this house's notary"):
        opened(keyring, box, ticket(ref, notary=stranger))
    keyring.trust(stranger.public)
    assert opened(keyring, box, ticket(ref, notary=stranger)) == b"fields"


def test_records_sealed_in_one_group_open_one_by_one() -> None:
    keyring = a_keyring()
    for person in (PERSON, RECORD):
        admitted(keyring, person=person)
    group = [
        Plain(person, number.to_bytes(16), [(1, 100, b"a%d" % number), (2, 100, b"b%d" % number)])
        for number, person in enumerate([PERSON, RECORD, PERSON])
    ]
    keyring.seal_group(group[:1])  # of whom one key is at hand already
    for one, boxes in zip(group, keyring.seal_group(group), strict=True):
        assert isinstance(boxes, list)
        noted = ticket(keyring.ref(one.person))
        read = [opened(keyring, box, noted, person=one.person, record=one.record) for box in boxes]
        assert read == [plaintext for _, _, plaintext in one.parts]


def test_forgetting_a_person_drops_ring_and_box_keys() -> None:
    keyring = a_keyring()
    admitted(keyring)
    sealed(keyring)
    keyring.forget(PERSON)
    keyring.forget(PERSON)
    assert keyring.version_of(PERSON) is None
    assert not keyring._rings


def test_an_epoch_that_ends_takes_the_box_keys_derived_from_it_along() -> None:
    keyring = a_keyring()
    admitted(keyring)
    for epoch in (100, 101):
        keyring.add_epoch(1, epoch, EPOCH_KEY)
        keyring.seal(PERSON, record=RECORD, compartment=1, epoch=epoch, plaintext=b"")
    keyring.drop_epoch(1, 100)
    assert list(keyring._rings[PERSON].box_keys) == [1 << 16 | 101]


def test_a_purge_leaves_nothing_and_does_not_pass_for_expiry() -> None:
    keyring = a_keyring()
    ring = admitted(keyring)
    sealed(keyring)
    keyring.purge()
    assert [len(held) for held in (keyring._rings, keyring._box_keys, keyring._wrapper._keys)] == [0, 0, 0]
    keyring.admit(PERSON, ring.generation, ring.version, ring.blob)
    with pytest.raises(Unavailable, match="epoch keys to be added again"):
        sealed(keyring)
    keyring.add_epoch(1, 101, EPOCH_KEY)
    with pytest.raises(Expired):
        sealed(keyring)


def test_the_caches_never_outgrow_their_bound() -> None:
    keyring = a_keyring(cache=3)
    epochs = range(100, 100 + BOX_KEYS_KEPT + 1)
    for epoch in epochs:
        keyring.add_epoch(1, epoch, EPOCH_KEY)
    for number in range(10):
        person = number.to_bytes(16, "big")
        admitted(keyring, person=person)
        for epoch in epochs:
            keyring.seal(person, record=RECORD, compartment=1, epoch=epoch, plaintext=b"")
        assert len(keyring._rings) <= 3
        assert max(len(held.box_keys) for held in keyring._rings.values()) <= BOX_KEYS_KEPT
    assert keyring.version_of((9).to_bytes(16, "big")) == 1
    assert keyring.version_of((0).to_bytes(16, "big")) is None


def test_the_ring_used_last_is_the_last_to_make_room() -> None:
    keyring = a_keyring(cache=2)
    admitted(keyring, person=b"a" * 16)
    admitted(keyring, person=b"b" * 16)
    keyring.ref(b"a" * 16)
    admitted(keyring, person=b"c" * 16)
    assert keyring.version_of(b"a" * 16) == 1
    assert keyring.version_of(b"b" * 16) is None


def test_no_nonce_comes_twice() -> None:
    keyring = a_keyring()
    admitted(keyring)
    assert len({sealed(keyring).blob[1:13] for _ in range(1_000)}) == 1_000


def test_an_unknown_generation_is_unavailable_not_tampered() -> None:
    keyring = a_keyring()
    ring = keyring.mint(PERSON, [1])
    with pytest.raises(Unavailable, match="expected the KEK of generation 3"):
        keyring.admit(PERSON, 3, 1, ring.blob)


BAD: dict[str, Any] = {
    "house": lambda: Keyring(b"h", keks=KEKS, generation=1, entropy=os.urandom, alive=Lease()),
    "cache": lambda: Keyring(HOUSE, keks=KEKS, generation=1, entropy=os.urandom, alive=Lease(), cache=0),
    "kek": lambda: Keyring(HOUSE, keks={1: Secret(b"")}, generation=1, entropy=os.urandom, alive=Lease()),
    "person": lambda: a_keyring().mint(b"p", [1]),
    "compartment": lambda: a_keyring().mint(PERSON, [65536]),
    "negative-compartment": lambda: a_keyring().mint(PERSON, [-1]),
    "epoch": lambda: a_keyring().add_epoch(1, 65536, EPOCH_KEY),
    "epoch-key": lambda: a_keyring().add_epoch(1, 1, Secret(b"short")),
    "seal": lambda: sealed(a_keyring(), seal=65536),
}


@pytest.mark.parametrize("bad", BAD)
def test_numbers_and_lengths_out_of_range_are_invalid(bad: str) -> None:
    with pytest.raises(Invalid):
        BAD[bad]()


def test_a_record_id_of_another_length_is_invalid() -> None:
    keyring = a_keyring()
    admitted(keyring)
    with pytest.raises(Invalid, match="record and person ids of 16 bytes"):
        sealed(keyring, record=b"r")


def test_no_error_text_holds_an_id() -> None:
    keyring = a_keyring()
    with pytest.raises(LockhouseError) as raised:
        keyring.ref(PERSON)
    assert PERSON.hex() not in raised.value.text + raised.value.hint
